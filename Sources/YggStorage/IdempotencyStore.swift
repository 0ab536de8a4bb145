package import YggCore

/// Remembers which request made which task, so that a repeated one changes nothing.
package enum IdempotencyStore {
    /// How long a key is remembered.
    package static let retention = Milliseconds.hours(24)

    package static func find(
        _ key: String,
        in tx: any SQLTransaction
    ) throws -> (fingerprint: String, task: TaskID)? {
        try tx.first("SELECT fingerprint, task FROM idempotency WHERE key = ?", [.text(key)]) { row in
            (row.text(0), TaskID(trusted: row.text(1)))
        }
    }

    /// A key whose task is gone already belongs to the new request.
    package static func save(
        _ key: String,
        fingerprint: String,
        task: TaskID,
        at time: Timestamp,
        in tx: any SQLTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO idempotency (key, fingerprint, task, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, task = excluded.task,
                created_at = excluded.created_at
            """,
            [.text(key), .text(fingerprint), .text(task.rawValue), .integer(time.milliseconds)]
        )
    }

    package static func removeExpired(at time: Timestamp, in tx: any SQLTransaction) throws {
        try tx.execute(
            "DELETE FROM idempotency WHERE created_at < ?",
            [.integer(time.milliseconds - retention.rawValue)]
        )
    }
}
