/// Who may ask one server's models now, and who waits.
///
/// A graphics card that is asked for two models in turn does nothing but load them, so those who want the model that runs
/// go before others who came earlier; but nobody is passed by more than `maxOvertakes` times. Those who want the same
/// model are served in the order in which they came.
package struct ModelGate: Sendable {
    package struct Limits: Sendable, Hashable {
        /// How many answers the server works on at once.
        package var capacity: Int
        /// How many models it may have to keep in memory for them.
        package var models: Int
        package var maxOvertakes: Int

        package init(capacity: Int = 1, models: Int = 1, maxOvertakes: Int = 4) {
            self.capacity = max(1, capacity)
            self.models = max(1, models)
            self.maxOvertakes = max(0, maxOvertakes)
        }
    }

    /// One who asks: numbers grow in the order of asking.
    package struct Ticket: Sendable, Hashable, Comparable {
        package var number: Int

        package init(number: Int) { self.number = number }

        package static func < (left: Ticket, right: Ticket) -> Bool { left.number < right.number }
    }

    package enum Input: Sendable, Hashable {
        case asks(Ticket, model: String)
        /// It has been let through by another gate meanwhile, however full it is here.
        case holds(Ticket, model: String)
        /// It has its answer, or gives up waiting.
        case leaves(Ticket)
        case limits(Limits)
    }

    package enum Effect: Sendable, Hashable {
        case admit(Ticket)
        /// Told when it changes.
        case place(Ticket, Place)
    }

    package struct Place: Sendable, Hashable {
        /// 1 is the next.
        package var position: Int
        package var waiting: Int
        /// How long it may take until the turn comes; nil while nobody knows how long answers take here.
        package var estimate: Milliseconds?

        package init(position: Int, waiting: Int, estimate: Milliseconds? = nil) {
            self.position = position
            self.waiting = waiting
            self.estimate = estimate
        }
    }

    struct Waiting: Sendable {
        var ticket: Ticket
        var model: String
        var overtaken = 0
        var told: Place?
    }

    struct Running: Sendable {
        var ticket: Ticket
        var model: String
        var since: Instant
    }

    package private(set) var limits: Limits
    /// In the order of asking.
    private(set) var queue: [Waiting] = []
    private(set) var running: [Running] = []
    /// The model that was admitted last: it is most probably still loaded.
    private var lastModel: String?
    /// How long an answer takes, lately.
    private var usual: Milliseconds?

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .asks(let ticket, let model): queue.append(Waiting(ticket: ticket, model: model))
        case .holds(let ticket, let model):
            queue.removeAll { $0.ticket == ticket }
            if !running.contains(where: { $0.ticket == ticket }) {
                running.append(Running(ticket: ticket, model: model, since: now))
                lastModel = model
            }
        case .limits(let limits): self.limits = limits
        case .leaves(let ticket):
            queue.removeAll { $0.ticket == ticket }
            if let index = running.firstIndex(where: { $0.ticket == ticket }) {
                let took = now - running.remove(at: index).since
                // Half of the past, half of the last: answers of one hour are alike, those of another day are not.
                usual = usual.map { ($0 + took) / 2 } ?? took
            }
        }
        return admissions(now: now) + places(now: now)
    }

    private mutating func admissions(now: Instant) -> [Effect] {
        var effects: [Effect] = []
        while running.count < limits.capacity,
            let index = Self.next(in: queue, running: running.map(\.model), last: lastModel, limits)
        {
            let chosen = queue.remove(at: index)
            for earlier in queue.indices.prefix(index) { queue[earlier].overtaken += 1 }
            running.append(Running(ticket: chosen.ticket, model: chosen.model, since: now))
            lastModel = chosen.model
            effects.append(.admit(chosen.ticket))
        }
        return effects
    }

    /// Whose turn it is: the first who may be admitted, unless the running model has somebody too and nobody before them
    /// has been passed by too often.
    private static func next(in queue: [Waiting], running: [String], last: String?, _ limits: Limits) -> Int? {
        let loaded = Set(running)
        // Another model has to wait while as many as fit are at work.
        func fits(_ model: String) -> Bool { loaded.contains(model) || loaded.count < limits.models }
        // Nobody goes before one who has been passed by often enough, even if that one has to wait for room.
        let line = queue.firstIndex { $0.overtaken >= limits.maxOvertakes } ?? queue.count - 1
        let eligible = queue.indices.prefix(line + 1)
        let same = eligible.first { loaded.contains(queue[$0].model) || (loaded.isEmpty && queue[$0].model == last) }
        return same ?? eligible.first { fits(queue[$0].model) }
    }

    // MARK: - Place in line

    /// The order in which those who wait would be admitted if nobody else came, and what of that is news.
    private mutating func places(now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for (position, ticket) in order.enumerated() {
            guard let index = queue.firstIndex(where: { $0.ticket == ticket }) else { continue }
            let place = Place(position: position + 1, waiting: queue.count, estimate: estimate(at: position, now: now))
            // The estimate shrinks all the time; it is news only with the place.
            if let told = queue[index].told, told.position == place.position, told.waiting == place.waiting { continue }
            queue[index].told = place
            effects.append(.place(ticket, place))
        }
        return effects
    }

    private var order: [Ticket] {
        var rest = queue
        var last = lastModel
        var order: [Ticket] = []
        while !rest.isEmpty {
            // As if whoever was admitted before had just left.
            let index = Self.next(in: rest, running: [], last: last, limits) ?? 0
            let chosen = rest.remove(at: index)
            for earlier in rest.indices.prefix(index) { rest[earlier].overtaken += 1 }
            last = chosen.model
            order.append(chosen.ticket)
        }
        return order
    }

    private func estimate(at position: Int, now: Instant) -> Milliseconds? {
        guard let usual else { return nil }
        // What the one who is furthest still has to do, and then whole rounds of those before.
        let first = running.map { max(.zero, Milliseconds(usual.rawValue - (now - $0.since).rawValue)) }.min() ?? .zero
        return first + usual * Int64(position / limits.capacity)
    }
}
