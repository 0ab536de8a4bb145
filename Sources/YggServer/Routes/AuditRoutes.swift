import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// `/v1/audit`: who did what.
struct AuditRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) { endpoints.on(.audit, list) }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        var query = try request.queryReader()
        let limit = query.spelledInt("limit", in: 1...200) ?? 50
        let cursor = query.spelledInt("cursor", in: 1...Int64.max)
        var filter = AuditFilter(since: query.time("since"), by: query.string("by"))
        if let task = query.string("task") {
            filter.task = TaskID(task)
            if filter.task == nil { query.complain("task", "is not a task id") }
        }
        if let executor = query.string("executor") {
            filter.executor = ExecutorID(executor)
            if filter.executor == nil { query.complain("executor", "is not an executor id") }
        }
        try query.finish()
        let page = try await coordinator.audit(filter, before: cursor, limit: Int(limit))
        return .list(page.items.map { .object($0.json) }, next: page.next.map { String($0) })
    }
}
