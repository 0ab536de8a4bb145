/// Every token there is, in memory, so that a request costs a look and no query.
package struct AccessTable: Sendable {
    /// What is known of a token that was shown.
    package enum Look: Sendable, Hashable {
        case known(Principal)
        /// One of ours that opens nothing any more.
        case dead(AccessToken, AccessToken.State)
        case unknown
    }

    private var tokens: [TokenDigest: AccessToken] = [:]
    private var digests: [TokenID: TokenDigest] = [:]
    /// Principals that are parts of this process, by their keys.
    private var parts: [TokenDigest: Principal] = [:]
    /// Tokens that were used and not yet written down.
    private var touched: [TokenID: Timestamp] = [:]

    package init() {}

    /// The oldest first.
    package var all: [AccessToken] {
        tokens.values.sorted { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
    }

    package subscript(id: TokenID) -> AccessToken? { digests[id].flatMap { tokens[$0] } }

    /// Learns a token, or how it is now.
    package mutating func learn(_ token: AccessToken) {
        tokens[token.digest] = token
        digests[token.id] = token.digest
    }

    package mutating func forget(_ id: TokenID) {
        if let digest = digests.removeValue(forKey: id) { tokens[digest] = nil }
        touched[id] = nil
    }

    /// Lets a part of this process in under a key of its own.
    package mutating func admit(_ principal: Principal, under digest: TokenDigest) { parts[digest] = principal }

    /// Whose token it is.
    /// - Returns: also the token, where this is its first use.
    package mutating func look(_ digest: TokenDigest, at now: Timestamp) -> (look: Look, firstUse: AccessToken?) {
        guard var token = tokens[digest] else { return (parts[digest].map(Look.known) ?? .unknown, nil) }
        let state = token.state(at: now)
        guard state == .valid else {
            return (token.wasJustExchanged(at: now) ? .known(token.principal) : .dead(token, state), nil)
        }
        guard let last = token.lastUsed, now - last < Self.grain else {
            let isFirst = token.lastUsed == nil
            token.lastUsed = now
            tokens[digest] = token
            touched[token.id] = now
            return (.known(token.principal), isFirst ? token : nil)
        }
        return (.known(token.principal), nil)
    }

    /// How exact the last use is kept: a row changes once in this time at most, however many requests come.
    package static let grain = Milliseconds.minutes(1)

    /// Whether a principal would still be let in.
    package func isWelcome(_ principal: Principal, at now: Timestamp) -> Bool {
        guard let id = principal.token else { return true }
        guard let token = self[id] else { return false }
        return token.state(at: now) == .valid || token.wasJustExchanged(at: now)
    }

    /// What was used since the last call.
    package mutating func takeTouched() -> [TokenID: Timestamp] {
        defer { touched = [:] }
        return touched
    }

    /// Whether a person could get in as an operator.
    package func hasOperator(at now: Timestamp) -> Bool {
        tokens.values.contains { $0.role == .operator && $0.state(at: now) == .valid }
    }

    /// Keys and tokens of an executor, whatever their state.
    package func keys(of executor: ExecutorID) -> [AccessToken] {
        tokens.values.filter { $0.role == .executor && $0.name == executor.rawValue }
    }

    /// Older keys of the same executor, which a newer one makes superfluous once it is in use. Tokens that an operator
    /// made are not among them: those are rotated by hand.
    package func superseded(by token: AccessToken, at now: Timestamp) -> [AccessToken] {
        guard token.role == .executor, token.origin != .created else { return [] }
        return tokens.values.filter {
            $0.role == .executor && $0.origin != .created && $0.name == token.name && $0.id != token.id
                && $0.createdAt <= token.createdAt && $0.state(at: now) == .valid
        }
    }
}
