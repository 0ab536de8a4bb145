package import YggCore

/// The tokens as they are kept.
package enum TokenStore {
    private static let columns = """
        id, digest, name, role, origin, created_at, created_by, expires_at, last_used, revoked_at, exchanged_for
        """

    /// Every token whose role this version knows.
    package static func all(in tx: any SQLTransaction) throws -> [AccessToken] {
        try tx.query("SELECT \(columns) FROM tokens ORDER BY created_at, id", []) { try token(in: $0) }
            .compactMap { $0 }
    }

    package static func find(_ id: TokenID, in tx: any SQLTransaction) throws -> AccessToken? {
        try tx.first("SELECT \(columns) FROM tokens WHERE id = ?", [.text(id.rawValue)]) { try token(in: $0) } ?? nil
    }

    /// Every token of one name, whatever its role and state.
    package static func named(_ name: String, in tx: any SQLTransaction) throws -> [AccessToken] {
        try tx.query("SELECT \(columns) FROM tokens WHERE name = ? ORDER BY created_at, id", [.text(name)]) {
            try token(in: $0)
        }
        .compactMap { $0 }
    }

    package static func insert(_ token: AccessToken, in tx: any SQLTransaction) throws {
        try tx.execute(
            "INSERT INTO tokens (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(token.id.rawValue), .text(token.digest.text), .text(token.name), .text(token.role.rawValue),
                .text(token.origin.rawValue), .integer(token.createdAt.milliseconds), .text(token.createdBy),
                .optional(token.expiresAt?.milliseconds), .optional(token.lastUsed?.milliseconds),
                .optional(token.revokedAt?.milliseconds), .optional(token.exchangedFor?.text),
            ]
        )
    }

    /// Ends a token; the first end stands.
    /// - Parameter key: for a token of the role `join`, the digest of the key it was exchanged for.
    /// - Returns: whether it was this call that ended it.
    package static func revoke(
        _ id: TokenID,
        at now: Timestamp,
        exchangedFor key: TokenDigest? = nil,
        in tx: any SQLTransaction
    ) throws -> Bool {
        try tx.execute(
            "UPDATE tokens SET revoked_at = ?, exchanged_for = ? WHERE id = ? AND revoked_at IS NULL",
            [.integer(now.milliseconds), .optional(key?.text), .text(id.rawValue)]
        ) == 1
    }

    package static func touch(_ id: TokenID, at time: Timestamp, in tx: any SQLTransaction) throws {
        try tx.execute(
            "UPDATE tokens SET last_used = ? WHERE id = ?",
            [.integer(time.milliseconds), .text(id.rawValue)]
        )
    }

    /// Removes what has opened nothing since `time`. Of an executor's keys the last one stays, because it tells that the
    /// executor has keys of its own, and the last one it joined with, because it tells who joined when.
    /// - Returns: what is gone.
    package static func removeDead(before time: Timestamp, in tx: any SQLTransaction) throws -> [TokenID] {
        let dead = try tx.query(
            """
            SELECT id FROM tokens AS old WHERE (revoked_at < ? OR expires_at < ?) AND (role <> 'executor' OR EXISTS (
                SELECT 1 FROM tokens AS newer
                WHERE newer.role = 'executor' AND newer.name = old.name AND newer.created_at > old.created_at
                    AND (old.origin <> 'joined' OR newer.origin = 'joined')))
            """,
            [.integer(time.milliseconds), .integer(time.milliseconds)]
        ) { TokenID($0.text(0)) }
        for id in dead { try tx.execute("DELETE FROM tokens WHERE id = ?", [.text(id.rawValue)]) }
        return dead
    }

    /// nil for a role or an origin that a newer version knows: such a token opens nothing here.
    private static func token(in row: any SQLRow) throws -> AccessToken? {
        guard let digest = TokenDigest(hex: row.text(1)) else {
            throw StorageError(.corrupt, "Token \(row.text(0)) has a digest that cannot be.")
        }
        guard let role = AccessRole(rawValue: row.text(3)), let origin = AccessToken.Origin(rawValue: row.text(4))
        else { return nil }
        return AccessToken(
            id: TokenID(row.text(0)),
            digest: digest,
            name: row.text(2),
            role: role,
            origin: origin,
            createdAt: Timestamp(milliseconds: row.integer(5)),
            createdBy: row.text(6),
            expiresAt: row.optionalInteger(7).map { Timestamp(milliseconds: $0) },
            lastUsed: row.optionalInteger(8).map { Timestamp(milliseconds: $0) },
            revokedAt: row.optionalInteger(9).map { Timestamp(milliseconds: $0) },
            exchangedFor: row.optionalText(10).flatMap { TokenDigest(hex: $0) }
        )
    }
}
