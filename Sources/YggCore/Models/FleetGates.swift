/// The gates of model servers that several executors ask: whose turn it is across the fleet.
///
/// An executor states the whole of what its tasks want, again and again, and is answered with the whole of what has become
/// of it, so a statement that is lost, repeated or late changes nothing. What is not stated any more has left, and with an
/// executor that is silent everything of it. It is memory alone: after a restart the executors state it once more.
package struct FleetGates: Sendable {
    package enum Input: Sendable {
        /// - Parameter counter: grows with every statement of one boot.
        case stated(ExecutorID, bootID: String, counter: Int64, [GateDemand])
        /// Whoever has not stated anything for that long has left.
        case sweep(silence: Milliseconds)
    }

    package enum Effect: Sendable, Hashable {
        /// The answer to an executor is another one than before.
        case news(ExecutorID)
    }

    private struct Asker: Sendable {
        var bootID: String
        var counter: Int64
        var heardAt: Instant
        var demands: [GateDemand]
        /// That of its last change.
        var revision: Int64
    }

    fileprivate struct Owner: Sendable, Hashable {
        var executor: ExecutorID
        var number: Int
    }

    fileprivate struct Line: Sendable {
        var gate = ModelGate()
        var tickets: [Owner: ModelGate.Ticket] = [:]
        var owners: [ModelGate.Ticket: Owner] = [:]
        var standings: [ModelGate.Ticket: GateStanding.Standing] = [:]
        var nextNumber = 0
    }

    /// Lines that nobody stands in are kept for what they know of the time that answers take, but not without end.
    private static let maxIdleLines = 64

    private var askers: [ExecutorID: Asker] = [:]
    private var lines: [String: Line] = [:]
    /// Counts the changes of all answers, so that none has the number of an earlier one.
    private var lastRevision: Int64 = 0
    /// Until when nobody is let through who is not at work already.
    private var opensAt: Instant?

    /// - Parameter opensAt: by when those who were let through before a restart have said so; nil where there are none.
    package init(opensAt: Instant? = nil) { self.opensAt = opensAt }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        var changed: Set<ExecutorID> = []
        open(now: now, &changed)
        switch input {
        case .stated(let id, let bootID, let counter, let demands):
            if let known = askers[id], known.bootID == bootID, known.counter >= counter { return [] }
            if askers[id]?.bootID != bootID { drop(id, now: now, &changed) }
            let before = askers[id]
            askers[id] = Asker(
                bootID: bootID,
                counter: counter,
                heardAt: now,
                demands: demands,
                revision: before?.revision ?? lastRevision
            )
            for name in Set((before?.demands ?? []).map(\.gate) + demands.map(\.gate)).sorted() {
                settle(name, for: id, now: now, &changed)
            }
        case .sweep(let silence):
            let silent = askers.filter { now - $0.value.heardAt > silence }.keys
            for id in silent.sorted() { drop(id, now: now, &changed) }
        }
        lastRevision += changed.isEmpty ? 0 : 1
        for id in changed { askers[id]?.revision = lastRevision }
        return changed.sorted().map { .news($0) }
    }

    /// What the last statement of an executor has come to, and how often that has changed in this boot of it.
    package func answer(to id: ExecutorID) -> (revision: Int64, standings: [GateStanding]) {
        guard let asker = askers[id] else { return (0, []) }
        let standings = asker.demands.map { demand in
            var standing = GateStanding(gate: demand.gate, turns: [:])
            guard let line = lines[demand.gate] else { return standing }
            for turn in demand.turns {
                let ticket = line.tickets[Owner(executor: id, number: turn.number)]
                if let found = ticket.flatMap({ line.standings[$0] }) { standing.turns[turn.number] = found }
            }
            return standing
        }
        return (asker.revision, standings)
    }

    private mutating func open(now: Instant, _ changed: inout Set<ExecutorID>) {
        guard let opensAt, opensAt <= now else { return }
        self.opensAt = nil
        for (id, asker) in askers.sorted(by: { $0.key < $1.key }) {
            for demand in asker.demands { settle(demand.gate, for: id, now: now, &changed) }
        }
    }

    private mutating func drop(_ id: ExecutorID, now: Instant, _ changed: inout Set<ExecutorID>) {
        guard let asker = askers.removeValue(forKey: id) else { return }
        for demand in asker.demands { settle(demand.gate, for: id, now: now, &changed) }
        changed.remove(id)
    }

    /// Brings one line in step with what an executor states of it.
    private mutating func settle(_ name: String, for id: ExecutorID, now: Instant, _ changed: inout Set<ExecutorID>) {
        var line = lines[name] ?? Line()
        let demand = askers[id]?.demands.first { $0.gate == name }
        let stated = Set((demand?.turns ?? []).map(\.number))
        let left = line.tickets.filter { $0.key.executor == id && !stated.contains($0.key.number) }
        for (owner, ticket) in left.sorted(by: { $0.value < $1.value }) {
            line.tickets[owner] = nil
            line.owners[ticket] = nil
            line.standings[ticket] = nil
            line.play(.leaves(ticket), now: now, &changed)
        }
        if let limits = strictest(of: name), limits != line.gate.limits {
            line.play(.limits(limits), now: now, &changed)
        }
        // Who is at work already comes before whoever asks for the room that is left.
        let turns = demand?.turns ?? []
        for turn in turns where turn.isRunning {
            let owner = Owner(executor: id, number: turn.number)
            let ticket = line.ticket(of: owner)
            guard line.standings[ticket] != .admitted else { continue }
            line.standings[ticket] = .admitted
            line.play(.holds(ticket, model: turn.model), now: now, &changed)
        }
        for turn in turns where !turn.isRunning && opensAt == nil {
            let owner = Owner(executor: id, number: turn.number)
            guard line.tickets[owner] == nil else { continue }
            line.play(.asks(line.ticket(of: owner), model: turn.model), now: now, &changed)
        }
        lines[name] = line
        if line.tickets.isEmpty, lines.count > Self.maxIdleLines { lines[name] = nil }
    }

    /// Where executors are told different limits of one server, none of them is to be exceeded.
    private func strictest(of name: String) -> ModelGate.Limits? {
        let stated = askers.values.flatMap(\.demands).filter { $0.gate == name }.map(\.limits)
        guard var limits = stated.first else { return nil }
        for other in stated.dropFirst() {
            limits.capacity = min(limits.capacity, other.capacity)
            limits.models = min(limits.models, other.models)
            limits.maxOvertakes = min(limits.maxOvertakes, other.maxOvertakes)
        }
        return limits
    }
}

extension FleetGates.Line {
    fileprivate mutating func ticket(of owner: FleetGates.Owner) -> ModelGate.Ticket {
        if let known = tickets[owner] { return known }
        let ticket = ModelGate.Ticket(number: nextNumber)
        nextNumber += 1
        tickets[owner] = ticket
        owners[ticket] = owner
        return ticket
    }

    fileprivate mutating func play(_ input: ModelGate.Input, now: Instant, _ changed: inout Set<ExecutorID>) {
        for effect in gate.handle(input, now: now) {
            let (ticket, standing): (ModelGate.Ticket, GateStanding.Standing) =
                switch effect {
                case .admit(let ticket): (ticket, .admitted)
                case .place(let ticket, let place): (ticket, .waits(place))
                }
            guard let owner = owners[ticket] else { continue }
            standings[ticket] = standing
            changed.insert(owner.executor)
        }
    }
}
