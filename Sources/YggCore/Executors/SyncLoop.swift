/// The executor's side of the protocol: what it holds, what it starts and ends, and when it must stop by itself.
///
/// It applies statements; it never acts on a single message. Times are when requests were *sent*: an answer that
/// travelled for long renews from the beginning of its journey. A slot is taken until its attempt is really over, also
/// where the lease went first: two attempts never share one.
package struct SyncLoop: Sendable {
    package enum Input: Sendable {
        case answered(Statement, sentAt: Instant)
        /// The attempt is over and its final report is in the Outbox.
        case finished(LeaseKey)
        /// The attempt is over and has nothing to say: it was abandoned, or cut off and stopped.
        case ended(LeaseKey)
        /// The coordinator has taken the final report.
        case acknowledged(LeaseKey)
        /// The coordinator takes nothing more of it: as a rule because its epoch has ended.
        case lost(LeaseKey)
        /// It cannot be carried out here: it is given back, with the reason.
        case declined(LeaseKey, reason: String)
        /// An unfinished attempt of an earlier life whose final report waits in the Outbox.
        case recovered(LeaseKey)
        /// An attempt of an earlier life that died with it. A coordinator that has been restarted may not know.
        case died(LeaseKey)
        /// No new leases are started from now on, and what waits is given back; `true` again when they are.
        case accepting(Bool)
        /// This life is coming to its end. Once the coordinator has heard of that, it waits for nobody who is cut off.
        case leaving
        /// There is no room for new work, for this reason, and what waits is given back; nil when there is room again.
        case short(String?)
        /// Work without a lease, started here, has ended.
        case released(Slots)
        /// There are this many slots from now on. What runs in more of them goes on.
        case resized(Slots)
        case tick
    }

    package enum Effect: Sendable {
        /// Journal the acceptance, then start when told to.
        case accept(LeaseKey, Assignment)
        case start(LeaseKey)
        /// End the attempt and report it.
        case cancel(LeaseKey)
        /// The lease is gone: kill the attempt, drop its results.
        case abandon(LeaseKey)
        /// Cut off for too long: end the attempt before the lease runs out elsewhere.
        case stopOffline(LeaseKey)
        /// Accepted, never started and given back.
        case giveBack(LeaseKey)
    }

    private enum Stage { case waiting, running, finished }

    private struct Held {
        var stage: Stage
        var slots: Slots
        var offline: OfflinePolicy
        var renewedAt: Instant
        var ttl: Milliseconds
        /// The newest statement that named it.
        var rev: Int64
        var isCancelled = false
        var isStopping = false
    }

    private var slots: Slots
    private let sabotage: Sabotage
    private static let notAccepting = "The executor takes no work at the moment."

    private var held: [LeaseKey: Held] = [:]
    /// Accepted and not started, in the order of the statements.
    private var waiting: [LeaseKey] = []
    /// Attempts whose lease is gone and which are not over yet, with the slots they still take.
    private var dying: [LeaseKey: Slots] = [:]
    /// What is given back and was not seen to be understood.
    private var declined: [LeaseKey: String] = [:]
    /// What was begun and ended without a report that was taken.
    private var unreported = RecentLeases()
    /// Attempts that were begun by an earlier life: they are not begun again, whoever states them.
    private var died: Set<LeaseKey> = []
    private var used = Slots()
    /// The part of `used` that no lease accounts for.
    private var usedWithoutLease = Slots()
    private var isAccepting = true
    private var leavingSince: Instant?
    /// Why there is no room for new work.
    package private(set) var shortage: String?
    private var runningCount = 0
    private var runsWithoutLease = 0
    /// The newest statement applied.
    package private(set) var seen: Int64 = 0
    /// The newest statement that came, applied or not: nothing older counts any more.
    private var newest: Int64 = 0

    package init(slots: Slots, sabotage: Sabotage = []) {
        self.slots = slots.local
        self.sabotage = sabotage
    }

    /// What a request must name: accepted and not acknowledged, running or not.
    package var heldKeys: [LeaseKey] {
        guard sabotage.makes(.leavesFinishedOutOfHeld) else { return held.keys.sorted() }
        return held.filter { $0.value.stage != .finished }.keys.sorted()
    }

    /// What a request must give back.
    package var declinedKeys: [(key: LeaseKey, reason: String)] {
        declined.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package var hasDeclined: Bool { !declined.isEmpty }

    package func holds(_ key: LeaseKey) -> Bool { held[key] != nil }

    /// Whether a lease is held, and was renewed so short a time ago that nobody else can have it: what may be done
    /// right now that must not be done twice.
    package func isCurrent(_ key: LeaseKey, now: Instant) -> Bool {
        guard let lease = held[key], lease.stage == .running else { return false }
        return now < lease.renewedAt + LeaseTiming.cutOff(lease.ttl)
    }

    /// Whether it answers for any lease. While it does, it must be heard often.
    package var isIdle: Bool { held.isEmpty }

    /// Whether no attempt is at work, with or without a lease.
    package var isQuiet: Bool { runningCount == 0 && dying.isEmpty && runsWithoutLease == 0 }

    package var free: Slots {
        var free = slots
        free -= used
        return free
    }

    /// The slots that leases can have at the moment; nil where that is all of them.
    package var capacity: Slots? {
        if shortage != nil { return Slots(Dictionary(uniqueKeysWithValues: slots.counts.map { ($0.name, 0) })) }
        guard !usedWithoutLease.isEmpty else { return nil }
        var capacity = slots
        capacity -= usedWithoutLease
        return capacity
    }

    /// Takes slots for work without a lease; false where they are not free. `.released` gives them back.
    package mutating func reserve(_ need: Slots) -> Bool {
        guard free.covers(need.local) else { return false }
        take(need.local)
        runsWithoutLease += 1
        return true
    }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .answered(let statement, let sentAt): return apply(statement, sentAt: sentAt, now: now)
        case .finished(let key):
            finish(key)
            return startWaiting(now: now)
        case .ended(let key):
            if held[key] != nil { unreported.insert(key) }
            end(key)
            return startWaiting(now: now)
        case .acknowledged(let key):
            if held[key] != nil { end(key) }
            return startWaiting(now: now)
        case .lost(let key):
            if held[key] != nil { unreported.insert(key) }
            return abandon([key]) + startWaiting(now: now)
        case .declined(let key, let reason):
            guard let lease = held[key], lease.stage != .finished else { return [] }
            return decline(key, reason) + startWaiting(now: now)
        case .recovered(let key):
            held[key] = Held(
                stage: .finished,
                slots: Slots(),
                offline: .continue,
                renewedAt: now,
                ttl: .seconds(15),
                rev: 0
            )
            return []
        case .died(let key):
            died.insert(key)
            return []
        case .accepting(let flag):
            isAccepting = flag
            guard !flag else { return startWaiting(now: now) }
            return declineWaiting(Self.notAccepting, among: waiting)
        case .leaving:
            leavingSince = leavingSince ?? now
            return []
        case .short(let reason):
            shortage = reason
            guard let reason else { return startWaiting(now: now) }
            return declineWaiting(reason, among: waiting)
        case .released(let need):
            release(need.local)
            runsWithoutLease -= 1
            return startWaiting(now: now)
        case .resized(let slots):
            self.slots = slots.local
            return startWaiting(now: now)
        case .tick: return stopCutOff(now: now)
        }
    }

    // MARK: Statements

    private mutating func apply(_ statement: Statement, sentAt: Instant, now: Instant) -> [Effect] {
        guard statement.rev > newest || sabotage.makes(.appliesOlderRev) else { return [] }
        newest = statement.rev
        guard !grantsTooLate(statement, sentAt: sentAt, now: now) else { return [] }
        seen = statement.rev
        var effects: [Effect] = []
        var known = 0
        for lease in statement.leases {
            if let index = held.index(forKey: lease.key) {
                known += 1
                renew(&held.values[index], by: lease, rev: statement.rev, sentAt: sentAt)
                if lease.want == .cancel, !held.values[index].isCancelled {
                    held.values[index].isCancelled = true
                    if held.values[index].stage != .finished { effects.append(.cancel(lease.key)) }
                }
            } else if let assignment = lease.assignment, !isSettled(lease.key) {
                if let reason = isAccepting ? shortage : Self.notAccepting {
                    declined[lease.key] = reason
                    continue
                }
                accept(lease, assignment, rev: statement.rev, sentAt: sentAt)
                known += 1
                effects.append(.accept(lease.key, assignment))
                if lease.want == .cancel { effects.append(.cancel(lease.key)) }
            }
        }
        if !declined.isEmpty {
            let stated = Set(statement.leases.map(\.key))
            declined = declined.filter { stated.contains($0.key) }
        }
        if known < held.count {
            // What is no longer stated has been settled without us: a report of it would be refused.
            effects += abandon(held.filter { $0.value.rev != statement.rev }.keys.sorted())
        }
        return effects + startWaiting(now: now)
    }

    /// Whether an answer was under way for so long that a lease which it grants may have been given up since. It is as good
    /// as lost then. To apply it and not begin the lease would say that it is never begun, and the next answer begins it.
    private func grantsTooLate(_ statement: Statement, sentAt: Instant, now: Instant) -> Bool {
        statement.leases.contains { lease in
            sentAt + LeaseTiming.cutOff(lease.ttl) <= now && lease.assignment != nil && held[lease.key] == nil
                && !isSettled(lease.key)
        }
    }

    private func renew(_ lease: inout Held, by stated: StatedLease, rev: Int64, sentAt: Instant) {
        lease.renewedAt = max(lease.renewedAt, sentAt)
        lease.ttl = stated.ttl
        lease.rev = rev
    }

    private mutating func accept(_ lease: StatedLease, _ assignment: Assignment, rev: Int64, sentAt: Instant) {
        held[lease.key] = Held(
            stage: .waiting,
            slots: assignment.slots.local,
            offline: assignment.offline,
            renewedAt: sentAt,
            ttl: lease.ttl,
            rev: rev,
            isCancelled: lease.want == .cancel
        )
        waiting.append(lease.key)
    }

    /// Whether it was held before and will not be again, however often it is stated.
    private func isSettled(_ key: LeaseKey) -> Bool {
        declined[key] != nil || dying[key] != nil || unreported.contains(key) || died.contains(key)
    }

    private mutating func abandon(_ keys: [LeaseKey]) -> [Effect] {
        var effects: [Effect] = []
        for key in keys {
            guard let lease = held.removeValue(forKey: key) else { continue }
            leave(key, lease)
            if lease.stage != .waiting { unreported.insert(key) }
            if lease.stage == .running {
                dying[key] = lease.slots
                take(lease.slots)
            }
            effects.append(.abandon(key))
        }
        return effects
    }

    // MARK: Attempts

    private mutating func startWaiting(now: Instant) -> [Effect] {
        guard isAccepting, !waiting.isEmpty else { return [] }
        var free = free
        guard !free.isEmpty else { return [] }
        var effects: [Effect] = []
        var rest: [LeaseKey] = []
        for key in waiting {
            guard let index = held.index(forKey: key) else { continue }
            let lease = held.values[index]
            // Whoever was asleep for long learns of ends before ticks: what was cut off meanwhile is not begun any more.
            guard !lease.isCancelled, free.covers(lease.slots), !isCutOff(lease, now: now) else {
                rest.append(key)
                continue
            }
            free -= lease.slots
            used += lease.slots
            held.values[index].stage = .running
            runningCount += 1
            effects.append(.start(key))
        }
        waiting = rest
        return effects
    }

    private mutating func finish(_ key: LeaseKey) {
        guard let lease = held[key] else { return end(key) }
        leave(key, lease)
        held[key]?.stage = .finished
    }

    private mutating func end(_ key: LeaseKey) {
        if let slots = dying.removeValue(forKey: key) { release(slots) }
        if let lease = held.removeValue(forKey: key) { leave(key, lease) }
    }

    private mutating func leave(_ key: LeaseKey, _ lease: Held) {
        switch lease.stage {
        case .waiting: waiting.removeAll { $0 == key }
        case .running:
            runningCount -= 1
            used -= lease.slots
        case .finished: break
        }
    }

    private mutating func take(_ need: Slots) {
        used += need
        usedWithoutLease += need
    }

    private mutating func release(_ need: Slots) {
        used -= need
        usedWithoutLease -= need
    }

    /// Gives back what waits, unless it is cancelled: that is reported.
    private mutating func declineWaiting(_ reason: String, among keys: [LeaseKey]) -> [Effect] {
        let meant = keys.filter { key in held[key].map { !$0.isCancelled } ?? false }
        return meant.flatMap { decline($0, reason) }
    }

    private mutating func decline(_ key: LeaseKey, _ reason: String) -> [Effect] {
        end(key)
        declined[key] = reason
        return [.giveBack(key)]
    }

    /// Ends what may move elsewhere: begun at two thirds of the time to live, so that it is dead before its end.
    private mutating func stopCutOff(now: Instant) -> [Effect] {
        let running = held.filter { $0.value.stage == .running && isCutOff($0.value, now: now) }.keys.sorted()
        for key in running { held[key]?.isStopping = true }
        let tooLate = waiting.filter { key in held[key].map { isCutOff($0, now: now) } ?? false }
        return running.map { .stopOffline($0) }
            + declineWaiting("It was cut off before it could start.", among: tooLate)
    }

    private func isCutOff(_ lease: Held, now: Instant) -> Bool {
        guard !lease.isStopping else { return false }
        let cutOff = sabotage.makes(.runsOnPastTTL) ? lease.ttl * 2 : LeaseTiming.cutOff(lease.ttl)
        switch lease.offline {
        case .stop: return lease.renewedAt + cutOff <= now
        case .continue:
            // It may have been heard at the earliest when it was first said.
            guard let leavingSince else { return false }
            return max(lease.renewedAt, leavingSince) + cutOff <= now
        }
    }
}
