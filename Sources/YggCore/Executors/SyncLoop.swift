/// The executor's side of the protocol: what it holds, what it starts and ends, and when it must stop by itself.
///
/// It applies statements; it never acts on a single message. Times are when requests were *sent*: an answer that
/// travelled for long renews from the beginning of its journey.
package struct SyncLoop: Sendable {
    package enum Input: Sendable {
        case answered(Statement, sentAt: Instant)
        /// The attempt's final report is in the Outbox.
        case finished(LeaseKey)
        /// The coordinator has taken, or refused, the final report.
        case acknowledged(LeaseKey)
        /// An unfinished attempt of an earlier life whose final report waits in the Outbox.
        case recovered(LeaseKey)
        /// No new leases are started from now on; `true` again when they are.
        case accepting(Bool)
        case tick
    }

    package enum Effect: Sendable {
        /// Journal the acceptance, then start.
        case accept(LeaseKey, Assignment)
        case start(LeaseKey)
        /// End the attempt and report it.
        case cancel(LeaseKey)
        /// The lease is gone: kill the attempt, drop its results.
        case abandon(LeaseKey)
        /// Cut off for too long: end the attempt before the lease runs out elsewhere.
        case stopOffline(LeaseKey)
    }

    private enum Stage { case waiting, running, finished }

    private struct Held {
        var stage: Stage
        var assignment: Assignment?
        var slots: Slots
        var order: Int
        var renewedAt: Instant
        var ttl: Milliseconds
        var isCancelled = false
        var isStopping = false
    }

    private let slots: Slots
    private var held: [LeaseKey: Held] = [:]
    private var used = Slots()
    private var nextOrder = 0
    private var isAccepting = true
    /// The newest statement applied.
    package private(set) var seen: Int64 = 0

    package init(slots: Slots) { self.slots = slots }

    /// What a request must name: accepted and not acknowledged, running or not.
    package var heldKeys: [LeaseKey] { held.keys.sorted() }

    package var runningKeys: [LeaseKey] { held.filter { $0.value.stage == .running }.keys.sorted() }

    package var isIdle: Bool { held.isEmpty }

    package var free: Slots {
        var free = slots
        free -= used
        return free
    }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .answered(let statement, let sentAt): return apply(statement, sentAt: sentAt, now: now)
        case .finished(let key):
            guard let lease = held[key] else { return [] }
            if lease.stage == .running { used -= lease.slots }
            held[key]?.stage = .finished
            return startWaiting()
        case .acknowledged(let key):
            if let lease = held.removeValue(forKey: key), lease.stage == .running { used -= lease.slots }
            return startWaiting()
        case .recovered(let key):
            held[key] = Held(
                stage: .finished, assignment: nil, slots: Slots(), order: 0, renewedAt: now, ttl: .seconds(15))
            return []
        case .accepting(let flag):
            isAccepting = flag
            return startWaiting()
        case .tick: return stopCutOff(now: now)
        }
    }

    private mutating func apply(_ statement: Statement, sentAt: Instant, now: Instant) -> [Effect] {
        guard statement.rev > seen else { return [] }
        seen = statement.rev
        var effects: [Effect] = []
        var stated: Set<LeaseKey> = []
        for lease in statement.leases {
            stated.insert(lease.key)
            if var known = held[lease.key] {
                known.renewedAt = max(known.renewedAt, sentAt)
                known.ttl = lease.ttl
                if lease.want == .cancel, !known.isCancelled {
                    known.isCancelled = true
                    if known.stage != .finished { effects.append(.cancel(lease.key)) }
                }
                held[lease.key] = known
            } else if let assignment = lease.assignment, sentAt + lease.ttl * 2 / 3 > now {
                // An answer that was under way for longer may speak of a lease that has been given up since.
                held[lease.key] = Held(
                    stage: .waiting, assignment: assignment, slots: assignment.slots.local, order: nextOrder,
                    renewedAt: sentAt, ttl: lease.ttl, isCancelled: lease.want == .cancel)
                nextOrder += 1
                effects.append(.accept(lease.key, assignment))
                if lease.want == .cancel { effects.append(.cancel(lease.key)) }
            }
        }
        for key in held.keys.sorted() where !stated.contains(key) {
            // A finished one that is no longer stated has been settled without us: its report is refused anyway.
            guard let lease = held.removeValue(forKey: key) else { continue }
            if lease.stage == .running { used -= lease.slots }
            effects.append(.abandon(key))
        }
        return effects + startWaiting()
    }

    private mutating func startWaiting() -> [Effect] {
        guard isAccepting else { return [] }
        var effects: [Effect] = []
        let waiting = held.filter { $0.value.stage == .waiting && !$0.value.isCancelled }
        for (key, lease) in waiting.sorted(by: { $0.value.order < $1.value.order }) {
            var free = slots
            free -= used
            guard free.covers(lease.slots) else { continue }
            used += lease.slots
            held[key]?.stage = .running
            effects.append(.start(key))
        }
        return effects
    }

    /// Ends what may move elsewhere: begun at two thirds of the time to live, so that it is dead before its end.
    private mutating func stopCutOff(now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for (key, lease) in held where !lease.isStopping && lease.stage != .finished {
            guard lease.assignment?.offline == .stop, lease.renewedAt + lease.ttl * 2 / 3 <= now else { continue }
            held[key]?.isStopping = true
            effects.append(.stopOffline(key))
        }
        return effects
    }
}
