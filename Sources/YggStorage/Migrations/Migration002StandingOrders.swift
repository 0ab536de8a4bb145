extension Migration {
    /// What was asked of executors and has not come true. A row stays when its order is over, because its number must
    /// not be used again.
    static let standingOrders = Migration(
        number: 2,
        name: "standing-orders",
        statements: [
            """
            CREATE TABLE standing_orders (
                executor TEXT PRIMARY KEY,
                number BIGINT NOT NULL,
                boot_id TEXT NOT NULL,
                action TEXT,
                asked_by TEXT NOT NULL,
                why TEXT,
                until_at BIGINT,
                drain_timeout BIGINT
            )
            """
        ]
    )
}
