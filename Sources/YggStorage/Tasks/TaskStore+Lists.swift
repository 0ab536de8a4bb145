package import YggCore

/// Which tasks a list shows.
package struct TaskFilter: Sendable, Hashable {
    package var states: [TaskState] = []
    package var prefix: String?
    package var label: String?
    package var executor: ExecutorID?

    package init() {}
}

extension TaskStore {
    /// Newest first, those before `cursor`.
    package func list(
        _ filter: TaskFilter,
        before cursor: Int64?,
        limit: Int,
        in tx: any SQLTransaction
    ) throws -> [StoredTask] {
        var conditions: [String] = []
        var arguments: [SQLValue] = []
        if let cursor {
            conditions.append("num < ?")
            arguments.append(.integer(cursor))
        }
        if !filter.states.isEmpty {
            // Spelled out, so that the planner sees that a partial index applies. They are our own words.
            conditions.append("state IN (\(filter.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")))")
            if !filter.states.contains(.succeeded) { conditions.append("state <> 'succeeded'") }
        }
        if let prefix = filter.prefix {
            conditions.append("prefix = ?")
            arguments.append(.text(prefix))
        }
        if let label = filter.label {
            conditions.append("num IN (SELECT task FROM task_labels WHERE label = ?)")
            arguments.append(.text(label))
        }
        if let executor = filter.executor {
            conditions.append("executor = ?")
            arguments.append(.text(executor.rawValue))
        }
        let clause = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        return try select(
            "\(clause)ORDER BY num DESC LIMIT ?",
            arguments + [.integer(Int64(limit))],
            in: tx
        )
    }

    /// How many tasks of each prefix and unfinished state there are, and since when the oldest queued one waits.
    package struct Backlog: Sendable {
        package var prefix: String
        package var state: TaskState
        package var count: Int64
        package var oldest: Timestamp
    }

    package func backlog(in tx: any SQLTransaction) throws -> [Backlog] {
        try tx.query(
            """
            SELECT prefix, state, COUNT(*), MIN(updated_at) FROM tasks
            WHERE state IN ('blocked', 'scheduled', 'queued', 'running', 'awaitingApproval') AND state <> 'succeeded'
            GROUP BY prefix, state ORDER BY prefix, state
            """,
            []
        ) { row in
            guard let state = TaskState(rawValue: row.text(1)) else {
                throw StorageError(.corrupt, "A task is in a state that this version does not know.")
            }
            return Backlog(
                prefix: row.text(0),
                state: state,
                count: row.integer(2),
                oldest: Timestamp(milliseconds: row.integer(3))
            )
        }
    }
}
