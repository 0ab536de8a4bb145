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
