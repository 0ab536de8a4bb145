import Logging
import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

extension AccessDesk {
    /// Keys of one executor that are valid and were never used: more than these are no lost answers.
    private static let maxUnusedKeys = 5

    /// Exchanges a token of the role `join` for a key, once. The executor has made the key and shows its digest, so that
    /// an answer that was lost can be asked for again, with the same digest.
    package func join(_ request: KeyRequest, by author: Author) async throws -> KeyGrant {
        let now = machine.time()
        guard let id = author.principal.token else { throw Problem.forbidden(.needs(.join), author.principal) }
        let key = try newKey(request, of: author.principal.name, origin: .joined, at: now, by: author)
        try await database.write { [self] tx in
            guard let invitation = try TokenStore.find(id, in: tx), invitation.role == .join else {
                throw Problem.unauthorized("The token is not valid here.")
            }
            if invitation.exchangedFor == request.digest { return }
            let state = invitation.state(at: now)
            guard state == .valid else { throw Problem.tokenOver(invitation, state) }
            _ = try TokenStore.revoke(id, at: now, exchangedFor: request.digest, in: tx)
            let invited = key.invited(by: invitation.createdBy)
            try TokenStore.insert(invited, in: tx)
            try AuditStore.append(
                AuditEntry(
                    .executorJoin,
                    by: author,
                    at: now,
                    executor: ExecutorID(key.name),
                    detail: "\(key.id) on \(request.host), invited by \(invitation.createdBy)"
                ),
                in: tx
            )
            tx.afterCommit {
                self.markRevoked(id, at: now, exchangedFor: request.digest)
                self.state.withLock { $0.table.learn(invited) }
            }
        }
        logger.notice("executor.joined", metadata: ["executor.id": "\(key.name)", "host": "\(request.host)"])
        return grant(key.name)
    }

    /// Takes the key that is to follow the one that was shown. That one stays valid until the new one is used.
    package func renew(_ request: KeyRequest, of executor: ExecutorID, by author: Author) async throws -> KeyGrant {
        let now = machine.time()
        guard author.principal.token != nil, author.principal.executor == executor else {
            throw Problem(
                status: 409,
                code: "no-key",
                title: "No key",
                detail: "The request came without a key of \(executor), so there is nothing to renew.",
                nextAction: "Join first: ygg token create \(executor) --role join"
            )
        }
        let known = state.withLock { $0.table.keys(of: executor) }
        if known.contains(where: { $0.digest == request.digest }) { return grant(executor.rawValue) }
        guard known.count(where: { $0.lastUsed == nil && $0.state(at: now) == .valid }) < Self.maxUnusedKeys else {
            throw Problem.tooMany(
                "Executor \(executor) has \(Self.maxUnusedKeys) keys that it never used.",
                wait: .hours(1),
                next: "Use the newest, or join anew: ygg token create \(executor) --role join"
            )
        }
        let key = try newKey(request, of: executor.rawValue, origin: .renewed, at: now, by: author)
        try await database.write { [self] tx in
            try TokenStore.insert(key, in: tx)
            try AuditStore.append(
                AuditEntry(.keyRenew, by: author, at: now, executor: executor, detail: "\(key.id) on \(request.host)"),
                in: tx
            )
            tx.afterCommit { self.state.withLock { $0.table.learn(key) } }
        }
        return grant(executor.rawValue)
    }

    private func newKey(
        _ request: KeyRequest,
        of name: String,
        origin: AccessToken.Origin,
        at now: Timestamp,
        by author: Author
    ) throws(Problem) -> AccessToken {
        let isTaken = tokens.contains { $0.digest == request.digest && $0.name != name }
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
