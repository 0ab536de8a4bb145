package import YggCore

/// An executor that ever registered.
package struct StoredExecutor: Sendable {
    package var id: ExecutorID
    package var instance: String
    package var bootID: String
    /// Which of the instance's lives this boot is; nil where it does not count them.
    package var life: Int64?
    /// The newest boot after whose first word every lease that it did not name had ended.
    package var settledBootID: String
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
        life: Int64?,
        settledBootID: String,
        host: String,
        registeredAt: Timestamp,
        lastSeen: Timestamp,
        offer: [UInt8],
        absence: Absence? = nil
    ) {
        self.id = id
        self.instance = instance
        self.bootID = bootID
        self.life = life
        self.settledBootID = settledBootID
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
            SELECT id, instance, boot_id, life, settled_boot_id, host, registered_at, last_seen, body, absence,
                absent_since
            FROM executors ORDER BY id
            """,
            []
        ) { row in
            StoredExecutor(
                id: ExecutorID(trusted: row.text(0)),
                instance: row.text(1),
                bootID: row.text(2),
                life: row.optionalInteger(3),
                settledBootID: row.text(4),
                host: row.text(5),
                registeredAt: Timestamp(milliseconds: row.integer(6)),
                lastSeen: Timestamp(milliseconds: row.integer(7)),
                offer: row.blob(8),
                absence: row.optionalText(9).flatMap(ExecutorState.init(rawValue:)).map { state in
                    StoredExecutor.Absence(
                        state: state,
                        since: Timestamp(milliseconds: row.optionalInteger(10) ?? row.integer(7))
                    )
                }
            )
        }
    }

    /// Keeps a registration. Which boot is settled stays as it was, but for an executor that is new: no lease is its.
    /// - Parameter known: the boot that the decision to let it in was based on.
    /// - Returns: whether it was kept; false where a later life of the same instance has registered since.
    package static func save(
        _ executor: StoredExecutor,
        insteadOf known: String?,
        in tx: any SQLTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO executors
                (id, instance, boot_id, life, settled_boot_id, host, registered_at, last_seen, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET instance = excluded.instance, boot_id = excluded.boot_id,
                life = excluded.life, host = excluded.host, last_seen = excluded.last_seen, body = excluded.body,
                absence = NULL, absent_since = NULL
            WHERE executors.instance <> excluded.instance OR COALESCE(executors.life <= excluded.life, TRUE)
                OR executors.boot_id = ?
            """,
            [
                .text(executor.id.rawValue), .text(executor.instance), .text(executor.bootID),
                .optional(executor.life), .text(executor.settledBootID), .text(executor.host),
                .integer(executor.registeredAt.milliseconds), .integer(executor.lastSeen.milliseconds),
                .blob(executor.offer), .text(known ?? ""),
            ]
        ) > 0
    }

    /// After the first word of `bootID`, every lease that it did not name has ended.
    package static func settle(boot bootID: String, of id: ExecutorID, in tx: any SQLTransaction) throws {
        try tx.execute(
            "UPDATE executors SET settled_boot_id = ? WHERE id = ?",
            [.text(bootID), .text(id.rawValue)]
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
