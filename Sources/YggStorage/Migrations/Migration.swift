/// One step of the schema. Numbered, forward only, never edited once released.
struct Migration: Sendable {
    let number: Int64
    let name: String
    let statements: [String]

    /// All steps in order.
    static let all: [Migration] = [.initial, .agentServices]
}

/// Brings a store to the schema of this version.
package enum Migrator {
    /// Applies what is missing, each step in a transaction of its own.
    /// - Throws: `StorageError.newerSchema` for a store that a newer version has written to.
    package static func migrate(_ database: any Database) async throws {
        _ = try await database.write { tx in
            try tx.execute("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL)", [])
        }
        for migration in Migration.all {
            try await database.write { tx in
                let newest = try tx.first("SELECT MAX(number) FROM migrations", []) { $0.optionalInteger(0) } ?? nil
                if let newest, newest > Migration.all.count {
                    throw StorageError(
                        .newerSchema,
                        "The database has schema \(newest), this version knows \(Migration.all.count): start a newer version."
                    )
                }
                guard (newest ?? 0) < migration.number else { return }
                for statement in migration.statements { try tx.execute(statement, []) }
                try tx.execute(
                    "INSERT INTO migrations (number, name) VALUES (?, ?)",
                    [.integer(migration.number), .text(migration.name)]
                )
            }
        }
    }
}
