import Synchronization
package import YggCore
package import YggProtocol

/// Knows whose a token is.
package protocol Doorkeeper: Sendable {
    /// - Parameter address: where the request comes from.
    /// - Throws: the problem to answer with where the token opens nothing.
    func principal(showing token: String, from address: () -> String) throws(Problem) -> Principal

    /// Who holds a ticket for event streams; nil where it is not known.
    func principal(showingTicket ticket: String) -> Principal?

    /// - Throws: the problem of a principal that was let in and would not be any more.
    func checkWelcome(_ principal: Principal, from address: () -> String) throws(Problem)

    /// Counts a request of somebody's.
    /// - Throws: the problem to answer with where that is too many.
    func spend(_ principal: Principal) throws(Problem)
}

/// Knows one token, which everybody shares: who shows it may do everything. Trying others is slowed down.
package final class SharedTokenDoorkeeper: Doorkeeper {
    private let token: [UInt8]?
    private let reader: [UInt8]?
    /// A token that could be guessed is not even looked at while its sender is slowed down.
    private let isGuessable: Bool
    private let now: @Sendable () -> Instant
    /// Tokens that nobody knows, by the address they came from.
    private let failures = Mutex(RateLimiter<String>(capacity: 10, perSecond: 0.5))

    /// - Parameters:
    ///   - token: nil lets nobody in who shows one.
    ///   - reader: a further token of ours, for reading alone.
    ///   - now: a clock that only goes forward.
    package init(token: String?, reader: String? = nil, now: @escaping @Sendable () -> Instant) {
        self.token = token.map { Array($0.utf8) }
        self.reader = reader.map { Array($0.utf8) }
        isGuessable = token.map(TokenSecret.isGuessable) ?? false
        self.now = now
    }

    package func principal(showing token: String, from address: () -> String) throws(Problem) -> Principal {
        let shown = Array(token.utf8)
        if let reader, isEqual(shown, reader) { return .reader }
        let address = address()
        let now = now()
        if isGuessable, let wait = failures.withLock({ $0.wait(address, now: now) }) {
            throw Self.tooMany(address, wait)
        }
        if let known = self.token, isEqual(shown, known) { return .household }
        if let wait = failures.withLock({ $0.take(address, now: now) }) { throw Self.tooMany(address, wait) }
        throw .unauthorized("The token is not valid here.")
    }

    private static func tooMany(_ address: String, _ wait: Milliseconds) -> Problem {
        .tooMany(
            "Too many tokens that are not known came from \(address).",
            wait: wait,
            next: "Wait, then try again with the right token."
        )
    }

    package func principal(showingTicket ticket: String) -> Principal? { nil }

    package func checkWelcome(_ principal: Principal, from address: () -> String) {}

    package func spend(_ principal: Principal) {}

    /// In a time that does not depend on where the first difference is.
    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Principal {
    /// Another part of the same process, which reads.
    fileprivate static let reader = Principal(name: "coordinator", role: .viewer, proof: .process)
}

/// Who asks, as far as it is known before the request is looked at.
package enum Caller: Sendable {
    case known(Principal)
    /// Nobody knows who; what is answered to all but the open calls.
    case unknown(Problem)

    /// Somebody who shows nothing, where something must be shown.
    static let nobody = Caller.unknown(.unauthorized("This server asks for a token."))

    /// - Throws: the problem that says that nobody knows who asks.
    package func principal() throws(Problem) -> Principal {
        switch self {
        case .known(let principal): return principal
        case .unknown(let problem): throw problem
        }
    }
}
