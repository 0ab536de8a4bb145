/// What the tasks of one executor want of the gate of one model server, the whole of it.
package struct GateDemand: Sendable, Hashable {
    package struct Turn: Sendable, Hashable {
        /// Of its executor's process; grows in the order of asking.
        package var number: Int
        package var model: String
        /// Whether it has been let through, by whomever, and asks the server now.
        package var isRunning: Bool

        package init(number: Int, model: String, isRunning: Bool) {
            self.number = number
            self.model = model
            self.isRunning = isRunning
        }
    }

    /// What the server is called by everybody who asks it.
    package var gate: String
    package var limits: ModelGate.Limits
    /// In the order of asking.
    package var turns: [Turn]

    package init(gate: String, limits: ModelGate.Limits, turns: [Turn]) {
        self.gate = gate
        self.limits = limits
        self.turns = turns
    }
}

/// What has become of a demand, the whole of it.
package struct GateStanding: Sendable, Hashable {
    package enum Standing: Sendable, Hashable {
        case admitted
        case waits(ModelGate.Place)
    }

    package var gate: String
    /// By the number of the turn.
    package var turns: [Int: Standing]

    package init(gate: String, turns: [Int: Standing]) {
        self.gate = gate
        self.turns = turns
    }
}
