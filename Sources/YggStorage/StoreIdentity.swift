import YggCore

/// What tells one store from another, and one start of a coordinator from the next.
package struct StoreIdentity: Sendable {
    /// New at creation, and at every restore.
    package let storeID: String
    /// Counts the starts of coordinators on this store.
    package let boot: Int64
    /// Whether leases of before may have been told to live long: the start before this one ended in order, or came to
    /// nothing soon after one that did, or the store was restored.
    package let followsFarewell: Bool

    /// Reads the identity, makes it for a new store, and counts the start.
    package static func open(_ database: any Database, newID: String) async throws -> StoreIdentity {
        try await database.write { tx in
            func value(_ name: String) throws -> String? {
                try tx.first("SELECT value FROM meta WHERE name = ?", [.text(name)]) { $0.text(0) }
            }
            func set(_ name: String, _ value: String) throws {
                try tx.execute(
                    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    [.text(name), .text(value)]
                )
            }
            let storeID = try value("storeId") ?? newID
            let boot = (try value("boot").flatMap { Int64($0) } ?? 0) + 1
            try set("storeId", storeID)
            let followsFarewell = try value("farewell") == String(boot - 1)
            // A start that fails, or dies early, leaves the promise to the next one.
            if followsFarewell { try set("farewell", String(boot)) }
            try set("boot", String(boot))
            return StoreIdentity(storeID: storeID, boot: boot, followsFarewell: followsFarewell)
        }
    }

    /// What the start before this one promised is over.
    package func forgetFarewell(in tx: any SQLTransaction) throws {
        try tx.execute("DELETE FROM meta WHERE name = 'farewell' AND value = ?", [.text(String(boot))])
    }

    /// Notes that this start ends in order.
    package func recordFarewell(in tx: any SQLTransaction) throws {
        try tx.execute(
            "INSERT INTO meta (name, value) VALUES ('farewell', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [.text(String(boot))]
        )
    }

    /// Lets the next start follow a farewell: a backup does not know how the store that it replaces has ended.
    static func assumeFarewell(in tx: any SQLTransaction) throws {
        try tx.execute(
            """
            INSERT INTO meta (name, value) SELECT 'farewell', value FROM meta WHERE name = 'boot' \
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """,
            []
        )
    }

    /// Writes what is there already: whether a write is possible, without a change.
    package static func touch(in tx: any SQLTransaction) throws {
        try tx.execute("UPDATE meta SET value = value WHERE name = 'boot'", [])
    }
}
