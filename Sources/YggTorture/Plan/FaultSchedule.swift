package import YggCore

/// Which faults there will be: a function of the seed and of what a machine can do, of nothing else.
///
/// Every target draws from a stream of its own. What a process then does in the same fault is its own affair: the
/// schedule repeats, the run does not.
package struct FaultSchedule: Sendable, Hashable {
    /// What the machine allows. A kind that it does not is left out, and its stream goes on as if it had been drawn.
    package struct Abilities: Sendable, Hashable {
        /// Executors have network interfaces of their own.
        package var interfaces: Bool
        /// Small disks can be mounted.
        package var disks: Bool

        package init(interfaces: Bool, disks: Bool) {
            self.interfaces = interfaces
            self.disks = disks
        }
    }

    package var faults: [Fault]

    /// - Parameters:
    ///   - duration: every fault is over by then.
    ///   - executors: their ids; the last one has the small disk.
    package init(
        seed: UInt64,
        duration: Milliseconds,
        ttl: Milliseconds,
        executors: [String],
        abilities: Abilities
    ) {
        var drawing = Drawing(duration: duration, ttl: Int(ttl.rawValue), abilities: abilities)
        var coordinator: [(Fault.Kind, Int)] = [(.kill, 4), (.restart, 3), (.freeze, 2)]
        coordinator.append((.diskFull, 2))
        drawing.draw(.coordinator, coordinator, gap: 7000..<16_000, seed)
        drawing.draw(.clients, [(.deafness, 4), (.reset, 3), (.delay, 2), (.muteness, 1)], gap: 3000..<9000, seed)
        for id in executors {
            var kinds: [(Fault.Kind, Int)] = [
                (.kill, 3), (.powerLoss, 2), (.sleep, 2), (.freeze, 2), (.restart, 2), (.drain, 1), (.renewal, 1),
                (.silence, 2), (.deafness, 2), (.muteness, 2), (.reset, 2), (.close, 1), (.delay, 2), (.slowness, 1),
                (.unplugged, 2),
            ]
            if id == executors.last { kinds.append((.diskFull, 5)) }
            drawing.draw(.executor(id), kinds, gap: 4000..<11_000, seed)
        }
        faults = drawing.faults.sorted { ($0.at, $0.target.description) < ($1.at, $1.target.description) }
    }

    package func faults(of target: Fault.Target) -> [Fault] { faults.filter { $0.target == target } }
}

private struct Drawing {
    /// No task of the load runs for longer. What begins on a full disk is in no list of processes, so whoever is killed
    /// then leaves work that nobody finds: a promise that is not made, and so no fault that is tried.
    static let afterFullDisk: Int64 = 12_000

    let duration: Milliseconds
    let ttl: Int
    let abilities: FaultSchedule.Abilities
    var faults: [Fault] = []

    mutating func draw(_ target: Fault.Target, _ weighted: [(Fault.Kind, Int)], gap: Range<Int>, _ seed: UInt64) {
        var random = SeededRandom(seed: seed, stream: "faults of \(target)")
        let kinds = weighted.flatMap { Array(repeating: $0.0, count: $0.1) }
        var at = Milliseconds(2000) + random.milliseconds(0..<gap.upperBound)
        while at < duration {
            var fault = Fault(at: at, lasts: .zero, target: target, kind: random.pick(kinds))
            (fault.lasts, fault.amount) = extent(of: fault.kind, &random)
            let end = fault.at + fault.lasts
            if end <= duration, isPossible(fault.kind) { faults.append(fault) }
            at = end + random.milliseconds(gap)
            if fault.kind == .diskFull { at = at + Milliseconds(Self.afterFullDisk) }
        }
    }

    private func isPossible(_ kind: Fault.Kind) -> Bool {
        switch kind {
        case .unplugged: abilities.interfaces
        case .diskFull: abilities.disks
        default: true
        }
    }

    /// How long it lasts and how much of it there is. What is measured in times to live is sometimes shorter than one
    /// and sometimes longer: either side of every deadline is met.
    private func extent(of kind: Fault.Kind, _ random: inout SeededRandom) -> (Milliseconds, Int) {
        switch kind {
        case .kill, .powerLoss: (random.milliseconds(100..<ttl * 2), 0)
        case .sleep, .freeze: (random.milliseconds(ttl * 6 / 5..<ttl * 3), 0)
        case .restart, .renewal, .reset, .close: (.zero, 0)
        case .drain: (random.milliseconds(1000..<ttl * 2), 0)
        case .silence, .deafness, .muteness, .unplugged: (random.milliseconds(ttl / 3..<ttl * 5 / 2), 0)
        case .delay: (random.milliseconds(ttl..<ttl * 3), random.int(100..<ttl * 2 / 3))
        case .slowness: (random.milliseconds(ttl..<ttl * 3), random.int(400..<8000))
        case .diskFull: (random.milliseconds(1500..<6000), random.int(0..<48))
        }
    }
}
