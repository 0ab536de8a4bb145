import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import YggCore
import YggProcess

@testable import YggAgent

/// A repository with one commit, its checkpoints and a verifier over it, in a temporary directory.
final class Yard: Sendable {
    let base: String
    let root: String
    let setting: Toolbox.Setting
    let checkpoints: Checkpoints

    init(_ files: [String: String], isolation: Isolation = .none, path: String? = nil) async throws {
        base = try Self.makeBase()
        root = "\(base)/work"
        for (name, text) in files { try Self.put(text, at: "\(root)/\(name)") }
        try await Bench.git(["init", "-q", "-b", "main"], in: root)
        try await Bench.git(["add", "-A", "-f"], in: root)
        try await Bench.git(["commit", "-q", "--allow-empty", "-m", "first"], in: root)
        var environment = Self.environment
        if let path { environment["PATH"] = path }
        var setting = Toolbox.Setting(
            root: root,
            gitDirectory: "\(root)/.git",
            scratch: try Scratch(path: "\(base)/scratch", personalHome: nil),
            environment: environment,
            isolation: isolation
        )
        setting.hidden = []
        self.setting = setting
        checkpoints = try await Checkpoints(setting, base: "HEAD", owner: "t-1")
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }

    /// With the python that has the peers of the tests before any other.
    static let environment: [String: String] = {
        var environment = Bench.environment
        if let python = ProcessInfo.processInfo.environment["YGG_TEST_PYTHON"], let slash = python.lastIndex(of: "/") {
            environment["PATH"] = "\(python[..<slash]):\(environment["PATH"] ?? "")"
        }
        return environment
    }()

    /// Whether a command ends well where the tests run.
    static func works(_ argv: [String]) async -> Bool {
        let spec = ProcessSpec(argv: argv, environment: environment, runTimeout: .seconds(30))
        return await collectProcess(spec, limit: 1 << 10).outcome.succeeded
    }

    private static func makeBase() throws -> String {
        var template = Array("/tmp/ygg-yard-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func put(_ text: String, at path: String) throws {
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    // MARK: - In a test

    func put(_ text: String, at path: String) throws { try Self.put(text, at: "\(root)/\(path)") }

    func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: "\(root)/\(path)").map { String(decoding: $0, as: UTF8.self) }
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(root)/\(path)") }

    func verifier(
        test: [String]? = nil,
        lint: [String]? = nil,
        for verification: CodeKind.Verification = .test,
        cache: String? = nil,
        timeLimit: Duration? = nil
    ) async -> Verifier {
        var plan = await VerificationPlan.find(setting, for: verification, test: test, lint: lint)
        if let timeLimit { for index in plan.steps.indices { plan.steps[index].timeLimit = timeLimit } }
        return Verifier(setting, plan: plan, checkpoints: checkpoints, cache: cache)
    }
}
