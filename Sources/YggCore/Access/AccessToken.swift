/// A token as it is kept: everything but itself.
package struct AccessToken: Sendable, Hashable {
    /// How a token came to be.
    package enum Origin: String, Sendable, Hashable {
        /// An operator made it and was shown it.
        case created
        /// The key of an executor that joined. Nobody ever saw it but the executor, nor the one after it.
        case joined
        /// The key that an executor made when an earlier one was about to end.
        case renewed
    }

    package let id: TokenID
    package let digest: TokenDigest
    /// Of the person, or the executor's id.
    package let name: String
    package let role: AccessRole
    package let origin: Origin
    package let createdAt: Timestamp
    package let createdBy: String
    package let expiresAt: Timestamp?
    package var lastUsed: Timestamp?
    /// For a token of the role `join`: also when it was used.
    package var revokedAt: Timestamp?
    /// Of a spent token of the role `join`: the digest of the key it was exchanged for.
    package var exchangedFor: TokenDigest?

    package init(
        id: TokenID,
        digest: TokenDigest,
        name: String,
        role: AccessRole,
        origin: Origin = .created,
        createdAt: Timestamp,
        createdBy: String,
        expiresAt: Timestamp?,
        lastUsed: Timestamp? = nil,
        revokedAt: Timestamp? = nil,
        exchangedFor: TokenDigest? = nil
    ) {
        self.id = id
        self.digest = digest
        self.name = name
        self.role = role
        self.origin = origin
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.lastUsed = lastUsed
        self.revokedAt = revokedAt
        self.exchangedFor = exchangedFor
    }

    /// Whether it opens anything.
    package enum State: String, Sendable, Hashable {
        case valid, expired, revoked
    }

    /// How long a token of the role `join` that was used may be shown again by whoever did not hear the answer.
    private static let repetition = Milliseconds.minutes(10)

    /// Whether it was used a moment ago for what it is good for once: the same request may come again.
    func wasJustExchanged(at now: Timestamp) -> Bool {
        guard exchangedFor != nil, let revokedAt else { return false }
        return now - revokedAt < Self.repetition
    }

    package func state(at now: Timestamp) -> State {
        if revokedAt != nil { return .revoked }
        if let expiresAt, expiresAt <= now { return .expired }
        return .valid
    }

    package var principal: Principal {
        Principal(name: name, role: role, proof: .token(id), isEnrolled: origin != .created)
    }
}
