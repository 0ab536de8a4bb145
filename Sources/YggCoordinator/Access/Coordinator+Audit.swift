package import YggCore
import YggStorage

extension Coordinator {
    /// A page of the audit, newest first, and the cursor of the next.
    package func audit(
        _ filter: AuditFilter,
        before cursor: Int64?,
        limit: Int
    ) async throws -> (items: [AuditEntry], next: Int64?) {
        let stored = try await database.read { tx in
            try AuditStore.list(filter, before: cursor, limit: limit + 1, in: tx)
        }
        let page = stored.prefix(limit)
        return (page.map(\.entry), stored.count > limit ? page.last?.num : nil)
    }
}
