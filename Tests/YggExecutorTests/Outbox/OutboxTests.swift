import Testing
import YggCore

struct OutboxTests {
    private static let start = Instant(nanoseconds: 0)

    private static func key(_ index: Int) -> LeaseKey { LeaseKey(task: TaskID(trusted: "t\(index)"), epoch: 1) }

    private static func entry(_ key: LeaseKey, _ n: Int64, size: Int = 10, isFinal: Bool = false) -> Outbox.Entry {
        Outbox.Entry(key: key, n: n, size: size, isFinal: isFinal, record: Int64(key.task.rawValue.hashValue) ^ n)
    }

    @Test func `one request is in flight at a time`() {
        var outbox = Outbox()
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 1)), now: Self.start)
        #expect(outbox.nextBatch().count == 1)
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 2)), now: Self.start)
        #expect(outbox.nextBatch().isEmpty)
        _ = outbox.handle(.answered([.accepted(Self.key(1), upTo: 1)]), now: Self.start)
        #expect(outbox.nextBatch().map(\.n) == [2])
    }

    @Test func `what has no answer is sent again, in order`() {
        var outbox = Outbox()
        for n in 1...3 { _ = outbox.handle(.appended(Self.entry(Self.key(1), Int64(n))), now: Self.start) }
        _ = outbox.nextBatch()
        _ = outbox.handle(.failed, now: Self.start)
        #expect(outbox.nextBatch().map(\.n) == [1, 2, 3])
        _ = outbox.handle(.answered([.gap(Self.key(1), expected: 2)]), now: Self.start)
        #expect(outbox.nextBatch().map(\.n) == [2, 3])
    }

    @Test func `a gap that cannot be filled ends the lease instead of going round for ever`() {
        var outbox = Outbox()
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 5)), now: Self.start)
        _ = outbox.nextBatch()
        let effects = outbox.handle(.answered([.gap(Self.key(1), expected: 2)]), now: Self.start)
        #expect(effects.contains(.refused(Self.key(1))))
        #expect(outbox.isEmpty && !outbox.canSend)
    }

    @Test func `a long backlog does not keep the results of others waiting`() {
        var outbox = Outbox()
        let half = Outbox.maxRequestBytes / 2
        for n in 1...9 { _ = outbox.handle(.appended(Self.entry(Self.key(1), Int64(n), size: half)), now: Self.start) }
        _ = outbox.handle(.appended(Self.entry(Self.key(2), 1, isFinal: true)), now: Self.start)
        #expect(outbox.nextBatch().map(\.key) == [Self.key(1), Self.key(1)])
        _ = outbox.handle(.answered([.accepted(Self.key(1), upTo: 2)]), now: Self.start)
        #expect(outbox.nextBatch().first?.key == Self.key(2))
    }

    @Test func `a result that waits for a second is made durable, once`() {
        var outbox = Outbox()
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 1)), now: Self.start)
        #expect(outbox.handle(.tick, now: Self.start + .seconds(9)).isEmpty)
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 2, isFinal: true)), now: Self.start + .seconds(10))
        #expect(outbox.handle(.tick, now: Self.start + 10_999).isEmpty)
        #expect(outbox.handle(.tick, now: Self.start + 11_000) == [.sync])
        #expect(outbox.handle(.tick, now: Self.start + 12_000).isEmpty)
    }

    @Test func `what could not be made durable is tried again`() {
        var outbox = Outbox()
        _ = outbox.handle(.appended(Self.entry(Self.key(1), 1, isFinal: true)), now: Self.start)
        #expect(outbox.handle(.tick, now: Self.start + .seconds(1)) == [.sync])
        // While it is under way nothing else is begun.
        _ = outbox.handle(.appended(Self.entry(Self.key(2), 1, isFinal: true)), now: Self.start + .seconds(1))
        #expect(outbox.handle(.tick, now: Self.start + .seconds(5)).isEmpty)
        _ = outbox.handle(.synced(false), now: Self.start + .seconds(5))
        #expect(outbox.handle(.tick, now: Self.start + .seconds(6)) == [.sync])
        _ = outbox.handle(.synced(true), now: Self.start + .seconds(6))
        #expect(outbox.handle(.tick, now: Self.start + .seconds(60)).isEmpty)
    }

    /// A coordinator that rejects every request in which one certain entry is, and perhaps what is put in its place.
    @Test(arguments: [(5, true), (5, false), (9, true), (9, false), (1, true)])
    func `one entry that is rejected holds up no other lease, and no other entry`(number: Int, acceptsShort: Bool) {
        let bad = Int64(number)
        var outbox = Outbox()
        for n in 1...9 {
            for lease in 1...3 {
                let entry = Self.entry(Self.key(lease), Int64(n), size: 100, isFinal: n == 9)
                _ = outbox.handle(.appended(entry), now: Self.start)
            }
        }
        var arrived: [LeaseKey: [Int64]] = [:]
        var refused: [LeaseKey] = []
        var short: [LeaseKey: Outbox.Entry] = [:]
        for _ in 0..<100 where outbox.canSend {
            let batch = outbox.nextBatch()
            let isRejected = batch.contains { entry in
                guard entry.key == Self.key(2), entry.n == bad else { return false }
                return !acceptsShort || entry.size != 1
            }
            guard isRejected else {
                for entry in batch { arrived[entry.key, default: []].append(entry.n) }
                let verdicts = Dictionary(grouping: batch, by: \.key).map { key, entries in
                    Outbox.Verdict.accepted(key, upTo: entries.last?.n ?? 0)
                }
                _ = outbox.handle(.answered(verdicts), now: Self.start)
                continue
            }
            for effect in outbox.handle(.rejected, now: Self.start) {
                switch effect {
                case .shorten(var entry):
                    entry.size = 1
                    short[entry.key] = entry
                    #expect(outbox.handle(.shortened(entry), now: Self.start).count == 1)
                case .refused(let key): refused.append(key)
                case .forget, .acknowledged, .sync: break
                }
            }
        }
        #expect(outbox.isEmpty && outbox.byteCount == 0)
        #expect(arrived[Self.key(1)] == Array(1...9))
        #expect(arrived[Self.key(3)] == Array(1...9))
        #expect(short.keys.map(\.self) == [Self.key(2)] && short[Self.key(2)]?.n == bad)
        #expect(arrived[Self.key(2), default: []] == Array(1...(acceptsShort ? 9 : bad - 1)))
        #expect(refused == (acceptsShort ? [] : [Self.key(2)]))
    }

    /// A coordinator that loses requests and answers, and refuses leases, sees every lease in order and without a hole;
    /// in the end everything that was not refused has arrived, and nothing after a refusal is sent.
    @Test(arguments: [UInt64.random(in: .min ... .max), 1, 2, 3, 4])
    func `nothing is lost, doubled or out of order, and nothing follows a refusal`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var outbox = Outbox()
        var appended: [LeaseKey: Int64] = [:]
        var finished: Set<LeaseKey> = []
        var arrived: [LeaseKey: Int64] = [:]
        var refused: Set<LeaseKey> = []
        var acknowledged: Set<LeaseKey> = []
        var now = Self.start
        func pump(isFaulty: Bool) {
            let batch = outbox.nextBatch()
            guard !batch.isEmpty else { return }
            #expect(batch.allSatisfy { !refused.contains($0.key) }, "seed \(seed)")
            guard !isFaulty || Int.random(in: 0..<4, using: &random) > 0 else {
                _ = outbox.handle(.failed, now: now)
                return
            }
            var verdicts: [Outbox.Verdict] = []
            for (key, entries) in Dictionary(grouping: batch, by: \.key).sorted(by: { $0.key < $1.key }) {
                #expect(
                    entries.map(\.n) == Array((entries[0].n)..<(entries[0].n + Int64(entries.count))),
                    "seed \(seed)"
                )
                #expect(entries[0].n <= arrived[key, default: 0] + 1, "seed \(seed)")
                if isFaulty, Int.random(in: 0..<20, using: &random) == 0 {
                    refused.insert(key)
                    verdicts.append(.leaseLost(key))
                    continue
                }
                // Only a part may be taken.
                let last = entries[entries.count - 1].n
                let upTo = isFaulty ? Int64.random(in: entries[0].n - 1...last, using: &random) : last
                arrived[key] = max(arrived[key, default: 0], upTo)
                verdicts.append(.accepted(key, upTo: arrived[key, default: 0]))
            }
            // The answer may get lost although the coordinator has acted; a refusal is then told again.
            if isFaulty, Int.random(in: 0..<4, using: &random) == 0 {
                for verdict in verdicts { if case .leaseLost(let key) = verdict { refused.remove(key) } }
                _ = outbox.handle(.failed, now: now)
                return
            }
            for effect in outbox.handle(.answered(verdicts), now: now) {
                if case .acknowledged(let key) = effect { #expect(acknowledged.insert(key).inserted, "seed \(seed)") }
            }
        }
        for _ in 0..<3000 {
            now += 10
            if Int.random(in: 0..<3, using: &random) == 0 {
                pump(isFaulty: true)
                continue
            }
            let key = Self.key(Int.random(in: 0..<40, using: &random))
            guard !finished.contains(key), !refused.contains(key) else { continue }
            appended[key, default: 0] += 1
            let isFinal = Int.random(in: 0..<10, using: &random) == 0
            if isFinal { finished.insert(key) }
            let entry = Self.entry(
                key,
                appended[key, default: 0],
                size: Int.random(in: 1...200_000, using: &random),
                isFinal: isFinal
            )
            _ = outbox.handle(.appended(entry), now: now)
        }
        while outbox.canSend { pump(isFaulty: false) }
        #expect(outbox.isEmpty && outbox.byteCount == 0, "seed \(seed)")
        for (key, count) in appended where !refused.contains(key) {
            #expect(arrived[key] == count, "seed \(seed), \(key)")
            #expect(acknowledged.contains(key) == finished.contains(key), "seed \(seed), \(key)")
        }
    }
}
