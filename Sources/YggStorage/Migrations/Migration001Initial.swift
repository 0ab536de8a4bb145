extension Migration {
    /// Tasks, their log, who runs them, and what makes repeated requests harmless.
    ///
    /// `tasks.num` is the order of submission: ids may be a client's own and sort as they like. Queued rows are found
    /// through (lane, priority, num) alone, so a claim costs the same whatever else is queued.
    static let initial = Migration(
        number: 1,
        name: "initial",
        statements: [
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
            "CREATE TABLE lanes (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
            """
            CREATE TABLE tasks (
                num INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                prefix TEXT NOT NULL,
                lane BIGINT NOT NULL,
                priority BIGINT NOT NULL,
                state TEXT NOT NULL,
                phase TEXT NOT NULL,
                attempt BIGINT NOT NULL,
                epoch BIGINT NOT NULL,
                interruptions BIGINT NOT NULL,
                executor TEXT,
                open_dependencies BIGINT NOT NULL,
                not_before BIGINT,
                wake_at BIGINT,
                updated_at BIGINT NOT NULL,
                started_at BIGINT,
                finished_at BIGINT,
                cancel_requested BIGINT NOT NULL,
                pending_digest TEXT,
                approval_since BIGINT,
                dedupe_key TEXT,
                version BIGINT NOT NULL,
                next_seq BIGINT NOT NULL,
                reported BIGINT NOT NULL,
                spec BLOB NOT NULL,
                result BLOB,
                error BLOB
            )
            """,
            "CREATE INDEX tasks_queue ON tasks (lane, priority, num) WHERE state = 'queued'",
            "CREATE INDEX tasks_state ON tasks (state, num) WHERE state <> 'succeeded'",
            "CREATE INDEX tasks_wake ON tasks (wake_at) WHERE wake_at IS NOT NULL",
            "CREATE UNIQUE INDEX tasks_dedupe ON tasks (dedupe_key) WHERE dedupe_key IS NOT NULL",
            "CREATE INDEX tasks_prefix ON tasks (prefix, num)",
            "CREATE TABLE task_labels (label TEXT NOT NULL, task BIGINT NOT NULL, PRIMARY KEY (label, task))",
            "CREATE TABLE edges (depends_on BIGINT NOT NULL, task BIGINT NOT NULL, PRIMARY KEY (depends_on, task))",
            """
            CREATE TABLE events (
                task BIGINT NOT NULL,
                first_seq BIGINT NOT NULL,
                last_seq BIGINT NOT NULL,
                body BLOB NOT NULL,
                PRIMARY KEY (task, first_seq)
            )
            """,
            """
            CREATE TABLE idempotency (
                key TEXT PRIMARY KEY,
                fingerprint TEXT NOT NULL,
                task TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX idempotency_age ON idempotency (created_at)",
            """
            CREATE TABLE executors (
                id TEXT PRIMARY KEY,
                instance TEXT NOT NULL,
                boot_id TEXT NOT NULL,
                host TEXT NOT NULL,
                registered_at BIGINT NOT NULL,
                last_seen BIGINT NOT NULL,
                body BLOB NOT NULL
            )
            """,
            """
            CREATE TABLE artifacts (
                task BIGINT NOT NULL,
                sha256 TEXT NOT NULL,
                epoch BIGINT NOT NULL,
                size BIGINT NOT NULL,
                PRIMARY KEY (task, sha256)
            )
            """,
        ]
    )
}
