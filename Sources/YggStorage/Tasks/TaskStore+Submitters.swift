extension TaskStore {
    /// Counts a task as one of somebody whose unfinished tasks are limited.
    package func count(_ stored: StoredTask, of submitter: String, in tx: any SQLTransaction) throws {
        try tx.execute("UPDATE tasks SET submitter = ? WHERE num = ?", [.text(submitter), .integer(stored.num)])
    }

    /// How many unfinished tasks are counted as theirs.
    package func unfinished(of submitter: String, in tx: any SQLTransaction) throws -> Int {
        let count = try tx.first(
            "SELECT COUNT(*) FROM tasks WHERE submitter = ? AND finished_at IS NULL",
            [.text(submitter)]
        ) { $0.integer(0) }
        return Int(count ?? 0)
    }
}
