extension Migration {
    /// Which life of an executor is its latest, and which of them has been dealt with. Both must outlive a coordinator
    /// that ends between a registration and what follows from it.
    static let executorLives = Migration(
        number: 7,
        name: "executor lives",
        statements: [
            "ALTER TABLE executors ADD COLUMN life BIGINT",
            "ALTER TABLE executors ADD COLUMN settled_boot_id TEXT",
            "UPDATE executors SET settled_boot_id = boot_id",
        ]
    )
}
