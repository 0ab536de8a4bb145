/// Keeps the leases of one coordinator: who holds which, until when, and what each executor is to be told.
///
/// Deadlines live here and nowhere else; a renewal writes nothing. Only time in which the coordinator served counts:
/// a gap in its own ticks moves every deadline.
package struct LeaseKeeper: Sendable {
    package struct Settings: Sendable {
        package var ttl: Milliseconds
        /// How long a lease that the executor never named is stated again.
        package var launchGrace: Milliseconds
        /// What an executor gets beyond the TTL to end a cancelled attempt.
        package var killGrace: Milliseconds
        /// The time to live stated by a coordinator that stops in order.
        package var farewellTTL: Milliseconds
        /// How often `.tick` comes. It also ends polls that were held for long enough.
        package var tickInterval: Milliseconds

        /// How long a poll is held at most.
        ///
        /// An attempt is cut off at two thirds of the TTL, counted from when the last *answered* poll was sent: the time
        /// of two polls, of three where one is lost. So those of an executor that is at work are short.
        package func hold(atWork: Bool) -> Milliseconds { atWork ? ttl / 10 : ttl / 3 }

        package init(
            ttl: Milliseconds = .seconds(15),
            launchGrace: Milliseconds = .seconds(10),
            killGrace: Milliseconds = .seconds(5),
            farewellTTL: Milliseconds = .seconds(120),
            tickInterval: Milliseconds? = nil
        ) {
            self.ttl = ttl
            self.launchGrace = launchGrace
            self.killGrace = killGrace
            self.farewellTTL = farewellTTL
            self.tickInterval = tickInterval ?? min(.seconds(1), ttl / 12)
        }
    }

    package struct Terms: Sendable {
        package var executor: ExecutorID
        package var assignment: Assignment
        package var lostAfter: Milliseconds

        package init(executor: ExecutorID, assignment: Assignment, lostAfter: Milliseconds) {
            self.executor = executor
            self.assignment = assignment
            self.lostAfter = lostAfter
        }
    }

    /// What an executor says of itself with a request.
    package struct Heard: Sendable {
        package var executor: ExecutorID
        package var bootID: String
        /// The newest statement it has applied.
        package var seen: Int64
        /// Every lease it has accepted and whose end has not been acknowledged; nil where the request does not say.
        package var held: Set<LeaseKey>?

        package init(executor: ExecutorID, bootID: String, seen: Int64, held: Set<LeaseKey>?) {
            self.executor = executor
            self.bootID = bootID
            self.seen = seen
            self.held = held
        }
    }

    package enum Input: Sendable {
        case granted(LeaseKey, Terms)
        case restored(LeaseKey, Terms, isCancelled: Bool)
        /// The executor's own last word ended it.
        case ended(LeaseKey)
        /// It ended without the executor, which has to be told.
        case revoked(LeaseKey)
        /// A running attempt is to be ended.
        case cancelled(LeaseKey)
        case heard(Heard)
        /// An executor is known from the store with its last boot, and has a full TTL to speak up.
        case expected(ExecutorID, bootID: String)
        case forgotten(ExecutorID)
        case tick
        /// The coordinator stops in order: what it states from now on lives long.
        case farewell
    }

    package enum Effect: Sendable, Equatable {
        /// The lease has ended without a word: the task moves.
        case lose(LeaseKey, Interruption)
        /// The cancelled attempt had its time.
        case endCancelled(LeaseKey)
        case executorSilent(ExecutorID)
        case executorBack(ExecutorID)
    }

    private struct Lease {
        var terms: Terms
        var deadline: Instant
        /// When a lease that was never named is given up.
        var launchDeadline: Instant
        /// The first statement that named it to its executor.
        var statedRev: Int64?
        /// By when an executor that began on the last statement, and could not say so, has ended it.
        var statedDeadline: Instant?
        /// Whether the executor has ever named it.
        var isAccepted = false
        /// Known from before a restart: whether its executor ever began is unknown, so it is never told to begin.
        var isRestored = false
        /// It is given up, which is being written: its executor is not told of it again, so that nobody begins it anew.
        var isGivenUp = false
        var cancelDeadline: Instant?
    }

    private struct Peer {
        var bootID: String?
        var deadline: Instant
        var isSilent = false
        var leases: Set<LeaseKey> = []
        /// Something changed that no statement has told yet.
        var isUntold = false
        /// The first statement that told the latest change.
        var toldRev: Int64 = 0
    }

    private let settings: Settings
    private let sabotage: Sabotage
    private var leases: [LeaseKey: Lease] = [:]
    private var peers: [ExecutorID: Peer] = [:]
    private var rev: Int64
    private var lastTick: Instant?
    private var isLeaving = false

    /// - Parameter boot: counts the starts of coordinators on this store, so that `rev` grows over restarts.
    package init(settings: Settings, boot: Int64, sabotage: Sabotage = []) {
        self.settings = settings
        self.sabotage = sabotage
        rev = boot << 32
    }

    package var count: Int { leases.count }

    package func terms(of key: LeaseKey) -> Terms? { leases[key]?.terms }

    package func leases(of executor: ExecutorID) -> Set<LeaseKey> { peers[executor]?.leases ?? [] }

    package func isSilent(_ executor: ExecutorID) -> Bool { peers[executor]?.isSilent ?? true }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .granted(let key, let terms):
            add(key, terms, now: now)
            return []
        case .restored(let key, let terms, let isCancelled):
            add(key, terms, now: now)
            leases[key]?.isAccepted = true
            leases[key]?.isRestored = true
            if isCancelled { leases[key]?.cancelDeadline = now + settings.ttl + settings.killGrace }
            return []
        case .ended(let key):
            remove(key)
            return []
        case .revoked(let key):
            if let executor = leases[key]?.terms.executor { peers[executor]?.isUntold = true }
            remove(key)
            return []
        case .cancelled(let key):
            guard let lease = leases[key], lease.cancelDeadline == nil else { return [] }
            leases[key]?.cancelDeadline = now + settings.ttl + settings.killGrace
            peers[lease.terms.executor]?.isUntold = true
            return []
        case .heard(let heard): return hear(heard, now: now)
        case .expected(let executor, let bootID):
            if peers[executor] == nil { peers[executor] = Peer(bootID: bootID, deadline: now + settings.ttl) }
            return []
        case .forgotten(let executor):
            peers[executor] = nil
            return []
        case .tick: return tick(now: now)
        case .farewell:
            isLeaving = true
            return []
        }
    }

    /// Whether the executor has yet to apply a statement that tells it something new: a poll is not held then.
    package func hasNews(for executor: ExecutorID, seen: Int64) -> Bool {
        guard let peer = peers[executor] else { return false }
        return peer.isUntold || seen < peer.toldRev
    }

    /// The whole of what `executor` is to be told, with a new `rev`.
    /// - Parameter named: leases whose specification the executor already has.
    package mutating func statement(for executor: ExecutorID, named: Set<LeaseKey>) -> Statement {
        rev += 1
        if peers[executor]?.isUntold == true {
            peers[executor]?.isUntold = false
            peers[executor]?.toldRev = rev
        }
        var stated: [StatedLease] = []
        for key in (peers[executor]?.leases ?? []) {
            guard var lease = leases[key], !lease.isGivenUp else { continue }
            if !lease.isAccepted, let peer = peers[executor] {
                // From here on only the time runs in which it may have been begun.
                guard lease.statedDeadline == nil || peer.deadline < lease.launchDeadline + settings.ttl else {
                    continue
                }
                lease.statedDeadline = peer.deadline
            }
            if lease.statedRev == nil { lease.statedRev = rev }
            leases[key] = lease
            stated.append(
                StatedLease(
                    key: key,
                    phase: lease.terms.assignment.phase,
                    want: lease.cancelDeadline == nil ? .run : .cancel,
                    ttl: isLeaving ? settings.farewellTTL : settings.ttl,
                    assignment: named.contains(key) || lease.isRestored ? nil : lease.terms.assignment
                )
            )
        }
        // Work is started in the order of the statement.
        stated.sort { $0.key < $1.key }
        return Statement(rev: rev, leases: stated)
    }

    private mutating func add(_ key: LeaseKey, _ terms: Terms, now: Instant) {
        leases[key] = Lease(
            terms: terms,
            deadline: now + settings.ttl,
            launchDeadline: now + settings.launchGrace
        )
        peers[terms.executor, default: Peer(deadline: now + settings.ttl)].leases.insert(key)
        peers[terms.executor]?.isUntold = true
    }

    private mutating func remove(_ key: LeaseKey) {
        guard let lease = leases.removeValue(forKey: key) else { return }
        peers[lease.terms.executor]?.leases.remove(key)
    }

    private mutating func hear(_ heard: Heard, now: Instant) -> [Effect] {
        var effects: [Effect] = []
        var peer = peers[heard.executor] ?? Peer(deadline: now)
        let isNewBoot = peer.bootID != nil && peer.bootID != heard.bootID
        if peer.isSilent { effects.append(.executorBack(heard.executor)) }
        peer.bootID = heard.bootID
        peer.deadline = now + settings.ttl
        peer.isSilent = false
        peers[heard.executor] = peer
        guard let held = heard.held else { return effects }
        var unnamed: [LeaseKey] = []
        for key in peer.leases {
            guard held.contains(key) || sabotage.makes(.renewsUnnamedLease) else {
                unnamed.append(key)
                continue
            }
            leases[key]?.isAccepted = true
            leases[key]?.isGivenUp = false
            leases[key]?.deadline = now + settings.ttl
        }
        // In order, so that equal histories go on equally.
        for key in unnamed.sorted() {
            guard let lease = leases[key] else { continue }
            // One that nobody was told of is for this boot as good as for the last.
            let diedWithBoot = isNewBoot && (lease.isAccepted || lease.statedRev != nil)
            guard diedWithBoot || hasMissed(lease, seen: heard.seen) else { continue }
            leases[key]?.isGivenUp = true
            // One that was told and not taken has not run.
            effects.append(.lose(key, diedWithBoot || lease.isAccepted ? .lost : .declined))
        }
        return effects
    }

    /// Whether the executor applied a statement that named the lease and yet does not hold it.
    private func hasMissed(_ lease: Lease, seen: Int64) -> Bool {
        guard let statedRev = lease.statedRev else { return false }
        return seen >= statedRev
    }

    private mutating func tick(now: Instant) -> [Effect] {
        forgiveGap(now: now)
        var effects: [Effect] = []
        let silent = peers.filter { !$0.value.isSilent && $0.value.deadline <= now }
        for executor in silent.keys.sorted() {
            peers[executor]?.isSilent = true
            effects.append(.executorSilent(executor))
        }
        var due: [(key: LeaseKey, effect: Effect)] = []
        for (key, lease) in leases {
            if let deadline = lease.cancelDeadline, deadline <= now {
                due.append((key, .endCancelled(key)))
            } else if lease.isGivenUp || expiry(of: lease) <= now {
                leases[key]?.isGivenUp = true
                due.append((key, .lose(key, lease.isAccepted ? .lost : .declined)))
            }
        }
        return effects + due.sorted { $0.key < $1.key }.map(\.effect)
    }

    private func expiry(of lease: Lease) -> Instant {
        guard lease.isAccepted else { return max(lease.launchDeadline, lease.statedDeadline ?? lease.launchDeadline) }
        switch lease.terms.assignment.offline {
        case .stop: return lease.deadline
        case .continue: return lease.deadline + lease.terms.lostAfter
        }
    }

    /// A coordinator that was itself stopped or starved has judged nobody in that time.
    private mutating func forgiveGap(now: Instant) {
        defer { lastTick = now }
        guard let lastTick, case let gap = now - lastTick, gap > settings.tickInterval * 3 else { return }
        for key in leases.keys {
            leases[key]?.deadline += gap
            leases[key]?.launchDeadline += gap
            if let deadline = leases[key]?.statedDeadline { leases[key]?.statedDeadline = deadline + gap }
            if let deadline = leases[key]?.cancelDeadline { leases[key]?.cancelDeadline = deadline + gap }
        }
        for executor in peers.keys { peers[executor]?.deadline += gap }
    }
}
