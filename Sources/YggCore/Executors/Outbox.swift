/// What an executor has to say and the coordinator has not yet acknowledged: decisions only, bytes are the journal's.
///
/// Entries of one lease are numbered from 1 and sent in order; one request is in flight at a time. Results are never
/// dropped; when the spool is full, output in the middle becomes a gap.
package struct Outbox: Sendable {
    /// Where the bytes of an entry are, in the words of the journal.
    package struct Entry: Sendable, Equatable {
        package var key: LeaseKey
        package var n: Int64
        package var size: Int
        package var isFinal: Bool
        /// Names the bytes to the journal.
        package var record: Int64

        package init(key: LeaseKey, n: Int64, size: Int, isFinal: Bool, record: Int64) {
            self.key = key
            self.n = n
            self.size = size
            self.isFinal = isFinal
            self.record = record
        }
    }

    /// What the coordinator said about one lease of a report.
    package enum Verdict: Sendable, Equatable {
        /// Everything up to `n` is durable.
        case accepted(LeaseKey, upTo: Int64)
        /// The epoch has ended: nothing more of it will be taken.
        case leaseLost(LeaseKey)
        /// Entries are missing before what was sent.
        case gap(LeaseKey, expected: Int64)
        /// A named artifact was not uploaded.
        case artifactMissing(LeaseKey, upTo: Int64)
    }

    package enum Input: Sendable {
        case appended(Entry)
        case answered([Verdict])
        case failed
        /// The coordinator answered that it takes the request as a whole for malformed or too long.
        case rejected
        /// A short entry stands for the one that was to be shortened, under the same number.
        case shortened(Entry)
        /// The lease is gone: nothing of it is sent any more.
        case abandoned(LeaseKey)
        /// What came of `.sync`.
        case synced(Bool)
        case tick
    }

    package enum Effect: Sendable, Equatable {
        /// These records are of no more use.
        case forget([Int64])
        /// The final report of the lease is safe with the coordinator.
        case acknowledged(LeaseKey)
        /// The coordinator takes nothing of the lease.
        case refused(LeaseKey)
        /// The coordinator will never take this entry: put something short in its place, and say so with `.shortened`.
        case shorten(Entry)
        /// Make the journal durable: a result waits and the coordinator does not answer. `.synced` says how it went.
        case sync
    }

    /// Whether the result of a lease would survive a power failure.
    private enum Durability { case none, underWay, reached }

    /// The entries of one lease, oldest first.
    private struct Lane {
        var entries: [Entry] = []
        /// Entries before it are acknowledged; they are removed in bulk, so that a long backlog is not moved by every
        /// answer.
        var head = 0
        var firstUnsent = 0
        /// When its result came, or could not be made durable the last time.
        var finalSince: Instant?
        var durability = Durability.none
        /// In no request with others: the last such request was rejected.
        var isAlone = false
        /// One entry a request, for the same reason.
        var isSingly = false
        /// The entry that is being shortened, or was. While it is, nothing of the lease is sent.
        var shortened: Int64?
        var isShortening = false

        var isEmpty: Bool { head == entries.count }
        var hasUnsent: Bool { firstUnsent < entries.count }

        mutating func removeFirst(_ count: Int) {
            head += count
            firstUnsent = max(firstUnsent, head)
            guard head > 64, head * 2 > entries.count else { return }
            entries.removeFirst(head)
            firstUnsent -= head
            head = 0
        }
    }

    package static let maxRequestBytes = 1 << 20
    /// Fewer than a full window: while the coordinator stores some results and grants work for them, the leases of the
    /// others run. With all of them in one request the two sides would wait for each other in turn.
    package static let maxRequestLeases = 32
    /// A result that is not delivered within this time is made durable.
    package static let syncAfter = Milliseconds.seconds(1)

    private let capacity: Int
    private let sabotage: Sabotage
    private var lanes: [LeaseKey: Lane] = [:]
    /// Leases with something unsent, in the order in which they are served.
    private var order: [LeaseKey] = []
    private var size = 0
    private var inFlight: [LeaseKey] = []
    private var isSending = false
    /// One at a time, so that its outcome is that of the results which were there when it began.
    private var isSyncing = false

    /// - Parameter capacity: bytes of entries that are kept before output is dropped.
    package init(capacity: Int = 256 << 20, sabotage: Sabotage = []) {
        self.capacity = capacity
        self.sabotage = sabotage
    }

    package var isEmpty: Bool { size == 0 && lanes.values.allSatisfy(\.isEmpty) }
    package var byteCount: Int { size }
    package var canSend: Bool { !isSending && !order.isEmpty }

    /// Whether output of this size must be left out, to be told as a gap.
    package func isFull(for bytes: Int) -> Bool { size + bytes > capacity }

    package func contains(_ key: LeaseKey) -> Bool { lanes[key] != nil }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .appended(let entry):
            append(entry, now: now)
            return []
        case .answered(let verdicts):
            let effects = verdicts.flatMap { settle($0) }
            finishFlight()
            return effects
        case .failed:
            finishFlight()
            return []
        case .rejected: return isolate()
        case .shortened(let entry): return replace(entry)
        case .abandoned(let key): return drop(key)
        case .synced(let succeeded):
            finishSync(succeeded, now: now)
            return []
        case .tick: return syncOverdue(now: now)
        }
    }

    /// The entries of the next request: of up to 32 leases and up to 1 MiB, at least one. Marks them as in flight.
    package mutating func nextBatch() -> [Entry] {
        guard canSend else { return [] }
        var batch: [Entry] = []
        var bytes = 0
        var rest = order[...]
        filling: while inFlight.count < Self.maxRequestLeases, let key = rest.popFirst() {
            guard var lane = lanes[key] else { continue }
            if lane.isAlone, !batch.isEmpty {
                rest.insert(key, at: rest.startIndex)
                break
            }
            inFlight.append(key)
            defer { lanes[key]?.firstUnsent = lane.firstUnsent }
            while lane.hasUnsent {
                let entry = lane.entries[lane.firstUnsent]
                if !batch.isEmpty, bytes + entry.size > Self.maxRequestBytes {
                    // It goes to the end: a long backlog does not keep the results of others waiting.
                    rest.append(key)
                    break filling
                }
                batch.append(entry)
                bytes += entry.size
                lane.firstUnsent += 1
                if lane.isSingly { break }
            }
            if lane.hasUnsent { rest.append(key) }
            if lane.isAlone { break }
        }
        order = Array(rest)
        isSending = !batch.isEmpty
        return batch
    }

    private mutating func append(_ entry: Entry, now: Instant) {
        if lanes[entry.key]?.hasUnsent != true { order.append(entry.key) }
        lanes[entry.key, default: Lane()].entries.append(entry)
        if entry.isFinal { lanes[entry.key]?.finalSince = now }
        size += entry.size
    }

    private mutating func settle(_ verdict: Verdict) -> [Effect] {
        switch verdict {
        case .accepted(let key, let upTo), .artifactMissing(let key, let upTo):
            return acknowledge(key, upTo: upTo)
        case .leaseLost(let key): return drop(key) + [.refused(key)]
        case .gap(let key, let expected):
            let effects = acknowledge(key, upTo: expected - 1)
            guard let lane = lanes[key], !lane.isEmpty, lane.entries[lane.head].n > expected else { return effects }
            // What is missing there is gone here too: it can never be told.
            return effects + drop(key) + [.refused(key)]
        }
    }

    private mutating func acknowledge(_ key: LeaseKey, upTo: Int64) -> [Effect] {
        guard let lane = lanes[key], !sabotage.makes(.forgetsAcknowledgement) else { return [] }
        let gone = lane.entries[lane.head...].prefix { $0.n <= upTo }
        guard let last = gone.last else { return [] }
        size -= gone.reduce(0) { $0 + $1.size }
        let effects: [Effect] = [.forget(gone.map(\.record))]
        if last.isFinal {
            lanes[key] = nil
            return effects + [.acknowledged(key)]
        }
        lanes[key]?.removeFirst(gone.count)
        if let shortened = lane.shortened, shortened <= upTo {
            // What was wrong with the lease is behind it.
            lanes[key]?.isAlone = false
            lanes[key]?.isSingly = false
            lanes[key]?.shortened = nil
        }
        return effects
    }

    /// Finds, over as many requests as it takes, the one entry for which a request was rejected: first the leases go
    /// alone, then the entries of a lease, and the entry that is rejected even then is shortened. So nothing that one
    /// attempt has to say holds up what others have.
    private mutating func isolate() -> [Effect] {
        let keys = inFlight
        let sent = keys.first.flatMap { lanes[$0] }.map { $0.firstUnsent - $0.head } ?? 0
        finishFlight()
        guard keys.count == 1, let key = keys.first else {
            for key in keys { lanes[key]?.isAlone = true }
            return []
        }
        guard sent == 1, let lane = lanes[key] else {
            lanes[key]?.isAlone = true
            lanes[key]?.isSingly = true
            return []
        }
        let entry = lane.entries[lane.head]
        // Not even a few words are taken in its place.
        if lane.shortened == entry.n { return drop(key) + [.refused(key)] }
        lanes[key]?.shortened = entry.n
        lanes[key]?.isShortening = true
        order.removeAll { $0 == key }
        return [.shorten(entry)]
    }

    private mutating func replace(_ entry: Entry) -> [Effect] {
        let key = entry.key
        guard let lane = lanes[key], lane.isShortening else { return [.forget([entry.record])] }
        lanes[key]?.isShortening = false
        if lane.hasUnsent { order.append(key) }
        // It may have been acknowledged after all, by an answer that was thought lost.
        guard !lane.isEmpty, case let old = lane.entries[lane.head], old.n == entry.n else {
            return [.forget([entry.record])]
        }
        lanes[key]?.entries[lane.head] = entry
        size += entry.size - old.size
        return [.forget([old.record])]
    }

    /// After an answer, or none: what was in flight and is still here is to be sent again.
    private mutating func finishFlight() {
        isSending = false
        for key in inFlight {
            guard let lane = lanes[key], lane.firstUnsent > lane.head else { continue }
            if !lane.hasUnsent { order.append(key) }
            lanes[key]?.firstUnsent = lane.head
        }
        inFlight = []
    }

    private mutating func drop(_ key: LeaseKey) -> [Effect] {
        guard let lane = lanes.removeValue(forKey: key) else { return [] }
        if lane.hasUnsent { order.removeAll { $0 == key } }
        let gone = lane.entries[lane.head...]
        size -= gone.reduce(0) { $0 + $1.size }
        return gone.isEmpty ? [] : [.forget(gone.map(\.record))]
    }

    private mutating func syncOverdue(now: Instant) -> [Effect] {
        guard !isSyncing else { return [] }
        for (key, lane) in lanes {
            guard let since = lane.finalSince, lane.durability == .none, now - since >= Self.syncAfter else { continue }
            lanes[key]?.durability = .underWay
            isSyncing = true
        }
        return isSyncing ? [.sync] : []
    }

    /// What could not be made durable is tried again as late as a new result.
    private mutating func finishSync(_ succeeded: Bool, now: Instant) {
        isSyncing = false
        for (key, lane) in lanes where lane.durability == .underWay {
            lanes[key]?.durability = succeeded ? .reached : .none
            if !succeeded { lanes[key]?.finalSince = now }
        }
    }
}
