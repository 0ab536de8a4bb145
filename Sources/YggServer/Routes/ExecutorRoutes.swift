import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// The executors: their protocol, and how they are listed.
struct ExecutorRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.get("/v1/executors", list)
        endpoints.post("/v1/executors", register)
        endpoints.get("/v1/executors/:executor", show)
        endpoints.post("/v1/executors/:executor/action", act)
        endpoints.post("/v1/executors/:executor/sync", sync)
        endpoints.post("/v1/executors/:executor/reports", report)
    }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        try .page(coordinator.executors.map { .object($0.json) }, of: request)
    }

    @Sendable private func show(_ request: Request, _ context: YggContext) async throws -> Response {
        .json(try coordinator.executor(try executorID(context)).json)
    }

    @Sendable private func register(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.body)
        let answer = try await coordinator.register(try Registration(reading: &reader))
        return .json(answer.json)
    }

    @Sendable private func act(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try executorID(context)
        var reader = try await request.objectReader(limit: coordinator.settings.limits.body)
        let order = try Lifecycle.Order(request: &reader, by: "operator")
        return .json(try await coordinator.order(order, to: id).json, status: .accepted)
    }

    @Sendable private func sync(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try executorID(context)
        var reader = try await request.objectReader(limit: coordinator.settings.limits.largeBody)
        return .json(try await coordinator.sync(id, try SyncRequest(reading: &reader)).json)
    }

    @Sendable private func report(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try executorID(context)
        var reader = try await request.objectReader(limit: coordinator.settings.limits.largeBody)
        return .json(try await coordinator.report(id, try ReportsRequest(reading: &reader)).json)
    }

    private func executorID(_ context: YggContext) throws(Problem) -> ExecutorID {
        let text = context.parameter("executor")
        guard let id = ExecutorID(text) else {
            throw .invalidRequest(InvalidInput("/executor", "\"\(text.prefix(80))\" is not an executor id"))
        }
        return id
    }
}
