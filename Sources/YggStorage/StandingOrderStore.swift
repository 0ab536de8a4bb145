package import YggCore

/// What executors were asked to do with themselves, until it has come true.
package enum StandingOrderStore {
    package static func all(in tx: any SQLTransaction) throws -> [ExecutorID: StandingOrder] {
        let rows = try tx.query(
            """
            SELECT executor, number, boot_id, action, asked_by, why, until_at, drain_timeout FROM standing_orders
            WHERE action IS NOT NULL
            """,
            []
        ) { row in (ExecutorID(trusted: row.text(0)), order(in: row)) }
        return Dictionary(rows.compactMap { id, order in order.map { (id, $0) } }) { first, _ in first }
    }

    /// What `id` was asked, nil where nothing is open.
    package static func order(of id: ExecutorID, in tx: any SQLTransaction) throws -> StandingOrder? {
        try tx.first(
            """
            SELECT executor, number, boot_id, action, asked_by, why, until_at, drain_timeout FROM standing_orders
            WHERE executor = ? AND action IS NOT NULL
            """,
            [.text(id.rawValue)]
        ) { order(in: $0) } ?? nil
    }

    /// Keeps an order in place of an older one.
    /// - Returns: it with its number, greater than that of every order before it.
    package static func keep(
        _ order: Lifecycle.Order,
        for id: ExecutorID,
        bootID: String,
        in tx: any SQLTransaction
    ) throws -> StandingOrder {
        let last = try tx.first("SELECT number FROM standing_orders WHERE executor = ?", [.text(id.rawValue)]) {
            $0.integer(0)
        }
        let standing = StandingOrder(number: (last ?? 0) + 1, order: order, bootID: bootID)
        try tx.execute(
            """
            INSERT INTO standing_orders (executor, number, boot_id, action, asked_by, why, until_at, drain_timeout)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (executor) DO UPDATE SET number = excluded.number, boot_id = excluded.boot_id,
                action = excluded.action, asked_by = excluded.asked_by, why = excluded.why,
                until_at = excluded.until_at, drain_timeout = excluded.drain_timeout
            """,
            [
                .text(id.rawValue), .integer(standing.number), .text(bootID), .text(order.action.rawValue),
                .text(order.by), .optional(order.why), .optional(order.until?.milliseconds),
                .optional(order.drainTimeout?.rawValue),
            ]
        )
        return standing
    }

    /// The order of this number is over; a newer one stays.
    package static func settle(_ number: Int64, for id: ExecutorID, in tx: any SQLTransaction) throws {
        try tx.execute(
            "UPDATE standing_orders SET action = NULL WHERE executor = ? AND number = ?",
            [.text(id.rawValue), .integer(number)]
        )
    }

    /// nil for an action that a newer version knows.
    private static func order(in row: any SQLRow) -> StandingOrder? {
        guard let action = row.optionalText(3).flatMap(LifecycleAction.init(rawValue:)) else { return nil }
        return StandingOrder(
            number: row.integer(1),
            order: Lifecycle.Order(
                action: action,
                by: row.text(4),
                why: row.optionalText(5),
                until: row.optionalInteger(6).map { Timestamp(milliseconds: $0) },
                drainTimeout: row.optionalInteger(7).map { Milliseconds($0) }
            ),
            bootID: row.text(2)
        )
    }
}
