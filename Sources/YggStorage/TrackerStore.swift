package import YggCore

/// Rights to issues of trackers, as bytes: what they mean is not the store's to know.
package enum TrackerStore {
    /// Of one workspace, those that are over among them.
    package static func leases(of workspace: String, in tx: any SQLTransaction) throws -> [[UInt8]] {
        try tx.query("SELECT body FROM tracker_leases WHERE workspace = ? ORDER BY issue", [.text(workspace)]) {
            $0.blob(0)
        }
    }

    /// Keeps a right in place of an older one to the same issue.
    package static func save(
        _ body: [UInt8],
        of issue: String,
        task: TaskID,
        endedAt: Timestamp?,
        in workspace: String,
        _ tx: any SQLTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO tracker_leases (workspace, issue, task, ended_at, body) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, issue) DO UPDATE SET task = excluded.task, ended_at = excluded.ended_at,
                body = excluded.body
            """,
            [
                .text(workspace), .text(issue), .text(task.rawValue), .optional(endedAt?.milliseconds), .blob(body),
            ]
        )
    }

    package static func remove(_ issue: String, in workspace: String, _ tx: any SQLTransaction) throws {
        try tx.execute(
            "DELETE FROM tracker_leases WHERE workspace = ? AND issue = ?",
            [.text(workspace), .text(issue)]
        )
    }

    /// Removes what ended before `time`.
    package static func removeEnded(before time: Timestamp, in workspace: String, _ tx: any SQLTransaction) throws {
        try tx.execute(
            "DELETE FROM tracker_leases WHERE workspace = ? AND ended_at IS NOT NULL AND ended_at < ?",
            [.text(workspace), .integer(time.milliseconds)]
        )
    }
}
