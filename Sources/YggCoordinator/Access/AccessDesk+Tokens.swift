import Logging
import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

extension AccessDesk {
    /// Every token that is or was, the oldest first.
    package var tokens: [AccessToken] { state.withLock { $0.table.all } }

    /// Whether a person could get in as an operator with a token of their own.
    package var hasOperator: Bool { state.withLock { $0.table.hasOperator(at: machine.time()) } }

    /// Makes a token. It is stored when this returns; the token itself is in the answer and nowhere else.
    package func create(
        _ request: TokenRequest,
        by author: Author
    ) async throws -> (token: AccessToken, secret: String) {
        var random = SystemRandomNumberGenerator()
        let secret = TokenSecret.make(request.role, random: &random)
        return (try await adopt(secret, request, by: author), secret)
    }

    /// Makes a token of what was written down already.
    /// - Parameter secret: of `TokenSecret.make`.
    @discardableResult
    package func adopt(_ secret: String, _ request: TokenRequest, by author: Author) async throws -> AccessToken {
        let now = machine.time()
        var random = SystemRandomNumberGenerator()
        let life = request.expiresIn ?? (request.role == .join ? settings.invitationLife : nil)
        let token = AccessToken(
            id: TokenSecret.identifier(random: &random),
            digest: TokenDigest(of: secret),
            name: request.name,
            role: request.role,
            createdAt: now,
            createdBy: author.name,
            expiresAt: life.map { now + $0 }
        )
        try await database.write { [self] tx in
            try TokenStore.insert(token, in: tx)
            try AuditStore.append(
                AuditEntry(
                    .tokenCreate,
                    by: author,
                    at: now,
                    executor: token.role.isOfExecutor ? ExecutorID(token.name) : nil,
                    detail: "\(token.id) for \(token.name), \(token.role.rawValue)"
                ),
                in: tx
            )
            tx.afterCommit { self.state.withLock { $0.table.learn(token) } }
        }
        return token
    }

    /// Ends a token, by its id or, where only one of that name is valid, by its name. To end it twice is to end it
    /// once.
    package func revoke(_ word: String, by author: Author) async throws -> AccessToken {
        let token = try find(word)
        guard token.revokedAt == nil else { return token }
        let now = machine.time()
        try await database.write { [self] tx in
            guard try TokenStore.revoke(token.id, at: now, in: tx) else { return }
            try AuditStore.append(
                AuditEntry(
                    .tokenRevoke,
                    by: author,
                    at: now,
                    executor: token.role.isOfExecutor ? ExecutorID(token.name) : nil,
                    detail: "\(token.id) of \(token.name), \(token.role.rawValue)"
                ),
                in: tx
            )
            tx.afterCommit { self.markRevoked(token.id, at: now) }
        }
        logger.notice("token.revoked", metadata: ["token.id": "\(token.id)", "token.name": "\(token.name)"])
        return state.withLock { $0.table[token.id] } ?? token
    }

    private func find(_ word: String) throws(Problem) -> AccessToken {
        let (known, named) = state.withLock { state in
            (
                state.table[TokenID(word)],
                state.table.all.filter { $0.name == word && $0.state(at: machine.time()) == .valid }
            )
        }
        if let token = known ?? (named.count == 1 ? named[0] : nil) { return token }
        guard !named.isEmpty else {
            throw .notFound("token \(word.prefix(80)) that is valid", next: "List them with: ygg token list")
        }
        throw Problem(
            status: 409,
            code: "token-ambiguous",
            title: "Token ambiguous",
            detail: "\(named.count) tokens of \(word) are valid: \(named.map(\.id.rawValue).joined(separator: ", ")).",
            nextAction: "Name one by its id: ygg token revoke \(named[0].id)"
        )
    }
}
