/// One step of the schema. Numbered, forward only, never edited once released.
struct Migration: Sendable {
    let number: Int64
    let name: String
    let statements: [String]

    /// All steps in order.
    static let all: [Migration] = [
        .initial, .standingOrders, .retention, .agentServices, .absences, .access, .executorLives,
        .approvals, .trackerLeases,
    ]
}

/// Brings a store to the schema of this version.
package enum Migrator {
    /// The schema that this version writes.
    package static var newest: Int64 { Int64(Migration.all.count) }

    /// Applies what is missing, all of it in one transaction: a store is at the old schema or at the new one, whenever
    /// the power goes.
    /// - Parameter target: for tests, which need a store of an older version.
    /// - Throws: `StorageError.newerSchema` for a store that a newer version has written to.
    package static func migrate(_ database: any Database, to target: Int64 = newest) async throws {
        try await database.write { tx in
            try tx.execute(
                "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL)",
                []
            )
            let current = try schema(in: tx)
            for migration in Migration.all where migration.number > current && migration.number <= target {
                for statement in migration.statements { try tx.execute(statement, []) }
                try tx.execute(
                    "INSERT INTO migrations (number, name) VALUES (?, ?)",
                    [.integer(migration.number), .text(migration.name)]
                )
            }
        }
    }

    /// The schema of a store that has one.
    static func schema(in tx: any SQLTransaction) throws -> Int64 {
        let current = try tx.first("SELECT MAX(number) FROM migrations", []) { $0.optionalInteger(0) } ?? nil
        guard let current else { return 0 }
        guard current <= newest else {
            throw StorageError(
                .newerSchema,
                "The database has schema \(current), this version knows \(newest): start a newer version."
            )
        }
        return current
    }
}
