import HTTPTypes
import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// `/api/agent-services`: agents that are not ours register, say that they live, and are reached through here.
struct ServiceRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.listServices, list)
        endpoints.on(.registerService, register)
        endpoints.on(.heartbeatService, heartbeat)
        endpoints.on(.showService, show)
        endpoints.on(.removeService, remove)
        for (call, name) in [
            (.serviceHealth, "health"), (.serviceInfo, "info"), (.serviceStatus, "status"), (.serviceLogs, "logs"),
        ] as [(CoordinatorCall, String)] {
            endpoints.on(call) { request, context in try await pass("/\(name)", request, context) }
        }
        endpoints.on(.serviceExecute, execute)
        endpoints.on(.serviceAction) { request, context in
            let body = try await request.bytes(limit: coordinator.settings.limits.ofBody)
            try await note("/action", context)
            return try await pass("/action", request, context, body: body)
        }
        endpoints.on(.executorLogs, logs)
    }

    @Sendable private func register(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let registration = try ServiceRegistration(reading: &reader)
        try context.demand(.serviceItself, on: .executor(registration.id))
        let answer = try await coordinator.register(registration, by: try context.author())
        return .json(answer.json, status: answer.isNew ? .created : .ok)
    }

    @Sendable private func heartbeat(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let heartbeat = try ServiceHeartbeat(reading: &reader)
        try context.demand(.serviceItself, on: .executor(heartbeat.id))
        return .json(try coordinator.heartbeat(heartbeat).json)
    }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        .list(coordinator.services.map { .object($0.json) }, next: nil)
    }

    @Sendable private func show(_ request: Request, _ context: YggContext) async throws -> Response {
        .json(try coordinator.service(try context.executorID("service")).json)
    }

    @Sendable private func remove(_ request: Request, _ context: YggContext) async throws -> Response {
        try await coordinator.removeService(try context.executorID("service"), by: try context.author())
        return Response(status: .noContent)
    }

    // MARK: Passing on

    @Sendable private func execute(_ request: Request, _ context: YggContext) async throws -> Response {
        let body = try await request.bytes(limit: coordinator.settings.limits.ofBody)
        let asked = (try? JSON(parsing: body))?["timeoutMs"]?.intValue ?? Milliseconds.hours(1).rawValue
        // A little longer than the service has, so that it can say itself that the time is over.
        let timeout = Milliseconds(min(max(asked, 0), Milliseconds.days(7).rawValue)) + .seconds(10)
        try await note("/execute", context)
        return try await pass("/execute", request, context, body: body, timeout: timeout)
    }

    private func note(_ path: String, _ context: YggContext) async throws {
        try await coordinator.noteCall(of: try context.executorID("service"), path, by: try context.author())
    }

    private func pass(
        _ path: String,
        _ request: Request,
        _ context: YggContext,
        body: [UInt8]? = nil,
        timeout: Milliseconds = .seconds(10)
    ) async throws -> Response {
        let query = request.uri.query ?? ""
        let reply = try await coordinator.pass(
            body == nil ? "GET" : "POST",
            query.isEmpty ? path : "\(path)?\(query)",
            toService: try context.executorID("service"),
            headers: passedHeaders(request),
            body: body,
            timeout: timeout
        )
        return response(reply)
    }

    @Sendable private func logs(_ request: Request, _ context: YggContext) async throws -> Response {
        let reply = try await coordinator.logs(
            of: try context.executorID(),
            query: request.uri.query ?? "",
            headers: passedHeaders(request)
        )
        return response(reply)
    }

    /// Of the client's headers only those that are about the answer: its token is the coordinator's business.
    private func passedHeaders(_ request: Request) -> [(String, String)] {
        [("accept", request.headers[.accept]), ("idempotency-key", request.headers[.idempotencyKey])]
            .compactMap { name, value in value.map { (name, $0) } }
    }

    private func response(_ reply: AgentReply) -> Response {
        var headers = HTTPFields()
        if let wait = reply.retryAfter { headers[.retryAfter] = String(wait.rawValue / 1000) }
        return .bytes(
            reply.body,
            type: reply.contentType ?? "application/octet-stream",
            status: HTTPResponse.Status(code: reply.status),
            headers: headers
        )
    }
}
