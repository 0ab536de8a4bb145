package import YggCore

/// What the configuration says of those who do not dial in: fixed addresses, and the tokens to show.
package struct AgentDirectory: Sendable {
    /// An executor at a fixed address, called while it never registered.
    package struct Fixed: Sendable {
        package var id: ExecutorID
        package var name: String
        package var description: String
        package var address: AgentAddress
        package var metadata: JSONObject
        /// How long its running work may go on once it is told to leave; nil leaves that to the executor.
        package var drainTimeout: Milliseconds?
        package var token: String?

        package init(
            id: ExecutorID,
            name: String,
            description: String,
            address: AgentAddress,
            metadata: JSONObject,
            drainTimeout: Milliseconds? = nil,
            token: String?
        ) {
            self.id = id
            self.name = name
            self.description = description
            self.address = address
            self.metadata = metadata
            self.drainTimeout = drainTimeout
            self.token = token
        }
    }

    /// A service whose address is written down: whoever registers its id from elsewhere is refused.
    package struct Known: Sendable {
        package var address: AgentAddress
        package var token: String?

        package init(address: AgentAddress, token: String?) {
            self.address = address
            self.token = token
        }
    }

    package var fixed: [ExecutorID: Fixed]
    package var services: [ExecutorID: Known]
    /// `MANAGER_TOKEN`: shown to every agent that has no token of its own here.
    package var managerToken: String?
    /// The fleet's own token, for executors; nil where whoever registers need not show it, because an address that a
    /// stranger gave must not be sent what the stranger did not know.
    package var fleetToken: String?

    package init(
        fixed: [Fixed] = [],
        services: [ExecutorID: Known] = [:],
        managerToken: String? = nil,
        fleetToken: String? = nil
    ) {
        self.fixed = Dictionary(fixed.map { ($0.id, $0) }) { first, _ in first }
        self.services = services
        self.managerToken = managerToken
        self.fleetToken = fleetToken
    }

    /// What is shown to a service at the address it registered.
    /// - Parameter knowsHousehold: false for an id that has, or had, a token of its own: whoever holds that could have
    ///   named any address. One that is written down here is shown `MANAGER_TOKEN` all the same.
    func token(forService id: ExecutorID, at address: AgentAddress, knowsHousehold: Bool) -> String? {
        guard let known = services[id], known.address.origin == address.origin else {
            return knowsHousehold ? managerToken : nil
        }
        return known.token ?? managerToken
    }

    /// What is shown to an executor at its address, registered or fixed.
    /// - Parameter knowsHousehold: false for one that has, or had, a key or a token of its own, whoever made it: it could
    ///   have named any address, and need not know the tokens that the household shares.
    func token(forExecutor id: ExecutorID, at address: AgentAddress, knowsHousehold: Bool = true) -> String? {
        if let fixed = fixed[id], fixed.address.origin == address.origin, let token = fixed.token { return token }
        return knowsHousehold ? managerToken ?? fleetToken : nil
    }
}
