import Glibc
import Synchronization
import YggClient
import YggCore
import YggTorture

/// Carries out a schedule of faults: one target after its own list, all targets at once. What it decides, the schedule
/// has decided; it only does it and undoes it.
final class FaultInjector: Sendable {
    private struct Notes {
        var injected: [Fault.Kind] = []
        var outages: [Outage] = []
        var incidents: [String] = []
        var longestRecovery: (Milliseconds, after: String)?
        /// By target: what is going on.
        var current: [String: String] = [:]
    }

    private let fleet: TortureFleet
    private let schedule: FaultSchedule
    private let startedAt: Int64
    private let log: TortureLog
    private let notes = Mutex(Notes())

    /// How long a target may take until it is well again after a fault.
    private static let patience = 60.0

    init(_ fleet: TortureFleet, _ schedule: FaultSchedule, startedAt: Int64, log: TortureLog) {
        self.fleet = fleet
        self.schedule = schedule
        self.startedAt = startedAt
        self.log = log
    }

    var injected: [Fault.Kind] { notes.withLock { $0.injected } }
    var outages: [Outage] { notes.withLock { $0.outages } }
    var incidents: [String] { notes.withLock { $0.incidents } }
    var longestRecovery: (Milliseconds, after: String)? { notes.withLock { $0.longestRecovery } }
    var current: [String] { notes.withLock { $0.current.map { "\($0.key) \($0.value)" }.sorted() } }

    /// Returns when the last fault is over and its target is well again.
    func run() async throws {
        let targets = [.coordinator, .clients] + fleet.household.executors.map { Fault.Target.executor($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for target in targets {
                group.addTask { [self] in
                    for fault in schedule.faults(of: target) {
                        try await sleep(until: startedAt + fault.at.rawValue * 1_000_000)
                        log.write("fault", fault.description)
                        notes.withLock {
                            $0.injected.append(fault.kind)
                            $0.current["\(target)"] = fault.kind.rawValue
                        }
                        try await carryOut(fault)
                        notes.withLock { $0.current["\(target)"] = nil }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func carryOut(_ fault: Fault) async throws {
        let member = fleet.member(of: fault.target)
        var before: String?
        if let member, fault.target != .coordinator { before = try await fleet.seen(member)?.bootID }
        switch fault.kind {
        case .kill, .powerLoss, .restart:
            if let member { try await replace(member, fault) }
        case .sleep, .freeze:
            if let member { try await stop(member, fault) }
        case .drain:
            if let member {
                try await order(Lifecycle.Order(action: .drain, by: "torture"), to: member)
                try await last(fault)
                try await order(Lifecycle.Order(action: .resume, by: "torture"), to: member)
            }
        case .renewal:
            if let member { try await order(Lifecycle.Order(action: .restart, by: "torture"), to: member) }
        case .silence, .deafness, .muteness, .delay, .slowness:
            guard let link = fleet.link(of: fault.target) else { return }
            fleet.links.set(LinkProxy.Conditions(fault), of: link)
            try await last(fault)
            fleet.links.set(.well, of: link)
        case .reset, .close:
            guard let link = fleet.link(of: fault.target) else { return }
            fleet.links.cut(link, fault.kind == .reset ? .reset : .close)
        case .unplugged:
            guard let link = fleet.link(of: fault.target) else { return }
            try await fleet.interfaces?.set(link, isUp: false)
            try await last(fault)
            try await fleet.interfaces?.set(link, isUp: true)
        case .diskFull:
            let disk = fleet.disks["\(fault.target)"]
            try disk?.fill(leaving: fault.amount)
            try await last(fault)
            disk?.release()
        }
        guard let member else { return }
        try await recover(member, after: fault, before: before)
    }

    /// Until the fault is over.
    private func last(_ fault: Fault) async throws { try await Task.sleep(for: fault.lasts.duration) }

    // MARK: Processes

    /// Ends a process and starts another one in its place.
    private func replace(_ member: FleetMember, _ fault: Fault) async throws {
        let from = Instant(nanoseconds: MonotonicTime.now)
        switch fault.kind {
        case .restart: member.end(with: SIGTERM)
        case .powerLoss:
            // Stopped first, so that it begins nothing meanwhile, and nobody else can get the numbers of what it runs.
            for pid in await stopped(member) { kill(-pid, SIGKILL) }
            member.end(with: SIGKILL)
        default: member.end(with: SIGKILL)
        }
        if await !member.waitUntilEnded(within: 30) {
            note("\(member.name) had not ended 30 s after it was told to (\(fault.kind.rawValue)).")
            member.end(with: SIGKILL)
            _ = await member.waitUntilEnded(within: 10)
        }
        try await last(fault)
        do {
            try await member.startUntilReady()
        } catch let failure as CommandFailure {
            note(failure.message)
        }
        if case .executor(let id) = fault.target, fault.kind == .kill {
            // What it left is killed before it is ready; a process that was killed may take a moment to be gone.
            noteOutage(of: id, from: from, leeway: 300)
        }
    }

    /// Stops a process for a while, with or without what it runs.
    private func stop(_ member: FleetMember, _ fault: Fault) async throws {
        let from = Instant(nanoseconds: MonotonicTime.now)
        var work = await stopped(member)
        if fault.kind == .freeze { work = [] }
        for pid in work { kill(-pid, SIGSTOP) }
        defer {
            member.send(SIGCONT)
            for pid in work { kill(-pid, SIGCONT) }
            if case .executor(let id) = fault.target {
                // It finds that its leases are over, asks its work to end, and kills what does not.
                noteOutage(of: id, from: from, leeway: fleet.household.ttl / 4 + 700)
            }
        }
        try await last(fault)
    }

    private func noteOutage(of executor: String, from: Instant, leeway: Milliseconds) {
        let to = Instant(nanoseconds: MonotonicTime.now) + leeway
        notes.withLock { $0.outages.append(Outage(executor: executor, from: from, to: to)) }
    }

    /// Stops a process and finds the leaders of what it runs.
    private func stopped(_ member: FleetMember) async -> [pid_t] {
        member.send(SIGSTOP)
        guard let pid = member.pid else { return [] }
        for _ in 0..<100 where ProcessTable.entry(of: pid)?.state != "T" {
            try? await Task.sleep(for: .milliseconds(1))
        }
        return ProcessTable().children(of: pid).map(\.pid)
    }

    // MARK: Orders and recovery

    /// Asks until the coordinator has taken the order.
    private func order(_ order: Lifecycle.Order, to member: FleetMember) async throws {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(Self.patience)
        while try await fleet.ask({ [fleet] in try await fleet.direct.order(order, to: member.name) }) == nil {
            guard MonotonicTime.now < deadline else {
                return note("The coordinator did not take an order to \(member.name) within \(Self.patience) s.")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Waits until the target is seen to be well again. Time in which the coordinator answers nobody is not counted
    /// against an executor.
    private func recover(_ member: FleetMember, after fault: Fault, before: String?) async throws {
        var since = MonotonicTime.now
        let deadline = since + MonotonicTime.nanoseconds(Self.patience)
        let isNew = [.kill, .powerLoss, .restart, .renewal].contains(fault.kind)
        while MonotonicTime.now < deadline {
            if fault.target == .coordinator {
                let reply = try await fleet.ask { [fleet] in
                    try await fleet.direct.exchange("GET", RequestPath("readyz"), timeout: .seconds(2))
                }
                if reply?.status == 200 { return noteRecovery(since, fault) }
            } else if let sight = try await fleet.seen(member) {
                if sight.isWell, !isNew || sight.bootID != before { return noteRecovery(since, fault) }
            } else {
                since = MonotonicTime.now
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        note("\(member.name) was not well again \(Self.patience) s after \(fault.kind.rawValue).")
    }

    private func noteRecovery(_ since: Int64, _ fault: Fault) {
        let took = Milliseconds((MonotonicTime.now - since) / 1_000_000)
        log.write("well", "\(fault.target) after \(fault.kind.rawValue), in \(took.rawValue) ms")
        notes.withLock {
            guard took > $0.longestRecovery?.0 ?? .zero else { return }
            $0.longestRecovery = (took, "\(fault.target) after \(fault.kind.rawValue)")
        }
    }

    private func note(_ incident: String) {
        log.write("incident", incident)
        notes.withLock { $0.incidents.append(incident) }
    }

    private func sleep(until deadline: Int64) async throws {
        let now = MonotonicTime.now
        if now < deadline { try await Task.sleep(for: .nanoseconds(deadline - now)) }
    }
}

extension LinkProxy.Conditions {
    /// How a link is while this fault lasts.
    fileprivate init(_ fault: Fault) {
        self.init()
        switch fault.kind {
        case .silence:
            up.isSwallowed = true
            down.isSwallowed = true
        case .deafness: down.isSwallowed = true
        case .muteness: up.isSwallowed = true
        case .delay:
            up.delay = Int64(fault.amount) * 1_000_000 / 2
            down.delay = up.delay
        case .slowness:
            up.bytesPerSecond = fault.amount
            down.bytesPerSecond = fault.amount
        default: break
        }
    }
}
