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
            try checkWelcome(author, at: now, in: tx)
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

    /// Ends a token by its id, or what is valid under a name: of a person the one token there is, of an executor all of
    /// them, its keys and its invitations. Whoever has stolen a machine has renewed its key as often as possible, and is
    /// put out by one word all the same. To end a token twice is to end it once.
    /// - Returns: the tokens of which this is the end, the newest first.
    package func revoke(_ word: String, by author: Author) async throws -> [AccessToken] {
        let now = machine.time()
        // What is valid is looked up in the commit that ends it: a renewal comes before it, and is seen, or after it, and
        // is refused.
        let ended = try await database.write { [self] tx in
            try checkWelcome(author, at: now, in: tx)
            let ended = try Self.find(word, at: now, in: tx)
            for token in ended where try TokenStore.revoke(token.id, at: now, in: tx) {
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
            return ended
        }
        for token in ended where token.revokedAt == nil {
            logger.notice("token.revoked", metadata: ["token.id": "\(token.id)", "token.name": "\(token.name)"])
        }
        return state.withLock { state in ended.map { state.table[$0.id] ?? $0 } }
    }

    private static func find(_ word: String, at now: Timestamp, in tx: any SQLTransaction) throws -> [AccessToken] {
        if let token = try TokenStore.find(TokenID(word), in: tx) { return [token] }
        let named = try TokenStore.named(word, in: tx).filter { $0.state(at: now) == .valid }
        if named.count == 1 || named.contains(where: \.role.isOfExecutor) { return named.reversed() }
        guard !named.isEmpty else {
            throw Problem.notFound(
                "token \(word.prefix(80)) that is valid",
                next: "List them with: ygg token list"
            )
        }
        throw Problem(
            status: 409,
            code: "token-ambiguous",
            title: "Token ambiguous",
            detail: "\(named.count) tokens of \(word) are valid: \(named.map(\.id.rawValue).joined(separator: ", ")).",
            nextAction: "Name one by its id: ygg token revoke \(named[0].id)"
        )
    }

    /// Whoever changes who is let in is let in at the moment of the change, not only when the request began: its body
    /// may have come late.
    /// - Throws: the problem of a token that is over.
    func checkWelcome(_ author: Author, at now: Timestamp, in tx: any SQLTransaction) throws {
        guard let id = author.principal.token else { return }
        guard let token = try TokenStore.find(id, in: tx) else {
            throw Problem.unauthorized("The token is not valid here any more.")
        }
        let state = token.state(at: now)
        guard state == .valid else { throw Problem.tokenOver(token, state) }
    }
}
