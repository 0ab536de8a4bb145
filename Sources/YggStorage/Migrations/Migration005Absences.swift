extension Migration {
    /// Since when an executor is lost or stopped: one that was away before a coordinator's restart is away after it.
    static let absences = Migration(
        number: 5,
        name: "absences",
        statements: [
            "ALTER TABLE executors ADD COLUMN absence TEXT",
            "ALTER TABLE executors ADD COLUMN absent_since BIGINT",
        ]
    )
}
