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
        case sent
        case answered([Verdict])
        case failed
        /// The lease is gone: nothing of it is sent any more.
        case abandoned(LeaseKey)
        case tick
    }

    package enum Effect: Sendable, Equatable {
        /// These records are of no more use.
        case forget([Int64])
        /// The final report of the lease is safe with the coordinator, or refused for good.
        case acknowledged(LeaseKey)
        case refused(LeaseKey)
        /// Make the journal durable: a result waits and the coordinator does not answer.
        case sync
    }

    private struct Lane {
        var entries: [Entry] = []
        var firstUnsent = 0
        var acknowledged: Int64 = 0
    }

    package static let maxRequestBytes = 1 << 20
    /// A result that is not delivered within this time is made durable.
    package static let syncAfter = Milliseconds.seconds(1)

    private let capacity: Int
    private var lanes: [LeaseKey: Lane] = [:]
    /// Leases with something to send, in the order in which they first had.
    private var order: [LeaseKey] = []
    private var size = 0
    private var inFlight: [LeaseKey: Int] = [:]
    private var isSending = false
    private var oldestFinal: Instant?

    /// - Parameter capacity: bytes of entries that are kept before output is dropped.
    package init(capacity: Int = 256 << 20) { self.capacity = capacity }

    package var isEmpty: Bool { lanes.values.allSatisfy { $0.entries.isEmpty } }
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
        case .sent: return []
        case .answered(let verdicts):
            isSending = false
            return verdicts.flatMap { settle($0) } + finishFlight()
        case .failed:
            isSending = false
            return finishFlight()
        case .abandoned(let key): return drop(key)
        case .tick:
            guard let since = oldestFinal, now - since >= Self.syncAfter else { return [] }
            oldestFinal = nil
            return [.sync]
        }
    }

    /// The entries of the next request: up to 1 MiB, at least one. Marks them as in flight.
    package mutating func nextBatch() -> [Entry] {
        guard canSend else { return [] }
        var batch: [Entry] = []
        var bytes = 0
        inFlight = [:]
        filling: for key in order {
            guard let lane = lanes[key] else { continue }
            for entry in lane.entries[lane.firstUnsent...] {
                if !batch.isEmpty, bytes + entry.size > Self.maxRequestBytes { break filling }
                batch.append(entry)
                bytes += entry.size
                inFlight[key, default: 0] += 1
            }
        }
        for (key, count) in inFlight { lanes[key]?.firstUnsent += count }
        order.removeAll { key in lanes[key].map { $0.firstUnsent == $0.entries.count } ?? true }
        isSending = !batch.isEmpty
        return batch
    }

    private mutating func append(_ entry: Entry, now: Instant) {
        var lane = lanes[entry.key] ?? Lane()
        if lane.firstUnsent == lane.entries.count { order.append(entry.key) }
        lane.entries.append(entry)
        lanes[entry.key] = lane
        size += entry.size
        if entry.isFinal, oldestFinal == nil { oldestFinal = now }
    }

    private mutating func settle(_ verdict: Verdict) -> [Effect] {
        switch verdict {
        case .accepted(let key, let upTo), .artifactMissing(let key, let upTo):
            return acknowledge(key, upTo: upTo)
        case .leaseLost(let key):
            return drop(key) + [.refused(key)]
        case .gap(let key, let expected):
            return acknowledge(key, upTo: expected - 1)
        }
    }

    private mutating func acknowledge(_ key: LeaseKey, upTo: Int64) -> [Effect] {
        guard var lane = lanes[key] else { return [] }
        let count = lane.entries.prefix { $0.n <= upTo }.count
        let gone = lane.entries.prefix(count)
        lane.entries.removeFirst(count)
        lane.firstUnsent = max(0, lane.firstUnsent - count)
        lane.acknowledged = upTo
        size -= gone.reduce(0) { $0 + $1.size }
        var effects: [Effect] = gone.isEmpty ? [] : [.forget(gone.map(\.record))]
        if gone.contains(where: \.isFinal) {
            lanes[key] = nil
            effects.append(.acknowledged(key))
        } else {
            lanes[key] = lane
        }
        return effects
    }

    /// After an answer, or none: what was in flight and is still here is to be sent again.
    private mutating func finishFlight() -> [Effect] {
        for key in inFlight.keys.sorted() {
            guard var lane = lanes[key], !lane.entries.isEmpty, lane.firstUnsent > 0 else { continue }
            if lane.firstUnsent == lane.entries.count { order.append(key) }
            lane.firstUnsent = 0
            lanes[key] = lane
        }
        inFlight = [:]
        if !lanes.values.contains(where: { $0.entries.contains(where: \.isFinal) }) { oldestFinal = nil }
        return []
    }

    private mutating func drop(_ key: LeaseKey) -> [Effect] {
        order.removeAll { $0 == key }
        inFlight[key] = nil
        guard let lane = lanes.removeValue(forKey: key) else { return [] }
        size -= lane.entries.reduce(0) { $0 + $1.size }
        return lane.entries.isEmpty ? [] : [.forget(lane.entries.map(\.record))]
    }
}
