extension Migration {
    /// Questions to people and how they were decided, and what is being landed where.
    ///
    /// A task has one open question at most, and of two tasks with the same `landing` only one runs: whatever the
    /// program believes, the store takes no second one.
    static let approvals = Migration(
        number: 8,
        name: "approvals",
        statements: [
            """
            CREATE TABLE approvals (
                num INTEGER PRIMARY KEY,
                task BIGINT NOT NULL,
                epoch BIGINT NOT NULL,
                phase TEXT NOT NULL,
                digest TEXT NOT NULL,
                subject TEXT NOT NULL,
                question BLOB NOT NULL,
                excerpt TEXT,
                diff_bytes BIGINT,
                requested_at BIGINT NOT NULL,
                expires_at BIGINT,
                verdict TEXT,
                decided_by TEXT,
                comment TEXT,
                decided_at BIGINT
            )
            """,
            "CREATE UNIQUE INDEX approvals_task ON approvals (task, epoch)",
            "CREATE UNIQUE INDEX approvals_open ON approvals (task) WHERE verdict IS NULL",
            "ALTER TABLE tasks ADD COLUMN landing TEXT",
            "CREATE UNIQUE INDEX tasks_landing ON tasks (landing) WHERE landing IS NOT NULL AND state = 'running'",
            "CREATE INDEX tasks_to_land ON tasks (landing) WHERE landing IS NOT NULL AND state = 'queued'",
        ]
    )
}
