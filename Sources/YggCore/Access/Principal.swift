/// Who asks: whoever holds a token, or the household itself.
package struct Principal: Sendable, Hashable {
    /// How it proved who it is.
    package enum Proof: Sendable, Hashable {
        /// It is on this machine, where that is proof enough.
        case loopback
        /// It holds `YGG_TOKEN`, which the whole household shares.
        case shared
        /// It holds a token of its own.
        case token(TokenID)
        /// It is a part of this very process.
        case process
    }

    /// What tasks say of who submitted them, and the audit of who asked. Tokens of one name are one principal.
    package let name: String
    package let role: AccessRole
    package let proof: Proof
    /// Whether it is an executor that joined by itself, and is trusted with nothing but its own work.
    package let isEnrolled: Bool

    package init(name: String, role: AccessRole, proof: Proof, isEnrolled: Bool = false) {
        self.name = name
        self.role = role
        self.proof = proof
        self.isEnrolled = isEnrolled
    }

    /// Whoever is served without a token.
    package static let local = Principal(name: "local", role: .operator, proof: .loopback)
    /// Whoever shows the token that everyone shares.
    package static let household = Principal(name: "shared", role: .operator, proof: .shared)

    /// What the coordinator does by itself bears this name.
    package static let coordinatorName = "coordinator"

    /// What issues of a tracker ask for bears this name.
    package static let trackerName = "tracker"

    /// Names that no token may have, because they stand for somebody else.
    package static let reservedNames: Set<String> = [local.name, household.name, coordinatorName, trackerName]

    package var token: TokenID? { if case .token(let id) = proof { id } else { nil } }

    /// Whether it stands for the whole household: people and executors alike.
    var isHousehold: Bool { proof == .loopback || proof == .shared }

    /// The executor whose calls it may make; nil where it is none.
    package var executor: ExecutorID? { role == .executor ? ExecutorID(name) : nil }
}

/// The public name of a token. It is no secret.
package struct TokenID: Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}
