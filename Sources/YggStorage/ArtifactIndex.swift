import YggCore

/// Which artifacts belong to which task; the bytes are kept elsewhere by their sha256.
package enum ArtifactIndex {
    package static func add(
        _ sha256: String,
        size: Int64,
        to task: Int64,
        epoch: Int64,
        in tx: any SQLTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO artifacts (task, sha256, epoch, size) VALUES (?, ?, ?, ?)
            ON CONFLICT (task, sha256) DO NOTHING
            """,
            [.integer(task), .text(sha256), .integer(epoch), .integer(size)]
        )
    }

    package static func contains(_ sha256: String, task: Int64, in tx: any SQLTransaction) throws -> Bool {
        try tx.first(
            "SELECT 1 FROM artifacts WHERE task = ? AND sha256 = ?",
            [.integer(task), .text(sha256)]
        ) { _ in true } ?? false
    }
}

extension ArtifactIndex {
    /// Whether any task has it.
    package static func isReferenced(_ sha256: String, in tx: any SQLTransaction) throws -> Bool {
        try tx.first("SELECT 1 FROM artifacts WHERE sha256 = ? LIMIT 1", [.text(sha256)]) { _ in true } ?? false
    }

    /// Bytes of all of them; what several tasks share counts once.
    package static func totalBytes(in tx: any SQLTransaction) throws -> Int64 {
        try tx.first(
            "SELECT SUM(size) FROM (SELECT MAX(size) AS size FROM artifacts GROUP BY sha256) AS distinct_artifacts",
            []
        ) { $0.optionalInteger(0) ?? 0 } ?? 0
    }

    /// Every artifact of any task once, in order, after `sha256`.
    package static func page(
        after sha256: String,
        limit: Int,
        in tx: any SQLTransaction
    ) throws -> [(sha256: String, size: Int64)] {
        try tx.query(
            "SELECT sha256, MAX(size) FROM artifacts WHERE sha256 > ? GROUP BY sha256 ORDER BY sha256 LIMIT ?",
            [.text(sha256), .integer(Int64(limit))]
        ) { ($0.text(0), $0.integer(1)) }
    }

    /// Forgets an artifact of every task: its bytes are gone.
    package static func remove(_ sha256: String, in tx: any SQLTransaction) throws {
        try tx.execute("DELETE FROM artifacts WHERE sha256 = ?", [.text(sha256)])
    }
}
