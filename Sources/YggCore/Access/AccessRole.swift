/// What the holder of a token may do.
package enum AccessRole: String, Sendable, Hashable, CaseIterable {
    /// Reads everything.
    case viewer
    /// Also submits, and cancels what it submitted.
    case submitter
    /// Also acts on executors, on other people's tasks and on tokens.
    case `operator`
    /// One executor's own protocol calls, for the id that is the token's name.
    case executor
    /// To be exchanged once for an executor's own key.
    case join

    /// The roles of people are steps: each may do what those below it may.
    private var step: Int? {
        switch self {
        case .viewer: 1
        case .submitter: 2
        case .operator: 3
        case .executor, .join: nil
        }
    }

    /// Whether who has this role may do what `other` may.
    package func includes(_ other: AccessRole) -> Bool {
        guard let own = step, let needed = other.step else { return self == other }
        return own >= needed
    }

    /// Whether tokens of the role are named after an executor.
    package var isOfExecutor: Bool { self == .executor || self == .join }
}
