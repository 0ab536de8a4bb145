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

/// Knows one token, which everybody shares: who shows it may do everything.
package struct SharedTokenDoorkeeper: Doorkeeper {
    private let token: [UInt8]?

    /// - Parameter token: nil lets nobody in who shows one.
    package init(token: String?) { self.token = token.map { Array($0.utf8) } }

    package func principal(showing token: String, from address: () -> String) throws(Problem) -> Principal {
        guard let known = self.token, isEqual(Array(token.utf8), known) else {
            throw .unauthorized("The token is not valid here.")
        }
        return .household
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
