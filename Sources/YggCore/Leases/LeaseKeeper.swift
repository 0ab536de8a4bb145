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
        /// The time to live stated by a coordinator that stops in order: never less than any other.
        package let farewellTTL: Milliseconds
        /// How often `.tick` comes: often enough that a poll is answered well before its executor gives it up.
        package let tickInterval: Milliseconds
        /// How long a poll is held. A lease that was granted meanwhile is named by its executor with the next one, well
        /// within its launch grace.
        package var pollHold: Milliseconds { min(LeaseTiming.pollHold(ttl), launchGrace / 2) }

        package init(
            ttl: Milliseconds = .seconds(15),
            launchGrace: Milliseconds = .seconds(10),
            killGrace: Milliseconds = .seconds(5),
            farewellTTL: Milliseconds = .seconds(120)
        ) {
            self.ttl = ttl
            self.launchGrace = launchGrace
            self.killGrace = killGrace
            self.farewellTTL = max(farewellTTL, ttl)
            tickInterval = LeaseTiming.tick(ttl)
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
        /// Whether its life is coming to its end; nil where the request does not say.
        package var isLeaving: Bool?

        package init(
            executor: ExecutorID,
            bootID: String,
            seen: Int64,
            held: Set<LeaseKey>?,
            isLeaving: Bool? = nil
        ) {
            self.executor = executor
            self.bootID = bootID
            self.seen = seen
            self.held = held
            self.isLeaving = isLeaving
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
        /// An executor is known from the store, with the last boot whose first word was dealt with, and has a full TTL
        /// to speak up.
        /// One that was away already need not be missed first.
        case expected(ExecutorID, bootID: String, isAway: Bool = false)
        case forgotten(ExecutorID)
        /// There is something to tell an executor beside its leases.
        case news(ExecutorID)
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
        /// Every lease that the first word of this boot did not name has ended, in the store, too.
        case bootSettled(ExecutorID, bootID: String)
    }

    private struct Lease {
        var terms: Terms
        /// Its place among all that were granted: work is begun in this order.
        var order: Int64
        var deadline: Instant
        /// Until when it is stated to an executor that does not name it.
        var launchDeadline: Instant
        /// The first statement that named it to its executor.
        var statedRev: Int64?
        /// Whether the executor has ever named it, or may have before a restart.
        var isAccepted = false
        /// Whether it has named it to this coordinator.
        var isNamed = false
        /// Stated again and again and never named: it is not stated any more, and moves when no answer that is still
        /// under way can start it.
        var isWithdrawn = false
        /// Given up with this, and not stated any more. It stays until the store says so too.
        var end: Interruption?
        var cancelDeadline: Instant?
    }

    private struct Peer {
        /// The boot whose first word has ended what it did not name.
        var bootID: String?
        /// Whether the store has yet to end some of that.
        var isSettling = false
        var deadline: Instant
        var isSilent = false
        /// It has said that this life of it ends: once it is silent, nobody waits for its return.
        var isLeaving = false
        /// A deaf one is silent: what it asks renews nothing.
        var hearing = Hearing()
        /// When it last asked.
        var heardAt: Instant?
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
    private var granted: Int64 = 0
    private var lastTick: Instant?
    private var isLeaving = false
    /// What leases from before the start may live without their executor having applied a word of this coordinator.
    private let restoredTTL: Milliseconds
    /// Every statement of a coordinator before this one is older.
    private let inheritedRev: Int64

    /// - Parameters:
    ///   - boot: counts the starts of coordinators on this store, so that `rev` grows over restarts.
    ///   - followsFarewell: whether the last one stopped in order, and so stated a long time to live.
    package init(settings: Settings, boot: Int64, followsFarewell: Bool = false, sabotage: Sabotage = []) {
        self.settings = settings
        self.sabotage = sabotage
        restoredTTL = followsFarewell ? settings.farewellTTL : settings.ttl
        inheritedRev = boot << 32
        rev = inheritedRev
    }

    package var count: Int { leases.count }

    package func terms(of key: LeaseKey) -> Terms? { leases[key]?.terms }

    package func leases(of executor: ExecutorID) -> Set<LeaseKey> { peers[executor]?.leases ?? [] }

    package func isSilent(_ executor: ExecutorID) -> Bool { peers[executor]?.isSilent ?? true }

    /// Whether its requests arrive and the answers to them do not.
    package func isDeaf(_ executor: ExecutorID) -> Bool { peers[executor]?.hearing.isDeaf ?? false }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        if lastTick == nil { lastTick = now }
        switch input {
        case .granted(let key, let terms):
            add(key, terms, now: now)
            return []
        case .restored(let key, let terms, let isCancelled):
            add(key, terms, now: now)
            leases[key]?.isAccepted = true
            leases[key]?.deadline = now + restoredTTL
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
        case .expected(let executor, let bootID, let isAway):
            guard peers[executor] == nil else { return [] }
            peers[executor] = Peer(bootID: bootID, deadline: isAway ? now : now + restoredTTL, isSilent: isAway)
            return []
        case .forgotten(let executor):
            peers[executor] = nil
            return []
        case .news(let executor):
            peers[executor]?.isUntold = true
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

    /// Whether a poll is answered at once: there is news, or its last answer was missed. What it holds is as old by then as
    /// an answered poll and one that timed out, and would be cut off before another that is held is answered.
    package func answersAtOnce(_ executor: ExecutorID, seen: Int64) -> Bool {
        hasNews(for: executor, seen: seen) || peers[executor]?.hearing.hasJustMissed == true
    }

    /// The whole of what `executor` is to be told, with a new `rev`.
    /// - Parameter named: leases whose specification the executor already has.
    package mutating func statement(for executor: ExecutorID, named: Set<LeaseKey>) -> Statement {
        rev += 1
        peers[executor]?.hearing.told(rev)
        if peers[executor]?.isUntold == true {
            peers[executor]?.isUntold = false
            peers[executor]?.toldRev = rev
        }
        var stated: [(order: Int64, lease: StatedLease)] = []
        for key in (peers[executor]?.leases ?? []) {
            guard let index = leases.index(forKey: key), case let lease = leases.values[index],
                lease.end == nil, !lease.isWithdrawn
            else { continue }
            if lease.statedRev == nil { leases.values[index].statedRev = rev }
            stated.append(
                (
                    lease.order,
                    StatedLease(
                        key: key,
                        phase: lease.terms.assignment.phase,
                        want: lease.cancelDeadline == nil ? .run : .cancel,
                        ttl: statedTTL(of: lease, to: executor),
                        assignment: named.contains(key) ? nil : lease.terms.assignment
                    )
                )
            )
        }
        stated.sort { $0.order < $1.order }
        return Statement(rev: rev, leases: stated.map(\.lease))
    }

    /// An answer to a deaf executor may only be late. It promises no more than is left, because what it asks renews
    /// nothing: else it would be at work when its lease has moved.
    private func statedTTL(of lease: Lease, to executor: ExecutorID) -> Milliseconds {
        let full = isLeaving ? settings.farewellTTL : settings.ttl
        guard let peer = peers[executor], peer.hearing.isDeaf, let heardAt = peer.heardAt,
            lease.terms.assignment.offline == .stop || !lease.isAccepted
        else { return full }
        return max(1, min(full, lease.deadline - heardAt))
    }

    private mutating func add(_ key: LeaseKey, _ terms: Terms, now: Instant) {
        granted += 1
        leases[key] = Lease(
            terms: terms,
            order: granted,
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
        if isNewBoot { peer.hearing = Hearing() }
        peer.hearing.asked(seen: heard.seen, now: now, patience: LeaseTiming.deafness(settings.ttl))
        let isDeaf = peer.hearing.isDeaf
        if isDeaf != peer.isSilent {
            effects.append(isDeaf ? .executorSilent(heard.executor) : .executorBack(heard.executor))
        }
        if heard.held != nil { peer.bootID = heard.bootID }
        peer.heardAt = now
        if !isDeaf { peer.deadline = now + settings.ttl }
        peer.isSilent = isDeaf
        if isNewBoot { peer.isLeaving = false }
        if let isLeaving = heard.isLeaving { peer.isLeaving = isLeaving }
        peers[heard.executor] = peer
        guard let held = heard.held else { return effects }
        if isNewBoot { peers[heard.executor]?.isSettling = true }
        for key in peer.leases.sorted() {
            guard let index = leases.index(forKey: key), case let lease = leases.values[index], lease.end == nil else {
                continue
            }
            if held.contains(key) || sabotage.makes(.renewsUnnamedLease) {
                leases.values[index].isAccepted = true
                leases.values[index].isNamed = true
                leases.values[index].isWithdrawn = false
                if !isDeaf { renew(&leases.values[index], seen: heard.seen, now: now) }
            } else if isNewBoot, lease.isAccepted || lease.statedRev != nil {
                effects.append(end(at: index, .lost))
            } else if hasMissed(lease, seen: heard.seen) {
                // It was told and did not take it: nothing has run.
                effects.append(end(at: index, lease.isAccepted ? .lost : .declined))
            } else if lease.isNamed {
                // A word from before it was named, which was long under way. Its own deadline decides.
                continue
            } else if lease.statedRev != nil, lease.launchDeadline <= now || isDeaf && lease.deadline <= now {
                leases.values[index].isWithdrawn = true
            } else if !isDeaf {
                // The answer to this request states it, and counts from when the request was sent.
                leases.values[index].deadline = max(lease.deadline, now + settings.ttl)
                // One from before a restart may be stated for the first time long after that.
                if lease.statedRev == nil {
                    leases.values[index].launchDeadline = max(lease.launchDeadline, now + settings.launchGrace)
                }
            }
        }
        return effects + settledBoots([heard.executor])
    }

    /// Who has applied nothing of this coordinator works by what the last one promised, however often it asks.
    private func renew(_ lease: inout Lease, seen: Int64, now: Instant) {
        let renewed = now + settings.ttl
        lease.deadline = seen > inheritedRev ? renewed : max(lease.deadline, renewed)
    }

    /// Of `executors`, those of whose earlier boots nothing is left.
    private mutating func settledBoots(_ executors: [ExecutorID]) -> [Effect] {
        executors.compactMap { executor in
            guard let peer = peers[executor], peer.isSettling, let bootID = peer.bootID,
                !peer.leases.contains(where: { leases[$0]?.end != nil })
            else { return nil }
            peers[executor]?.isSettling = false
            return .bootSettled(executor, bootID: bootID)
        }
    }

    /// Gives a lease up: from here on nobody is told of it.
    private mutating func end(
        at index: Dictionary<LeaseKey, Lease>.Index,
        _ interruption: Interruption
    ) -> Effect {
        leases.values[index].end = interruption
        return .lose(leases.keys[index], interruption)
    }

    /// Whether the executor applied a statement that named the lease and yet does not hold it.
    private func hasMissed(_ lease: Lease, seen: Int64) -> Bool {
        guard let statedRev = lease.statedRev else { return false }
        return seen >= statedRev
    }

    private mutating func tick(now: Instant) -> [Effect] {
        forgiveGap(now: now)
        let executors = peers.keys.sorted()
        var effects = settledBoots(executors)
        for executor in executors {
            guard let peer = peers[executor], !peer.isSilent, peer.deadline <= now else { continue }
            peers[executor]?.isSilent = true
            effects.append(.executorSilent(executor))
        }
        for key in leases.keys.sorted() {
            guard let index = leases.index(forKey: key), case let lease = leases.values[index] else { continue }
            if let interruption = lease.end {
                // The store has not heard of it yet, or could not take it.
                effects.append(.lose(key, interruption))
            } else if let deadline = lease.cancelDeadline, deadline <= now {
                effects.append(.endCancelled(key))
            } else if let interruption = expiry(of: lease, now: now) {
                effects.append(end(at: index, interruption))
            }
        }
        return effects
    }

    /// How a lease has run out by `now`; nil while it has not.
    private func expiry(of lease: Lease, now: Instant) -> Interruption? {
        if lease.isWithdrawn { return lease.deadline > now ? nil : lease.isAccepted ? .lost : .declined }
        guard lease.isAccepted || lease.statedRev != nil else {
            // Its executor has not asked since: it was never told.
            return lease.launchDeadline <= now ? .declined : nil
        }
        // It may have been begun, also where the word of it never came.
        let isLeaving = peers[lease.terms.executor]?.isLeaving ?? false
        switch lease.terms.assignment.offline {
        case .stop: return lease.deadline <= now ? .lost : nil
        case .continue where isLeaving: return lease.deadline <= now ? .lost : nil
        case .continue: return lease.deadline + lease.terms.lostAfter <= now ? .lost : nil
        }
    }

    /// A coordinator that was itself stopped or starved has judged nobody in that time.
    private mutating func forgiveGap(now: Instant) {
        defer { lastTick = now }
        guard let lastTick, case let gap = now - lastTick, gap > settings.tickInterval * 3 else { return }
        for key in leases.keys {
            leases[key]?.deadline += gap
            leases[key]?.launchDeadline += gap
            if let deadline = leases[key]?.cancelDeadline { leases[key]?.cancelDeadline = deadline + gap }
        }
        for executor in peers.keys {
            peers[executor]?.deadline += gap
            peers[executor]?.hearing.forgive(gap)
        }
    }
}
