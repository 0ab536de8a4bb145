import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// The executors: their protocol, and how they are listed.
struct ExecutorRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.listExecutors, list)
        endpoints.on(.registerExecutor, register)
        endpoints.on(.showExecutor, show)
        endpoints.on(.orderExecutor, act)
        endpoints.on(.syncExecutor, sync)
        endpoints.on(.reportExecutor, report)
        endpoints.on(.takeTurns, turns)
    }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        try .page(coordinator.executors.map { .object($0.json) }, of: request)
    }

    @Sendable private func show(_ request: Request, _ context: YggContext) async throws -> Response {
        .json(try coordinator.executor(try context.executorID()).json)
    }

    @Sendable private func register(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let registration = try Registration(reading: &reader)
        try context.demand(.executorItself, on: .executor(registration.offer.id))
        let answer = try await coordinator.register(registration, by: try context.author())
        return .json(answer.json)
    }

    @Sendable private func act(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try context.executorID()
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let author = try context.author()
        // Where nobody has a name of their own, the role says more than that.
        let name = author.principal.token == nil ? author.principal.role.rawValue : author.name
        let order = try Lifecycle.Order(request: &reader, by: name)
        return .json(try await coordinator.order(order, to: id, by: author).json, status: .accepted)
    }

    @Sendable private func sync(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try context.executorID()
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofLargeBody)
        let statement = try await coordinator.sync(id, try SyncRequest(reading: &reader))
        // The poll was held for a while: its key may be over by now.
        try coordinator.access.checkWelcome(try context.principal()) { context.address }
        return .json(statement.json)
    }

    @Sendable private func report(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try context.executorID()
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofLargeBody)
        return .json(try await coordinator.report(id, try ReportsRequest(reading: &reader)).json)
    }

    @Sendable private func turns(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try context.executorID()
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofLargeBody)
        let answer = try await coordinator.turns(id, try TurnsRequest(reading: &reader))
        // It was held for a while: its key may be over by now.
        try coordinator.access.checkWelcome(try context.principal()) { context.address }
        return .json(answer.json)
    }
}
