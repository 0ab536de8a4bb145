import Logging
import Synchronization
import Testing
import YggAgent
import YggCore
import YggProtocol

@testable import YggExecutor

/// What an executor tells of the servers of its models.
@Suite(.timeLimit(.minutes(1)))
final class ModelWatchTests: ExecutorScene {
    /// A server that is there, or not, as a test wants.
    private final class Server: ModelProvider {
        let isThere: Mutex<Bool>
        let identity = ProviderIdentity(name: "ollama", endpoint: "http://surtr:11434")

        init(isThere: Bool) { self.isThere = Mutex(isThere) }

        func ping() async throws {
            if isThere.withLock({ $0 }) { return }
            throw ModelFailure(.unreachable, "Nobody is there.", at: ModelPlace(model: "", endpoint: identity.endpoint))
        }

        func reply(
            to request: ModelRequest,
            _ take: @escaping @Sendable (ModelEvent) async throws -> Void
        ) async throws {
            try await ping()
            try await take(.end(.stop))
        }

        func info(of model: String) async throws -> ModelInfo { ModelInfo(name: model) }
        func installed() async throws -> [ModelInfo] { [] }
        func resident() async throws -> [ResidentModel] { [ResidentModel(name: "small:1b")] }
        func pull(_ model: String, _ take: @escaping @Sendable (PullProgress) async throws -> Void) async throws {}
        func preload(for request: ModelRequest) async throws {}
    }

    private struct Asking: Handler {
        let spec = KindSpec(kind: TaskKind(trusted: "llm-test"), description: "", asksModel: true)
        func run(_ context: HandlerContext) async -> HandlerResult { HandlerResult(outcome: .succeeded) }
    }

    private func settings(_ handlers: [any Handler], _ models: ModelDirectory) -> ExecutorSettings {
        var settings = ExecutorSettings(
            id: ExecutorID(trusted: "surtr"),
            handlers: FewHandlers(handlers: handlers),
            workspaceRoot: folder.path,
            repositories: [],
            dataDirectory: folder.path,
            environment: [:]
        )
        settings.models = models
        return settings
    }

    private func executor(_ handlers: [any Handler], _ models: ModelDirectory) throws -> Executor {
        try Executor(
            settings: settings(handlers, models),
            link: coordinator,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func told(_ isWanted: @escaping (ModelReport) -> Bool) async throws -> ModelReport {
        try await coordinator.wait { state in
            state.lastSync?.resources.flatMap(ModelReport.init).flatMap { isWanted($0) ? $0 : nil }
        }
    }

    private func health(_ executor: Executor) -> JSON? {
        JSON.object(executor.status.health(of: executor.settings).json)["checks"]?["models"]
    }

    @Test func `a server that goes and comes back is told of at once when somebody finds out`() async throws {
        let server = Server(isThere: false)
        let models = ModelDirectory([.init(name: "ollama", service: server)], defaultModel: "ollama/small:1b")
        let executor = try executor([Asking()], models)
        let run = Task { try await executor.run() }

        let gone = try await told { $0.unreachable(for: nil)?.detail == "Nobody is there." }
        #expect(gone.unreachable(for: nil)?.url == "http://surtr:11434" && gone.resident.isEmpty)
        #expect(health(executor)?["status"] == "warn")
        #expect(health(executor)?["detail"]?.stringValue?.contains("http://surtr:11434") == true)
        // Work is never granted before it was looked whether it could be done.
        let registered = try #require(coordinator.state.withLock { $0.registrations.first })
        #expect(ModelReport(in: registered.offer.resources)?.unreachable(for: nil) != nil)
        #expect(executor.settings.info(active: [])["defaultModel"] == "ollama/small:1b")

        server.isThere.withLock { $0 = true }
        let ask = { try await models.model(nil).gated().reply(to: ModelRequest(model: "", messages: [])) }
        _ = try await ask()
        let back = try await told { $0.unreachable(for: nil) == nil }
        #expect(back.holds(nil) && health(executor)?["status"] == "pass")

        server.isThere.withLock { $0 = false }
        await #expect(throws: ModelFailure.self) { _ = try await ask() }
        _ = try await told { $0.unreachable(for: nil) != nil }

        executor.terminate()
        executor.terminate()
        try await run.value
    }

    @Test func `kinds that a reload brings wait for their model as others do`() async throws {
        let server = Server(isThere: false)
        let models = ModelDirectory([.init(name: "ollama", service: server)], defaultModel: "ollama/small:1b")
        let executor = try executor([Noop()], models)
        let run = Task { try await executor.run() }
        let sync = try await coordinator.wait { $0.lastSync }
        #expect(sync.resources == nil)
        executor.adopt(settings([Asking()], models))
        let gone = try await told { $0.unreachable(for: nil)?.detail == "Nobody is there." }
        #expect(gone.unreachable(for: nil)?.url == "http://surtr:11434")
        let registered = try await coordinator.wait { $0.registrations.count > 1 ? $0.registrations : nil }
        #expect(registered.last.flatMap { ModelReport(in: $0.offer.resources) }?.unreachable(for: nil) != nil)
        executor.terminate()
        executor.terminate()
        try await run.value
    }

    @Test func `who asks no model looks after none`() async throws {
        let models = ModelDirectory([.init(name: "ollama", service: Server(isThere: false))], defaultModel: "ollama/x")
        let executor = try executor([Noop()], models)
        let run = Task { try await executor.run() }
        let sync = try await coordinator.wait { $0.lastSync }
        #expect(sync.resources == nil && health(executor) == nil)
        #expect(executor.settings.info(active: [])["defaultModel"] == nil)
        executor.terminate()
        executor.terminate()
        try await run.value
    }
}
