import Synchronization
import Testing
import YggCore
import YggProcess

@testable import YggAgent

/// A real repository with real tools, checked by looking for `BUG` in its files, and kept by git.
final class AgentBench: Verifying, Checkpointing {
    let bench: Bench
    let desk = ModelGateDesk(.init())
    let checks = Mutex(0)
    private let state = Mutex((saves: [String](), failure: String?.none))

    init(_ files: [String: String] = ["a.py": "x = 1\n"]) async throws { bench = try await Bench(files, git: true) }

    var path: String { "\(bench.base)/session.jsonl" }
    var saves: [String] { state.withLock { $0.saves } }

    /// The next save throws this.
    func breakSaves(_ sentence: String) { state.withLock { $0.failure = sentence } }

    static func provider(_ turns: JSON, capabilities: [JSON] = ["completion", "tools"]) throws -> ScriptedProvider {
        ScriptedProvider(
            try Scenario(json: [
                "name": "demo", "model": ["name": "demo", "context": 32768, "capabilities": .array(capabilities)],
                "turns": turns,
            ])
        )
    }

    func parts(_ provider: any ModelProvider) -> AgentRun.Parts {
        AgentRun.Parts(provider: provider, desk: desk, toolbox: bench.toolbox, verifying: self, checkpoints: self)
    }

    func begin(
        _ provider: any ModelProvider,
        _ task: AgentTask = .sample(),
        onEvent: @escaping @Sendable (AgentEvent) async -> Void = { _ in }
    ) async throws -> AgentRun {
        let session = try await AgentSession.begin(
            task,
            at: path,
            tools: bench.toolbox.specs,
            provider: provider.identity,
            now: Timestamp(milliseconds: 0)
        )
        return AgentRun(session, parts(provider), onEvent: onEvent)
    }

    func resume(
        _ provider: any ModelProvider,
        comment: String? = nil,
        onEvent: @escaping @Sendable (AgentEvent) async -> Void = { _ in }
    ) async throws -> AgentRun {
        let session = try await AgentSession.resume(at: path, tools: bench.toolbox.specs, comment: comment)
        return AgentRun(session, parts(provider), onEvent: onEvent)
    }

    // MARK: - Checking

    func base() async throws -> [StepReport] {
        let verdict = try await check()
        guard verdict.worth != .broken else {
            throw BaseFailure(code: "base-broken", detail: "There is a bug already.")
        }
        return []
    }

    func check() async throws -> Verdict {
        checks.withLock { $0 += 1 }
        let found = await collectProcess(spec(["git", "grep", "--untracked", "-c", "BUG"]))
        try Task.checkCancellation()
        let bugs = found.stdout.split(separator: "\n").compactMap { $0.split(separator: ":").last.flatMap { Int($0) } }
            .reduce(0, +)
        return bugs == 0
            ? Verdict(worth: .verified) : Verdict(worth: .broken, newFailures: bugs, feedback: "FAILED: \(bugs) bugs")
    }

    // MARK: - Keeping

    func save(_ label: String) async throws -> String {
        if let sentence = state.withLock({ $0.failure }) { throw ToolRefusal(sentence) }
        _ = try await git(["add", "-A"])
        let tree = try await git(["write-tree"]).prefix { $0 != "\n" }
        state.withLock { $0.saves.append(label) }
        return String(tree)
    }

    func restore(_ checkpoint: String) async throws {
        _ = try await git(["add", "-A"])
        _ = try await git(["read-tree", "-u", "--reset", checkpoint])
    }

    func diff() async throws -> String { try await git(["diff", "HEAD"]) }

    private func git(_ arguments: [String]) async throws -> String {
        let run = await collectProcess(spec(["git"] + arguments))
        guard run.outcome.succeeded else { throw ToolRefusal("git \(arguments): \(run.stderr)") }
        return run.stdout
    }

    /// With an index of its own, as the harness's view of a work tree has it.
    private func spec(_ argv: [String]) -> ProcessSpec {
        let environment = [
            "PATH": Bench.environment["PATH"] ?? "", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_INDEX_FILE": "\(bench.base)/index",
        ]
        return ProcessSpec(argv: argv, environment: environment, workingDirectory: bench.root)
    }
}
