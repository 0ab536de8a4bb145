import Glibc
import Synchronization
import Testing
import YggCore
import YggProcess

@testable import YggExecutor

/// A directory of its own with a workspace and repositories in it, and a log of what handlers say.
final class Scene: Sendable {
    struct Entry: Sendable {
        var type: EventType
        var data: JSONObject
    }

    let root: String
    private let entries = Mutex<[Entry]>([])
    private let told: AsyncStream<Entry>
    private let tell: AsyncStream<Entry>.Continuation

    private init(root: String) {
        self.root = root
        (told, tell) = AsyncStream.makeStream()
    }

    /// Makes a scene, and removes it when `body` has ended.
    static func with(_ body: (Scene) async throws -> Void) async throws {
        var template = Array("/tmp/ygg-scene-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        let scene = Scene(root: root)
        var failure: (any Error)?
        do { try await body(scene) } catch { failure = error }
        _ = await collectProcess(ProcessSpec(argv: ["rm", "-rf", "--", root], environment: [:]))
        if let failure { throw failure }
    }

    var workspace: String { "\(root)/workspace" }
    var repositories: String { "\(root)/repos" }
    var programs: String { "\(root)/bin" }

    /// The environment of children: programs of the scene come first.
    var environment: [String: String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return ["PATH": "\(programs):\(path)", "HOME": root]
    }

    /// Runs a script that must succeed, with a git that knows an author and allows everything.
    @discardableResult
    func script(_ text: String) async throws -> String {
        let environment = environment.merging([
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
            "GIT_ALLOW_PROTOCOL": "file:ssh:git", "GIT_TERMINAL_PROMPT": "0", "ROOT": root,
        ]) { $1 }
        let spec = ProcessSpec(argv: ["sh", "-euc", text], environment: environment, workingDirectory: root)
        let collected = await collectProcess(spec)
        try #require(collected.outcome.succeeded, "\(collected.stdout)\(collected.stderr)")
        return collected.stdout.trimmed
    }

    /// A repository under `repos/` with one commit on `main`, a file `a`, a branch `dev` and a tag `v1`.
    func repository(_ name: String, _ more: String = "") async throws -> String {
        try await script(
            """
            mkdir -p repos && git init -q -b main repos/\(name) && cd repos/\(name)
            echo one > a && git add a && git commit -qm 'First commit' && git branch dev && git tag v1
            \(more)
            """
        )
        return "\(repositories)/\(name)"
    }

    /// An ssh that runs the command on this machine: URLs without a network.
    func installFakeSSH() async throws {
        try await script(
            """
            mkdir -p bin && cat > bin/ssh <<'END'
            #!/bin/sh
            for last; do :; done
            exec sh -c "$last"
            END
            chmod +x bin/ssh
            """
        )
    }

    func context(
        _ kind: String,
        _ params: JSONObject,
        task: String = "t1",
        epoch: Int64 = 1,
        timeouts: Timeouts = Timeouts(),
        environment: [String: String]? = nil,
        heard: @escaping @Sendable () -> Void = {}
    ) -> HandlerContext {
        HandlerContext(
            key: LeaseKey(task: TaskID(trusted: task), epoch: epoch),
            kind: TaskKind(trusted: kind),
            params: params,
            timeouts: timeouts,
            workspaceRoot: workspace,
            repositories: [repositories],
            environment: environment ?? self.environment,
            killGrace: ProcessSpec.defaultKillGrace,
            heard: heard,
            emit: { type, data in
                let entry = Entry(type: type, data: data)
                self.entries.withLock { $0.append(entry) }
                self.tell.yield(entry)
            }
        )
    }

    /// Runs a built-in kind to its end.
    /// - Parameter machine: what may be done to this machine.
    func run(
        _ kind: String,
        _ params: JSONObject,
        task: String = "t1",
        epoch: Int64 = 1,
        timeouts: Timeouts = Timeouts(),
        machine: MachineAccess = MachineAccess()
    ) async throws -> HandlerResult {
        let registry = try HandlerRegistry(handlerSets: ["all"], machine: machine)
        let handler = try #require(registry.handler(for: TaskKind(trusted: kind)))
        let complete = try handler.spec.validate(params)
        return await handler.run(context(kind, complete, task: task, epoch: epoch, timeouts: timeouts))
    }

    /// Everything that was said under a type.
    func text(_ type: EventType) -> String {
        entries.withLock { $0.filter { $0.type == type }.compactMap { $0.data["text"]?.stringValue }.joined() }
    }

    var outputSizes: [Int] {
        entries.withLock { $0.filter { $0.type == .output }.compactMap { $0.data["text"]?.stringValue?.utf8.count } }
    }

    /// Waits for the first output.
    func firstOutput() async -> Entry? { await told.first { $0.type == .output } }

    func exists(_ path: String) -> Bool { LocalFiles.exists("\(root)/\(path)") }
}

/// A handler for a command, as a declaration makes one.
func declared(_ argv: [String], params: [ParameterSpec] = []) -> DeclaredHandler {
    DeclaredHandler(
        DeclaredKind(
            spec: KindSpec(kind: TaskKind(trusted: "ops-try"), description: "", params: params, origin: .declared),
            run: argv
        )
    )
}
