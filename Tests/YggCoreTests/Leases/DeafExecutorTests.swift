import Testing
import YggCore

/// An executor whose requests arrive and to whom no answer gets through. The time to live is 15 s.
struct DeafExecutorTests {
    private static let key = LeaseKey(task: "t", epoch: 1)

    private var keeper = LeaseKeeper(settings: LeaseKeeper.Settings(), boot: 1)
    /// The newest statement that the executor has applied.
    private var seen: Int64 = 0

    private mutating func ask(_ held: Set<LeaseKey> = [key], boot: String = "b1", at second: Int64) -> [String] {
        let heard = LeaseKeeper.Heard(executor: "a", bootID: boot, seen: seen, held: held)
        return keeper.handle(.heard(heard), now: .at(second)).texts
    }

    private mutating func answer(arrives: Bool) {
        let statement = keeper.statement(for: "a", named: [])
        if arrives { seen = statement.rev }
    }

    private mutating func tick(_ seconds: ClosedRange<Int64>) -> [String] {
        seconds.flatMap { keeper.handle(.tick, now: .at($0)).texts }
    }

    /// Holds a lease and is heard at 0.
    private mutating func begin(offline: OfflinePolicy = .stop) {
        let terms = LeaseKeeper.Terms(
            executor: "a",
            assignment: Assignment(spec: .sample(), phase: .run, attempt: 1, slots: .one, offline: offline),
            lostAfter: .hours(6)
        )
        _ = keeper.handle(.granted(Self.key, terms), now: .zero)
        answer(arrives: true)
        #expect(ask(at: 0).isEmpty)
    }

    @Test
    mutating func `it is missed, and its work moves within a time to live`() {
        begin()
        answer(arrives: false)
        #expect(tick(0...4).isEmpty && ask(at: 4).isEmpty, "one answer may be lost")
        answer(arrives: false)
        #expect(tick(5...8).isEmpty)
        #expect(ask(at: 8) == ["silent a"])
        #expect(keeper.isDeaf("a") && keeper.isSilent("a"))
        var told: [String] = []
        for second in Int64(9)...19 where told.isEmpty {
            if second % 4 == 0 { told += ask(at: second) }
            told += tick(second...second)
        }
        #expect(told == ["lost t/1"], "what it asks renews nothing")
    }

    @Test
    mutating func `an answer to it that is only late promises no more than is left`() {
        begin()
        for second in [Int64(4), 8] {
            answer(arrives: false)
            _ = ask(at: second)
        }
        // Renewed at 4 for 15 s, asked at 8.
        #expect(keeper.statement(for: "a", named: []).leases.map(\.ttl) == [.seconds(11)])
        #expect(ask(at: 12).isEmpty)
        #expect(keeper.statement(for: "a", named: []).leases.map(\.ttl) == [.seconds(7)])
    }

    @Test
    mutating func `what it no longer names moves at once`() {
        begin()
        for second in [Int64(4), 8] {
            answer(arrives: false)
            _ = ask(at: second)
        }
        answer(arrives: false)
        #expect(ask([], at: 12) == ["lost t/1"])
    }

    @Test
    mutating func `one that hears again is back, and so is its lease`() {
        begin()
        for second in [Int64(4), 8] {
            answer(arrives: false)
            _ = ask(at: second)
        }
        answer(arrives: true)
        #expect(ask(at: 12) == ["back a"])
        #expect(!keeper.isDeaf("a"))
        #expect(tick(12...26).isEmpty)
    }

    @Test
    mutating func `work that may go on alone is kept for it`() {
        begin(offline: .continue)
        for second in stride(from: Int64(4), to: 600, by: 4) {
            answer(arrives: false)
            let told = ask(at: second) + tick(second...(second + 3))
            #expect(told.allSatisfy { $0 == "silent a" })
        }
    }

    @Test
    mutating func `every second answer may be lost`() {
        begin()
        for round in Int64(1)...50 {
            answer(arrives: round.isMultiple(of: 2))
            #expect(ask(at: round * 4).isEmpty)
            #expect(tick((round * 4)...(round * 4 + 3)).isEmpty)
        }
    }

    @Test
    mutating func `after an answer that was lost the next is not kept waiting`() {
        begin()
        #expect(!keeper.answersAtOnce("a", seen: seen))
        answer(arrives: false)
        _ = ask(at: 5)
        #expect(keeper.answersAtOnce("a", seen: seen))
        answer(arrives: false)
        _ = ask(at: 6)
        #expect(!keeper.answersAtOnce("a", seen: seen), "it may never apply one, and is not to ask without a pause")
        answer(arrives: true)
        _ = ask(at: 7)
        #expect(!keeper.answersAtOnce("a", seen: seen))
        answer(arrives: false)
        _ = ask(at: 8)
        #expect(keeper.answersAtOnce("a", seen: seen), "it is the first again")
    }

    @Test
    mutating func `a new boot has nothing to have heard`() {
        begin()
        for second in [Int64(4), 8] {
            answer(arrives: false)
            _ = ask(at: second)
        }
        seen = 0
        #expect(ask([], boot: "b2", at: 9) == ["back a", "lost t/1"])
    }
}
