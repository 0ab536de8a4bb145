extension Migration {
    /// What retention looks through: finished tasks by their end, who refers to whom, which artifact is whose.
    ///
    /// `trimmed` tasks have lost their log and their artifacts. A reference goes from an unfinished or finished task to
    /// one that was there when it was submitted.
    static let retention = Migration(
        number: 3,
        name: "retention",
        statements: [
            "ALTER TABLE tasks ADD COLUMN trimmed BIGINT NOT NULL DEFAULT 0",
            "CREATE INDEX tasks_finished ON tasks (trimmed, finished_at, num) WHERE finished_at IS NOT NULL",
            """
            CREATE TABLE task_references (
                target BIGINT NOT NULL,
                task BIGINT NOT NULL,
                PRIMARY KEY (target, task)
            )
            """,
            "CREATE INDEX task_references_task ON task_references (task)",
            "INSERT INTO task_references (target, task) SELECT depends_on, task FROM edges",
            "CREATE INDEX edges_task ON edges (task)",
            "CREATE INDEX artifacts_hash ON artifacts (sha256, size)",
        ]
    )
}
