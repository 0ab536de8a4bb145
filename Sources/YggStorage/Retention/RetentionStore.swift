package import YggCore

/// What retention reads and removes. Everything happens in the transaction that also looked who refers to whom, so a
/// task that is submitted meanwhile finds what it refers to, or is told that it is gone.
package enum RetentionStore {
    /// A place in the order of ends.
    package struct Position: Sendable, Hashable {
        package var finishedAt: Timestamp
        package var num: Int64

        package init(finishedAt: Timestamp, num: Int64) {
            self.finishedAt = finishedAt
            self.num = num
        }

        package static let beginning = Position(finishedAt: Timestamp(milliseconds: .min), num: .min)
    }

    /// Finished tasks after `position`, those that ended first first.
    /// - Parameter hasOutput: whether those with or those without their output are wanted.
    package static func candidates(
        hasOutput: Bool,
        after position: Position,
        limit: Int,
        in tx: any SQLTransaction
    ) throws -> [RetentionRules.Candidate] {
        try tx.query(
            """
            SELECT num, finished_at, EXISTS (SELECT 1 FROM task_references
                JOIN tasks AS referring ON referring.num = task_references.task
                WHERE task_references.target = tasks.num AND referring.finished_at IS NULL)
            FROM tasks WHERE trimmed = ? AND finished_at IS NOT NULL AND (finished_at, num) > (?, ?)
            ORDER BY finished_at, num LIMIT ?
            """,
            [
                .integer(hasOutput ? 0 : 1), .integer(position.finishedAt.milliseconds), .integer(position.num),
                .integer(Int64(limit)),
            ]
        ) { row in
            RetentionRules.Candidate(
                num: row.integer(0),
                finishedAt: Timestamp(milliseconds: row.integer(1)),
                isReferenced: row.integer(2) != 0,
                hasOutput: hasOutput
            )
        }
    }

    /// What was removed by one call.
    package struct Removed: Sendable, Hashable {
        /// Bytes of log.
        package var bytes: Int64 = 0
        /// Bytes of artifacts, those that others have as well included.
        package var artifactBytes: Int64 = 0
        /// Artifacts that the task no longer has. Others may have the same bytes.
        package var artifacts: [String] = []
        /// Whether nothing of what was to go is left.
        package var isDone = false
    }

    /// Removes the beginning of a task's log, about `budget` bytes of it, and with the last of it the task's artifacts.
    package static func removeOutput(
        of num: Int64,
        budget: Int64,
        in tx: any SQLTransaction
    ) throws -> Removed {
        var removed = Removed()
        while removed.bytes < budget {
            let chunks = try tx.query(
                "SELECT last_seq, LENGTH(body) FROM events WHERE task = ? ORDER BY first_seq LIMIT 64",
                [.integer(num)]
            ) { (last: $0.integer(0), size: $0.integer(1)) }
            guard !chunks.isEmpty else {
                removed.isDone = true
                break
            }
            var last: Int64 = 0
            for chunk in chunks where removed.bytes < budget {
                last = chunk.last
                removed.bytes += chunk.size
            }
            try tx.execute("DELETE FROM events WHERE task = ? AND last_seq <= ?", [.integer(num), .integer(last)])
        }
        guard removed.isDone else { return removed }
        removed.artifacts = try tx.query("SELECT sha256, size FROM artifacts WHERE task = ?", [.integer(num)]) { row in
            removed.artifactBytes += row.integer(1)
            return row.text(0)
        }
        if !removed.artifacts.isEmpty { try tx.execute("DELETE FROM artifacts WHERE task = ?", [.integer(num)]) }
        try tx.execute("UPDATE tasks SET trimmed = 1 WHERE num = ?", [.integer(num)])
        return removed
    }

    /// Removes a task as a whole, once its output is gone.
    package static func removeTask(_ num: Int64, budget: Int64, in tx: any SQLTransaction) throws -> Removed {
        let removed = try removeOutput(of: num, budget: budget, in: tx)
        guard removed.isDone else { return removed }
        guard let spec = try tx.first("SELECT spec FROM tasks WHERE num = ?", [.integer(num)], { $0.blob(0) }) else {
            return removed
        }
        for label in Set(try TaskSpec(stored: spec).labels) {
            try tx.execute("DELETE FROM task_labels WHERE label = ? AND task = ?", [.text(label), .integer(num)])
        }
        for statement in [
            "DELETE FROM edges WHERE depends_on = ?", "DELETE FROM edges WHERE task = ?",
            "DELETE FROM task_references WHERE target = ?", "DELETE FROM task_references WHERE task = ?",
            "DELETE FROM approvals WHERE task = ?",
            "DELETE FROM tasks WHERE num = ?",
        ] {
            try tx.execute(statement, [.integer(num)])
        }
        return removed
    }

    /// Whether the task's log and artifacts were removed.
    package static func isTrimmed(_ num: Int64, in tx: any SQLTransaction) throws -> Bool {
        try tx.first("SELECT trimmed FROM tasks WHERE num = ?", [.integer(num)]) { $0.integer(0) != 0 } ?? false
    }
}

extension TaskStore {
    /// Notes whom a new task refers to, so that retention keeps them for as long as it is unfinished.
    func noteReferences(of spec: TaskSpec, num: Int64, in tx: any SQLTransaction) throws {
        for id in Set(spec.dependsOn + [spec.parent, spec.retryOf, spec.continues].compactMap { $0 }) {
            try tx.execute(
                """
                INSERT INTO task_references (target, task) SELECT num, ? FROM tasks WHERE id = ?
                ON CONFLICT (target, task) DO NOTHING
                """,
                [.integer(num), .text(id.rawValue)]
            )
        }
    }
}
