/// What a call asks of whoever makes it. Every call of the API names one; there is no default.
package enum AccessRule: Sendable, Hashable {
    /// Served to everybody, also where everything else needs a token: how the server is.
    case open
    /// Anybody who is somebody.
    case anyone
    /// A person's role, or a higher one.
    case role(AccessRole)
    /// A submitter, on a task of its own; an operator on any.
    case ownTask
    /// The protocol of an executor, made by it for itself.
    case executorItself
    /// The holder of an attempt's lease.
    case leaseHolder
    /// Who may read everything, and the holder of an attempt's lease: of what its own task left behind.
    case reader
    /// A service on its own behalf.
    case serviceItself
    /// A token that is exchanged for a key.
    case joining

    /// Calls of machines, which no limit on requests may hold up: leases depend on them.
    package var isProtocol: Bool {
        switch self {
        case .executorItself, .leaseHolder: true
        default: false
        }
    }
}

/// What a call is about, as far as it matters who asks.
package enum AccessObject: Sendable, Hashable {
    case task(submittedBy: String)
    case executor(ExecutorID)
}

/// Who may do what: the whole of it, as a pure function.
package enum Access {
    package enum Decision: Sendable, Hashable {
        case allowed
        /// Nobody of the caller's role may.
        case needs(AccessRole)
        /// The role would do, but the object is somebody else's.
        case notYours(AccessObject)
    }

    /// - Parameter object: nil where the call is judged before it is known what it is about; it is judged again then.
    package static func decide(_ rule: AccessRule, by principal: Principal, on object: AccessObject? = nil) -> Decision
    {
        switch rule {
        case .open, .anyone: return .allowed
        case .role(let role): return principal.role.includes(role) ? .allowed : .needs(role)
        case .ownTask:
            guard principal.role.includes(.submitter) else { return .needs(.submitter) }
            guard case .task(let submitter)? = object, !principal.role.includes(.operator) else { return .allowed }
            return submitter == principal.name ? .allowed : .notYours(.task(submittedBy: submitter))
        case .executorItself, .leaseHolder:
            if principal.isHousehold { return .allowed }
            guard let own = principal.executor else { return .needs(.executor) }
            guard case .executor(let id)? = object else { return .allowed }
            return id == own ? .allowed : .notYours(.executor(id))
        case .reader:
            guard principal.executor != nil else { return decide(.role(.viewer), by: principal) }
            return decide(.leaseHolder, by: principal, on: object)
        case .serviceItself:
            if principal.role.includes(.operator) { return .allowed }
            guard let own = principal.executor, !principal.isEnrolled else { return .needs(.operator) }
            guard case .executor(let id)? = object else { return .allowed }
            return id == own ? .allowed : .notYours(.executor(id))
        case .joining: return principal.role == .join ? .allowed : .needs(.join)
        }
    }
}
