extension Migration {
    /// Who may do what, and who did what. Of a token only its sha256 is kept.
    ///
    /// The audit is only ever appended to, until it is old. It has no index, because it is written with every task and
    /// read now and then. `submitter` is set where somebody's unfinished tasks are counted.
    static let access = Migration(
        number: 6,
        name: "access",
        statements: [
            """
            CREATE TABLE tokens (
                id TEXT PRIMARY KEY,
                digest TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                role TEXT NOT NULL,
                origin TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                created_by TEXT NOT NULL,
                expires_at BIGINT,
                last_used BIGINT,
                revoked_at BIGINT,
                exchanged_for TEXT
            )
            """,
            """
            CREATE TABLE audit (
                num INTEGER PRIMARY KEY,
                at BIGINT NOT NULL,
                by_name TEXT NOT NULL,
                token TEXT,
                address TEXT,
                action TEXT NOT NULL,
                task TEXT,
                executor TEXT,
                detail TEXT
            )
            """,
            "ALTER TABLE tasks ADD COLUMN submitter TEXT",
            "CREATE INDEX tasks_submitter ON tasks (submitter) WHERE submitter IS NOT NULL AND finished_at IS NULL",
        ]
    )
}
