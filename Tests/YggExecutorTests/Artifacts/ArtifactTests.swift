import Glibc
import Synchronization
import Testing
import YggCore
import YggProcess
import YggProtocol

@testable import YggExecutor

/// Bytes that attempts leave: on their way before they are named, or kept until they can be.
@Suite(.timeLimit(.minutes(1)))
struct ArtifactTests {
    /// A coordinator that takes artifacts, or answers as it is told to first.
    private final class Taker: ArtifactLink {
        private struct State {
            var taken: [String: LeaseKey] = [:]
            var failures: [LinkError]
        }

        private let state: Mutex<State>

        init(failing failures: LinkError...) { state = Mutex(State(failures: failures)) }

        var taken: [String: LeaseKey] { state.withLock { $0.taken } }

        func put(_ artifact: Artifact, at path: String, of key: LeaseKey) async throws(LinkError) {
            let failure = state.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() }
            if let failure { throw failure }
            guard LocalFiles.isFile(path) else { throw .unreachable("no file") }
            state.withLock { $0.taken[artifact.sha256] = key }
        }

        func get(
            _ sha256: String,
            of task: TaskID,
            _ take: @escaping @Sendable ([UInt8]) async throws -> Void
        ) async throws(LinkError) {
            do { try await take(Array("hello".utf8)) } catch { throw .unreachable("\(error)") }
        }
    }

    private static let key = LeaseKey(task: TaskID(trusted: "t1"), epoch: 2)
    private static let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    private static func refusal(_ status: Int, _ code: String) -> LinkError {
        .refused(Problem(status: status, code: code, title: "", detail: code, nextAction: ""))
    }

    private func context(_ desk: ArtifactDesk, _ scene: Scene) -> HandlerContext {
        HandlerContext(
            key: Self.key,
            kind: TaskKind(trusted: "try-it"),
            params: [:],
            timeouts: Timeouts(),
            workspaceRoot: scene.workspace,
            repositories: [],
            environment: [:],
            artifacts: desk,
            killGrace: .seconds(1),
            heard: {},
            emit: scene.context("try-it", [:]).emit
        )
    }

    @Test func `bytes are sent before they are named, and again where nobody answered`() async throws {
        try await Scene.with { scene in
            let taker = Taker(failing: .unreachable("gone"), Self.refusal(503, "busy"))
            let shelf = ArtifactShelf("\(scene.root)/shelf", link: taker, undelivered: [])
            let context = context(shelf.desk(for: Self.key, offline: .stop), scene)
            let artifact = try await context.upload(Array("hello".utf8), name: "greeting")
            #expect(artifact == Artifact(sha256: Self.hello, size: 5))
            #expect(taker.taken == [Self.hello: Self.key])
            #expect(!scene.exists("shelf/t1-2/\(Self.hello)"))
            try await context.artifacts.fetch(Self.hello, to: "\(scene.root)/back")
            #expect(try await scene.script("cat back") == "hello")
        }
    }

    @Test func `while the coordinator is away they wait on disk, over a restart, and go before the report`()
        async throws
    {
        try await Scene.with { scene in
            let away = Taker(failing: .unreachable("gone"))
            let shelf = ArtifactShelf("\(scene.root)/shelf", link: away, undelivered: [])
            _ = try await context(shelf.desk(for: Self.key, offline: .continue), scene)
                .upload(Array("hello".utf8), name: "greeting")
            #expect(scene.exists("shelf/t1-2/\(Self.hello)") && away.taken.isEmpty)
            try await scene.script("mkdir shelf/t9-1 && echo old > shelf/t9-1/x")

            let back = Taker(failing: .unreachable("still gone"))
            let next = ArtifactShelf("\(scene.root)/shelf", link: back, undelivered: [Self.key])
            #expect(!scene.exists("shelf/t9-1"))
            await #expect(throws: LinkError.self) { try await next.deliver([Self.key]) }
            #expect(try await next.deliver([Self.key]).isEmpty)
            #expect(back.taken == [Self.hello: Self.key] && !scene.exists("shelf/t1-2"))
        }
    }

    @Test func `what is never taken fails its attempt`() async throws {
        try await Scene.with { scene in
            let taker = Taker(failing: Self.refusal(413, "too-large"), Self.refusal(413, "too-large"))
            let shelf = ArtifactShelf("\(scene.root)/shelf", link: taker, undelivered: [])
            let context = context(shelf.desk(for: Self.key, offline: .stop), scene)
            await #expect(throws: HandlerFailure.self) { try await context.upload([1], name: "one") }
        }
    }

    @Test func `a token is shown to its own host alone, and stands in no command line`() async throws {
        try await Scene.with { scene in
            var access = GitAccess()
            access.host = "https://git.example.org"
            access.credentials = SecretSource(name: "git.credentials") { () throws(SecretProblem) in "hunter2-hunter2" }
            let variables = try GitAskPass.variables(for: await access.lookedAt(), in: scene.root)
            let askPass = try #require(variables["GIT_ASKPASS"])
            let answer = { (prompt: String) async in
                await collectProcess(ProcessSpec(argv: [askPass, prompt], environment: variables)).stdout
            }
            #expect(await answer("Username for 'https://git.example.org': ") == "x-access-token\n")
            #expect(await answer("Password for 'https://x-access-token@git.example.org': ") == "hunter2-hunter2\n")
            for prompt in [
                "Username for 'https://evil.example': ", "Password for 'https://x-access-token@evil.example': ",
                "Password for 'https://x-access-token@git.example.org': @evil.example': ",
                "Password for 'http://x-access-token@git.example.org': ",
            ] {
                #expect(await answer(prompt) == "")
            }
            #expect(try await scene.script("cat askpass | grep -c hunter2 || true") == "0")
        }
    }
}
