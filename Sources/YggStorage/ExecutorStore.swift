package import YggCore

/// An executor that ever registered.
package struct StoredExecutor: Sendable {
    package var id: ExecutorID
    package var instance: String
    package var bootID: String
    package var host: String
    package var registeredAt: Timestamp
    package var lastSeen: Timestamp
    /// The offer in its wire form.
    package var offer: [UInt8]
    /// nil while it is there.
    package var absence: Absence?

    /// Lost or stopped.
    package struct Absence: Sendable, Equatable {
        package var state: ExecutorState
        package var since: Timestamp

        package init(state: ExecutorState, since: Timestamp) {
            self.state = state
            self.since = since
        }
    }

    package init(
        id: ExecutorID,
        instance: String,
        bootID: String,
        host: String,
        registeredAt: Timestamp,
        lastSeen: Timestamp,
        offer: [UInt8],
        absence: Absence? = nil
    ) {
        self.id = id
        self.instance = instance
        self.bootID = bootID
        self.host = host
        self.registeredAt = registeredAt
        self.lastSeen = lastSeen
        self.offer = offer
        self.absence = absence
    }
}

/// The register of executors.
package enum ExecutorStore {
    package static func all(in tx: any SQLTransaction) throws -> [StoredExecutor] {
        try tx.query(
            """
            SELECT id, instance, boot_id, host, registered_at, last_seen, body, absence, absent_since
            FROM executors ORDER BY id
            """,
            []
        ) { row in
            StoredExecutor(
                id: ExecutorID(trusted: row.text(0)),
                instance: row.text(1),
                bootID: row.text(2),
                host: row.text(3),
                registeredAt: Timestamp(milliseconds: row.integer(4)),
                lastSeen: Timestamp(milliseconds: row.integer(5)),
                offer: row.blob(6),
                absence: row.optionalText(7).flatMap(ExecutorState.init(rawValue:)).map { state in
                    StoredExecutor.Absence(
                        state: state,
                        since: Timestamp(milliseconds: row.optionalInteger(8) ?? row.integer(5))
                    )
                }
            )
        }
    }

    package static func save(_ executor: StoredExecutor, in tx: any SQLTransaction) throws {
        try tx.execute(
            """
            INSERT INTO executors (id, instance, boot_id, host, registered_at, last_seen, body)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET instance = excluded.instance, boot_id = excluded.boot_id,
                host = excluded.host, last_seen = excluded.last_seen, body = excluded.body,
                absence = NULL, absent_since = NULL
            """,
            [
                .text(executor.id.rawValue), .text(executor.instance), .text(executor.bootID), .text(executor.host),
                .integer(executor.registeredAt.milliseconds), .integer(executor.lastSeen.milliseconds),
                .blob(executor.offer),
            ]
        )
    }

    package static func keep(_ absence: StoredExecutor.Absence?, of id: ExecutorID, in tx: any SQLTransaction) throws {
        try tx.execute(
            "UPDATE executors SET absence = ?, absent_since = ? WHERE id = ?",
            [
                .optional(absence?.state.rawValue), .optional(absence?.since.milliseconds), .text(id.rawValue),
            ]
        )
    }
}
