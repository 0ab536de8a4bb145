import YggCore

/// Carries messages between the coordinator and everybody else, as badly as the scenario wants it.
final class Network: @unchecked Sendable {
    enum Direction { case up, down }

    private let world: World
    private var randoms: [String: SeededRandom] = [:]

    init(_ world: World) { self.world = world }

    /// Lets `arrive` happen later, once, twice or never.
    func carry(
        _ what: String,
        _ direction: Direction,
        of endpoint: String,
        _ arrive: @escaping @Sendable () -> Void
    ) {
        var random = randoms[endpoint] ?? SeededRandom(seed: world.scenario.seed, stream: "network \(endpoint)")
        defer { randoms[endpoint] = random }
        var slowest = Milliseconds(12)
        var copies = 1
        // Drawn whatever happens, so that a fault less does not shift what comes after it.
        let (luck, delay, secondDelay) = (random.int(0..<100), random.next(), random.next())
        for trouble in troubles(of: endpoint) {
            switch trouble {
            case .partition: copies = 0
            case .noUplink: if direction == .up { copies = 0 }
            case .noDownlink: if direction == .down { copies = 0 }
            case .loss(let percent): if luck < percent { copies = 0 }
            case .duplicates(let percent): if luck < percent, direction == .up { copies *= 2 }
            case .slow(let limit): slowest = max(slowest, limit)
            }
        }
        if copies == 0 {
            world.note(endpoint, "\(what) is lost on its way \(direction == .up ? "there" : "back")")
        }
        if copies == 2 { world.note(endpoint, "\(what) arrives twice") }
        for number in 0..<copies {
            let drawn = (number == 0 ? delay : secondDelay) % UInt64(slowest.rawValue * 1_000_000)
            world.at(Instant(nanoseconds: world.now.nanoseconds + Int64(drawn) + 200_000), arrive)
        }
    }

    private func troubles(of endpoint: String) -> [Fault.Trouble] {
        let time = world.now - Instant(nanoseconds: 0)
        return world.scenario.faults.compactMap { fault in
            guard case .network(endpoint, let trouble) = fault.kind, fault.at <= time, time < fault.end else {
                return nil
            }
            return trouble
        }
    }
}
