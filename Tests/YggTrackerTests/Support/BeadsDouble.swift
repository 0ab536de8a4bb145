import FoundationEssentials
import Testing
import YggCore
import YggProcess

@testable import YggTracker

/// A workspace whose `bd` is `Tests/Doubles/bd_double.py`, which says what it can be told. Gone with the test.
final class BeadsDouble: Sendable {
    static let program =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Doubles/bd_double.py"

    let directory: String

    init(_ settings: JSONObject = [:]) async throws {
        directory = FileManager.default.temporaryDirectory.path + "/ygg-bd-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let made = await run("init", "-p", "hh", "--quiet")
        try #require(made.exit == 0, "\(made.stderr)")
        try set(settings)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// What it is to be from now on.
    func set(_ settings: JSONObject) throws {
        let text = JSON.object(settings).text
        try text.write(toFile: "\(directory)/.beads/double-settings.json", atomically: true, encoding: .utf8)
    }

    /// Runs it as a person does.
    @discardableResult
    func run(_ arguments: String...) async -> (exit: Int32, stdout: String, stderr: String) {
        let spec = ProcessSpec(
            argv: [Self.program] + arguments,
            environment: environment.merging(["USER": "freya"]) { $1 },
            workingDirectory: directory
        )
        let output = await collectProcess(spec)
        guard case .exited(let code) = output.outcome.ending else { return (-1, output.stdout, output.stderr) }
        return (code, output.stdout, output.stderr)
    }

    /// With the interpreter of the peers before others: behind the scripts of a version manager one takes ten times as long
    /// to start.
    var environment: [String: String] {
        var own = ProcessInfo.processInfo.environment
        if let python = own["YGG_TEST_PYTHON"], let slash = python.lastIndex(of: "/") {
            own["PATH"] = "\(python[..<slash]):\(own["PATH"] ?? "")"
        }
        return cleanEnvironment(from: own)
    }

    /// - Returns: the id.
    func create(_ title: String, _ more: String...) async throws -> IssueID {
        let spec = ProcessSpec(
            argv: [Self.program, "create", "--title", title, "--type", "task"] + more + ["--json"],
            environment: environment.merging(["USER": "freya"]) { $1 },
            workingDirectory: directory
        )
        let output = await collectProcess(spec)
        let reply = BeadsReply(exitCode: 0, stdout: Array(output.stdout.utf8), stderr: output.stderr)
        return try #require(
            reply.payload?["id"]?.stringValue.flatMap { IssueID($0) },
            "\(output.stdout)\(output.stderr)"
        )
    }

    func settings(timeout: Milliseconds = .seconds(20)) -> BeadsCommand.Settings {
        var settings = BeadsCommand.Settings(command: Self.program, directory: directory, environment: environment)
        settings.timeout = timeout
        settings.killGrace = .seconds(1)
        return settings
    }

    func tracker(timeout: Milliseconds = .seconds(20)) -> BeadsTracker {
        BeadsTracker(settings(timeout: timeout), scratch: "\(directory)/scratch")
    }

    /// Every call so far: its words, and how many others ran at the same time.
    var calls: [JSON] {
        let text = (try? String(contentsOfFile: "\(directory)/.beads/double-calls.jsonl", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
    }
}
