import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol
import YggStorage

/// What waits for a person, and what they say to it.
struct ApprovalRoutes: Sendable {
    let coordinator: Coordinator

    private static let maxCommentBytes = 16 << 10

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.listApprovals, list)
        endpoints.on(.approveTask) { try await answer(.approve, $0, $1) }
        endpoints.on(.rejectTask) { try await answer(.reject, $0, $1) }
    }

    /// What is open; of one task, all that was ever asked.
    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        var query = try request.queryReader()
        let limit = query.spelledInt("limit", in: 1...200) ?? 50
        let cursor = query.spelledInt("cursor", in: 1...Int64.max)
        let word = query.string("task")
        let task = word.flatMap(TaskID.init)
        if word != nil, task == nil { query.complain("task", "is not a task id") }
        try query.finish()
        if let task {
            let all = try await coordinator.approvals(of: task)
            return .list(all.prefix(Int(limit)).map { .object($0.approval.view(of: $0.task)) }, next: nil)
        }
        let page = try await coordinator.approvals(after: cursor, limit: Int(limit))
        return .list(
            page.items.map { .object($0.approval.view(of: $0.task)) },
            next: page.next.map { String($0) }
        )
    }

    private func answer(_ answer: ApprovalAnswer, _ request: Request, _ context: YggContext) async throws -> Response {
        let bytes = try await request.bytes(limit: coordinator.settings.limits.ofBody)
        var reader = bytes.isEmpty ? ObjectReader(JSONObject()) : try Request.objectReader(of: bytes)
        let digest = reader.string("digest", maxLength: 128)
        let comment = reader.string("comment", maxLength: Self.maxCommentBytes)
        try reader.finish()
        let shown = try await coordinator.answer(
            answer,
            try taskID(context),
            digest: digest,
            comment: comment.flatMap { $0.isEmpty ? nil : $0 },
            by: try context.author()
        )
        return .json(shown.approval.view(of: shown.task))
    }
}
