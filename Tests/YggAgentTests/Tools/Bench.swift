import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import YggCore
import YggProcess

@testable import YggAgent

/// A workspace in a temporary directory with a toolbox over it. What lies beside the workspace is outside of it.
final class Bench: Sendable {
    /// Holds the workspace, its scratch directory and what a test puts outside.
    let base: String
    let root: String
    let toolbox: Toolbox

    /// - Parameters:
    ///   - git: the workspace is a repository with one commit of these files.
    ///   - set: changes the setting before the toolbox is made.
    init(
        _ files: [String: String] = [:],
        git: Bool = false,
        isolation: Isolation = .none,
        environment: [String: String] = Bench.environment,
        set: (inout Toolbox.Setting) -> Void = { _ in }
    ) async throws {
        base = try Self.makeBase()
        root = "\(base)/work"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (path, text) in files { try Self.put(text, at: "\(root)/\(path)") }
        if git { try await Self.commit(in: root) }
        var setting = Toolbox.Setting(
            root: root,
            gitDirectory: git ? "\(root)/.git" : nil,
            scratch: try Scratch(path: "\(base)/scratch", personalHome: nil),
            environment: environment,
            isolation: isolation
        )
        // A machine that builds beside the tests is slow; what a time limit does has tests of its own.
        setting.limits.commandTime = .seconds(300)
        set(&setting)
        toolbox = try Toolbox(setting)
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }

    /// What the tests themselves run with, and a secret.
    static let environment = [
        "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "LANG": "C.UTF-8",
        "GITHUB_TOKEN": "ghp-a-secret",
    ]

    private static func makeBase() throws -> String {
        var template = Array("/tmp/ygg-tools-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func put(_ text: String, at path: String) throws {
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private static func commit(in root: String) async throws {
        for arguments in [
            ["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "first"],
        ] {
            try await git(arguments, in: root)
        }
    }

    @discardableResult
    static func git(_ arguments: [String], in root: String) async throws -> String {
        let who = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
        let environment = ["PATH": Bench.environment["PATH"] ?? "", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"]
        let spec = ProcessSpec(argv: ["git"] + who + arguments, environment: environment, workingDirectory: root)
        let run = await collectProcess(spec)
        guard run.outcome.succeeded else { throw ToolRefusal("git \(arguments): \(run.stderr)") }
        return run.stdout
    }

    // MARK: - In a test

    func call(_ name: String, _ arguments: JSONObject = [:]) async -> ToolResult {
        await toolbox.run(ToolCall(id: "1", name: name, arguments: arguments))
    }

    /// Runs a command given as one line.
    func command(_ line: String) async -> ToolResult { await call("run_command", ["command": .string(line)]) }

    func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: "\(root)/\(path)").map { String(decoding: $0, as: UTF8.self) }
    }

    func put(_ text: String, at path: String) throws { try Self.put(text, at: "\(root)/\(path)") }
    func put(_ bytes: [UInt8], at path: String) throws { try Data(bytes).write(to: URL(filePath: "\(root)/\(path)")) }

    /// A file beside the workspace.
    func putOutside(_ text: String, at path: String) throws -> String {
        try Self.put(text, at: "\(base)/\(path)")
        return "\(base)/\(path)"
    }

    static func makeExecutable(_ path: String) -> Bool { chmod(path, 0o755) == 0 }

    func link(_ path: String, to target: String) { symlink(target, "\(root)/\(path)") }
}

/// New seeds in every run of the tests; a failure shows its own.
func seeds(_ count: Int) -> [UInt64] { (0..<count).map { _ in UInt64.random(in: .min ... .max) } }
