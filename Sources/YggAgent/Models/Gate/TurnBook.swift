import YggCore

/// The turns of one process at one server of models: by its own gate, or, while a coordinator answers, by the fleet's.
///
/// An executor whose coordinator is away goes on with its own gate: work that is under way must not wait for an answer that
/// may never come. What has been let through stays so, whoever decides next.
struct TurnBook: Sendable {
    enum Input: Sendable {
        case asks(ModelGate.Ticket, model: String)
        case leaves(ModelGate.Ticket)
        /// From now on the fleet decides.
        case joins
        /// The fleet's decision, by number.
        case stated([Int: GateStanding.Standing])
        /// The fleet cannot be asked.
        case isAlone
    }

    private struct Turn: Sendable {
        var ticket: ModelGate.Ticket
        var model: String
        var isRunning = false
        var told: ModelGate.Place?
    }

    private let limits: ModelGate.Limits
    /// nil while the fleet decides.
    private var gate: ModelGate?
    /// In the order of asking.
    private var turns: [Turn] = []

    init(_ limits: ModelGate.Limits) {
        self.limits = limits
        gate = ModelGate(limits)
    }

    var load: (running: Int, waiting: Int) {
        let running = turns.count(where: \.isRunning)
        return (running, turns.count - running)
    }

    /// The whole of what is wanted, for a gate of that name.
    func demand(of gate: String) -> GateDemand {
        GateDemand(
            gate: gate,
            limits: limits,
            turns: turns.map { .init(number: $0.ticket.number, model: $0.model, isRunning: $0.isRunning) }
        )
    }

    mutating func handle(_ input: Input, now: Instant) -> [ModelGate.Effect] {
        switch input {
        case .asks(let ticket, let model):
            turns.append(Turn(ticket: ticket, model: model))
            return play(.asks(ticket, model: model), now: now)
        case .leaves(let ticket):
            turns.removeAll { $0.ticket == ticket }
            return play(.leaves(ticket), now: now)
        case .joins:
            gate = nil
            return []
        case .stated(let standings):
            gate = nil
            return follow(standings)
        case .isAlone:
            guard gate == nil else { return [] }
            gate = ModelGate(limits)
            // Who asks the server already comes before whoever asks for the room that is left.
            let known = turns.filter(\.isRunning) + turns.filter { !$0.isRunning }
            return known.flatMap { turn in
                play(
                    turn.isRunning ? .holds(turn.ticket, model: turn.model) : .asks(turn.ticket, model: turn.model),
                    now: now
                )
            }
        }
    }

    private mutating func play(_ input: ModelGate.Input, now: Instant) -> [ModelGate.Effect] {
        let effects = gate?.handle(input, now: now) ?? []
        for case .admit(let ticket) in effects { note(ticket) }
        return effects
    }

    private mutating func note(_ ticket: ModelGate.Ticket) {
        guard let index = turns.firstIndex(where: { $0.ticket == ticket }) else { return }
        turns[index].isRunning = true
    }

    private mutating func follow(_ standings: [Int: GateStanding.Standing]) -> [ModelGate.Effect] {
        var effects: [ModelGate.Effect] = []
        for index in turns.indices where !turns[index].isRunning {
            let ticket = turns[index].ticket
            switch standings[ticket.number] {
            case .admitted:
                turns[index].isRunning = true
                effects.append(.admit(ticket))
            case .waits(let place):
                // The estimate shrinks all the time; it is news only with the place.
                if let told = turns[index].told, told.position == place.position, told.waiting == place.waiting {
                    continue
                }
                turns[index].told = place
                effects.append(.place(ticket, place))
            // Asked for after the statement that this answers.
            case nil: break
            }
        }
        return effects
    }
}
