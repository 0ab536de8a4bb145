import Logging
import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

extension AccessDesk {
    /// Keys that an executor may make of its own in `renewalPeriod`. One is due in two thirds of a key's life: the others
    /// are for answers that were lost with the executor's memory of them. More are a loop, or a thief who hoards.
    private static let maxRenewals = 5
    private var renewalPeriod: Milliseconds { settings.keyLife / 3 }

    /// Exchanges a token of the role `join` for a key, once. The executor has made the key and shows its digest, so that
    /// an answer that was lost can be asked for again, with the same digest.
    package func join(_ request: KeyRequest, by author: Author) async throws -> KeyGrant {
        let now = machine.time()
        guard let id = author.principal.token else { throw Problem.forbidden(.needs(.join), author.principal) }
        let name = author.principal.name
        let key = try newKey(request, of: name, origin: .joined, at: now, by: author)
        try await database.write { [self] tx in
            guard let invitation = try TokenStore.find(id, in: tx), invitation.role == .join else {
                throw Problem.unauthorized("The token is not valid here.")
            }
            let known = try TokenStore.named(name, in: tx).first { $0.digest == request.digest }
            if let known, known.state(at: now) != .valid { throw Problem.keyOver(known, at: now) }
            if invitation.exchangedFor == request.digest { return }
            let state = invitation.state(at: now)
            guard state == .valid else { throw Problem.tokenOver(invitation, state) }
            _ = try TokenStore.revoke(id, at: now, exchangedFor: request.digest, in: tx)
            let invited = key.invited(by: invitation.createdBy)
            // The same key may come with a second invitation, where the answer to the first was lost for too long.
            if known == nil { try TokenStore.insert(invited, in: tx) }
            try AuditStore.append(
                AuditEntry(
                    .executorJoin,
                    by: author,
                    at: now,
                    executor: ExecutorID(name),
                    detail: "\((known ?? invited).id) on \(request.host), invited by \(invitation.createdBy)"
                ),
                in: tx
            )
            tx.afterCommit {
                self.markRevoked(id, at: now, exchangedFor: request.digest)
                if known == nil { self.state.withLock { $0.table.learn(invited) } }
            }
        }
        logger.notice("executor.joined", metadata: ["executor.id": "\(name)", "host": "\(request.host)"])
        return grant(name)
    }

    /// Takes the key that is to follow the one that was shown. That one stays valid until the new one is used.
    ///
    /// What an operator made is not renewed: it ends when the operator said. And who shows a key shows it at this moment:
    /// one that was revoked while the request was under way gives no other.
    package func renew(_ request: KeyRequest, of executor: ExecutorID, by author: Author) async throws -> KeyGrant {
        let now = machine.time()
        guard author.principal.token != nil, author.principal.executor == executor, author.principal.isEnrolled else {
            throw Problem.noKey(of: executor, by: author.principal)
        }
        let key = try newKey(request, of: executor.rawValue, origin: .renewed, at: now, by: author)
        try await database.write { [self] tx in
            try checkWelcome(author, at: now, in: tx)
            let all = try TokenStore.named(executor.rawValue, in: tx)
            if let known = all.first(where: { $0.digest == request.digest }) {
                guard known.state(at: now) == .valid else { throw Problem.keyOver(known, at: now) }
                return
            }
            try checkRenewals(all, of: executor, at: now)
            try TokenStore.insert(key, in: tx)
            try AuditStore.append(
                AuditEntry(.keyRenew, by: author, at: now, executor: executor, detail: "\(key.id) on \(request.host)"),
                in: tx
            )
            tx.afterCommit { self.state.withLock { $0.table.learn(key) } }
        }
        return grant(executor.rawValue)
    }

    /// - Throws: a 429 problem where the executor has made so many keys lately.
    private func checkRenewals(_ tokens: [AccessToken], of executor: ExecutorID, at now: Timestamp) throws(Problem) {
        let lately = tokens.filter { $0.origin == .renewed && now - $0.createdAt < renewalPeriod }
        guard lately.count >= Self.maxRenewals, let first = lately.map(\.createdAt).min() else { return }
        throw .tooMany(
            "Executor \(executor) has made \(lately.count) keys since \(first).",
            wait: first + renewalPeriod - now,
            next: "Use the newest, or join anew: ygg token create \(executor) --role join"
        )
    }

    private func newKey(
        _ request: KeyRequest,
        of name: String,
        origin: AccessToken.Origin,
        at now: Timestamp,
        by author: Author
    ) throws(Problem) -> AccessToken {
        let isTaken = tokens.contains { $0.digest == request.digest && ($0.name != name || $0.role != .executor) }
        guard !isTaken else { throw .invalidRequest(InvalidInput("/keySha256", "is not a new key's")) }
        var random = SystemRandomNumberGenerator()
        return AccessToken(
            id: TokenSecret.identifier(random: &random),
            digest: request.digest,
            name: name,
            role: .executor,
            origin: origin,
            createdAt: now,
            createdBy: author.name,
            expiresAt: now + settings.keyLife
        )
    }

    private func grant(_ name: String) -> KeyGrant {
        KeyGrant(
            executor: ExecutorID(trusted: name),
            expiresIn: settings.keyLife,
            renewIn: settings.keyLife / 3 * 2
        )
    }
}

extension AccessToken {
    fileprivate func invited(by operator: String) -> AccessToken {
        AccessToken(
            id: id,
            digest: digest,
            name: name,
            role: role,
            origin: origin,
            createdAt: createdAt,
            createdBy: `operator`,
            expiresAt: expiresAt
        )
    }
}

extension Problem {
    /// There is nothing that could be renewed.
    fileprivate static func noKey(of executor: ExecutorID, by principal: Principal) -> Problem {
        let isMade = principal.token != nil && principal.executor == executor
        return Problem(
            status: 409,
            code: "no-key",
            title: "No key",
            detail: isMade
                ? "The token of \(executor) was made by an operator and ends as was said then; only the key of an executor that joined is renewed."
                : "The request came without a key of \(executor), so there is nothing to renew.",
            nextAction: "Join first: ygg token create \(executor) --role join"
        )
    }

    /// The key whose sha256 was shown opens nothing, so whoever made it must make another one.
    fileprivate static func keyOver(_ key: AccessToken, at now: Timestamp) -> Problem {
        Problem(
            status: 409,
            code: "key-over",
            title: "Key over",
            detail:
                "The key \(key.id) of \(key.name) \(key.state(at: now) == .expired ? "has expired" : "was revoked").",
            nextAction:
                "Drop it and make another one; to join anew: ygg token create \(key.name) --role join"
        )
    }
}
