import Testing
import YggCore

struct LeaseKeeperTests {
    private static let settings = LeaseKeeper.Settings()
    private static let one = LeaseKey(task: "one", epoch: 1)
    private static let two = LeaseKey(task: "two", epoch: 1)

    private var keeper = LeaseKeeper(settings: settings, boot: 1)

    private static func terms(
        _ executor: ExecutorID = "a",
        offline: OfflinePolicy = .stop,
        lostAfter: Milliseconds = .hours(6)
    ) -> LeaseKeeper.Terms {
        .init(
            executor: executor,
            assignment: Assignment(spec: .sample(), phase: .run, attempt: 1, slots: .one, offline: offline),
            lostAfter: lostAfter
        )
    }

    @discardableResult
    private mutating func hear(
        _ held: Set<LeaseKey>?,
        seen: Int64 = 0,
        boot: String = "b1",
        at second: Int64
    ) -> [String] {
        keeper.handle(.heard(.init(executor: "a", bootID: boot, seen: seen, held: held)), now: .at(second)).texts
    }

    /// Ticks once a second, as the coordinator does, and says what came of the last one.
    private mutating func tick(from start: Int64 = 0, to end: Int64) -> [String] {
        (start...end).flatMap { keeper.handle(.tick, now: .at($0)).texts }
    }

    private mutating func grant(
        _ key: LeaseKey = one,
        offline: OfflinePolicy = .stop,
        lostAfter: Milliseconds = .hours(6),
        at second: Int64 = 0
    ) {
        _ = keeper.handle(.granted(key, Self.terms(offline: offline, lostAfter: lostAfter)), now: .at(second))
    }

    @Test
    mutating func `a lease that was never named is given back after the launch grace`() {
        hear([], at: 0)
        grant()
        #expect(tick(to: 9).isEmpty)
        #expect(tick(from: 10, to: 10) == ["declined one/1"])
    }

    @Test
    mutating func `a missed statement is given up only by an executor that has seen it`() {
        hear([], at: 0)
        #expect(hear([], seen: .max, at: 0).isEmpty)
        grant()
        let statement = keeper.statement(for: "a", named: [])
        #expect(hear([], seen: statement.rev - 1, at: 1).isEmpty)
        #expect(hear(nil, seen: statement.rev, at: 1).isEmpty)
        #expect(hear([], seen: statement.rev, at: 1) == ["declined one/1"])
    }

    @Test
    mutating func `a lease that was held and is no longer named is lost`() {
        grant()
        let statement = keeper.statement(for: "a", named: [])
        #expect(hear([Self.one], seen: statement.rev, at: 1).isEmpty)
        #expect(hear([], seen: statement.rev, at: 2) == ["lost one/1"])
    }

    @Test
    mutating func `a new boot ends what it does not name, and renews what it does`() {
        hear([], at: 0)
        grant()
        grant(Self.two)
        hear([Self.one, Self.two], at: 1)
        #expect(hear([Self.two], seen: 0, boot: "b2", at: 2) == ["lost one/1"])
    }

    @Test
    mutating func `only what is named is renewed`() {
        grant()
        grant(Self.two)
        hear([Self.one, Self.two], at: 0)
        _ = tick(to: 10)
        hear([Self.one], at: 10)
        #expect(tick(from: 11, to: 15) == ["lost two/1"])
        _ = keeper.handle(.revoked(Self.two), now: .at(15))
        #expect(hear(nil, at: 20).isEmpty)
        #expect(tick(from: 16, to: 24).isEmpty)
        #expect(tick(from: 25, to: 25) == ["lost one/1"], "a request that names nothing renews nothing")
    }

    @Test(arguments: [(OfflinePolicy.stop, true), (.continue, true), (.continue, false)])
    mutating func `nobody waits for a silent executor that was leaving`(offline: OfflinePolicy, isLeaving: Bool) {
        grant(offline: offline)
        let heard = LeaseKeeper.Heard(executor: "a", bootID: "b1", seen: 0, held: [Self.one], isLeaving: isLeaving)
        #expect(keeper.handle(.heard(heard), now: .at(0)).isEmpty)
        // A report does not say how its executor is, and so changes nothing of it.
        hear([Self.one], at: 1)
        #expect(tick(to: 15).isEmpty)
        let effects = Set(tick(from: 16, to: 16))
        #expect(effects == (isLeaving ? ["silent a", "lost one/1"] : ["silent a"]))
    }

    @Test
    mutating func `a new life is not leaving`() {
        let heard = LeaseKeeper.Heard(executor: "a", bootID: "b1", seen: 0, held: [], isLeaving: true)
        _ = keeper.handle(.heard(heard), now: .at(0))
        hear([], boot: "b2", at: 1)
        grant(offline: .continue, at: 1)
        hear([Self.one], boot: "b2", at: 1)
        #expect(tick(from: 1, to: 16) == ["silent a"])
    }

    @Test
    mutating func `news beside the leases are told until they were seen`() {
        hear([], at: 0)
        let before = keeper.statement(for: "a", named: []).rev
        #expect(!keeper.hasNews(for: "a", seen: before))
        _ = keeper.handle(.news("a"), now: .at(1))
        #expect(keeper.hasNews(for: "a", seen: before))
        let told = keeper.statement(for: "a", named: []).rev
        #expect(keeper.hasNews(for: "a", seen: before), "the answer may have been lost")
        #expect(!keeper.hasNews(for: "a", seen: told))
    }

    @Test
    mutating func `a gap in the coordinator's own ticks is forgiven`() {
        grant()
        hear([Self.one], at: 0)
        #expect(tick(to: 5).isEmpty)
        #expect(keeper.handle(.tick, now: .at(3600)).isEmpty)
        #expect(tick(from: 3601, to: 3609).isEmpty)
        #expect(Set(tick(from: 3610, to: 3610)) == ["lost one/1", "silent a"])
    }

    @Test
    mutating func `a restored lease lives for a whole time to live and is stated whole to who does not name it`() throws
    {
        _ = keeper.handle(.expected("a", bootID: "b1"), now: .at(100))
        _ = keeper.handle(.restored(Self.one, Self.terms(), isCancelled: false), now: .at(100))
        // The answer that granted it may have been lost with the coordinator.
        let stated = try #require(keeper.statement(for: "a", named: []).leases.first)
        #expect(stated.key == Self.one && stated.want == .run && stated.assignment != nil)
        #expect(tick(from: 100, to: 114).isEmpty)
        #expect(Set(tick(from: 115, to: 115)) == ["lost one/1", "silent a"])
    }

    @Test
    mutating func `a restored lease that was stated and not named moves when nobody can be at it any more`() {
        _ = keeper.handle(.expected("a", bootID: "b1"), now: .at(0))
        _ = keeper.handle(.restored(Self.one, Self.terms(), isCancelled: false), now: .at(0))
        hear([], at: 9)
        #expect(keeper.statement(for: "a", named: []).leases.map(\.key) == [Self.one])
        hear([], at: 19)
        #expect(keeper.statement(for: "a", named: []).leases.isEmpty, "it was stated for as long as is tried")
        #expect(tick(to: 23).isEmpty, "begun at nine, it is cut off well before")
        #expect(tick(from: 24, to: 24) == ["lost one/1"])
    }

    /// Its executor was away since before the restart, and now two of its requests come, of which the first is answered.
    @Test
    mutating func `a restored lease that is stated late is not given up with the next word`() {
        keeper = LeaseKeeper(settings: Self.settings, boot: 2, followsFarewell: true)
        _ = keeper.handle(.expected("a", bootID: "b1"), now: .at(0))
        _ = keeper.handle(.restored(Self.one, Self.terms(), isCancelled: false), now: .at(0))
        hear([], at: 17)
        let rev = keeper.statement(for: "a", named: []).rev
        hear([], at: 17)
        #expect(keeper.statement(for: "a", named: []).leases.map(\.key) == [Self.one], "it may be at it by now")
        #expect(hear([Self.one], seen: rev, at: 18).isEmpty)
        #expect(tick(to: 32).isEmpty)
    }

    /// Bytes that waited for a slow disk, say: they were put together before the lease was granted.
    @Test
    mutating func `a word that was long under way does not end what was named since`() {
        grant()
        let rev = keeper.statement(for: "a", named: []).rev
        hear([Self.one], seen: rev, at: 1)
        #expect(hear([], seen: rev - 1, at: 12).isEmpty)
        #expect(keeper.statement(for: "a", named: [Self.one]).leases.map(\.key) == [Self.one])
        #expect(hear([Self.one], seen: rev, at: 13).isEmpty)
        #expect(tick(to: 27).isEmpty)
    }

    @Test
    mutating func `who was away already is not missed, and is welcomed back`() {
        _ = keeper.handle(.expected("a", bootID: "b1", isAway: true), now: .at(0))
        #expect(tick(to: 20).isEmpty)
        #expect(hear([], at: 21) == ["back a"])
    }

    @Test
    mutating func `after an orderly stop a restored lease lives as long as was promised`() {
        keeper = LeaseKeeper(settings: Self.settings, boot: 2, followsFarewell: true)
        _ = keeper.handle(.expected("a", bootID: "b1"), now: .at(0))
        _ = keeper.handle(.restored(Self.one, Self.terms(), isCancelled: false), now: .at(0))
        #expect(tick(to: 119).isEmpty)
        #expect(Set(tick(from: 120, to: 120)) == ["lost one/1", "silent a"])
    }

    /// It asks, and every answer is lost: it works on by what the last coordinator promised.
    @Test
    mutating func `what was promised holds until its executor has applied a shorter promise`() {
        keeper = LeaseKeeper(settings: Self.settings, boot: 2, followsFarewell: true)
        _ = keeper.handle(.expected("a", bootID: "b1"), now: .at(0))
        _ = keeper.handle(.restored(Self.one, Self.terms(), isCancelled: false), now: .at(0))
        hear([Self.one], seen: (1 << 32) + 7, at: 1)
        let rev = keeper.statement(for: "a", named: [Self.one]).rev
        hear([Self.one], seen: (1 << 32) + 7, at: 3)
        #expect(tick(to: 80) == ["silent a"])
        #expect(hear([Self.one], seen: rev, at: 80) == ["back a"])
        #expect(tick(from: 81, to: 94).isEmpty)
        #expect(Set(tick(from: 95, to: 95)) == ["lost one/1", "silent a"])
    }

    @Test
    mutating func `what is given up is not stated any more, and again until the store has it`() {
        grant()
        hear([Self.one], at: 0)
        _ = keeper.statement(for: "a", named: [])
        #expect(hear([], boot: "b2", at: 1) == ["lost one/1"])
        #expect(keeper.statement(for: "a", named: []).leases.isEmpty, "the new boot is never told to begin it")
        #expect(hear([], boot: "b2", at: 1).isEmpty)
        #expect(tick(from: 2, to: 2) == ["lost one/1"], "the commit may have failed")
        _ = keeper.handle(.revoked(Self.one), now: .at(2))
        #expect(tick(from: 3, to: 3) == ["settled a b2"], "not before all of them have ended in the store")
        #expect(tick(from: 4, to: 4).isEmpty)
    }

    @Test
    mutating func `what was never stated is stated to the new boot`() {
        hear([], at: 0)
        grant()
        #expect(hear([], boot: "b2", at: 1) == ["settled a b2"])
        #expect(keeper.statement(for: "a", named: []).leases.map(\.key) == [Self.one])
    }

    @Test(arguments: [OfflinePolicy.stop, .continue])
    mutating func `a lease that was stated to who then vanished may have been begun`(offline: OfflinePolicy) {
        hear([], at: 0)
        grant(offline: offline, lostAfter: .seconds(60))
        _ = keeper.statement(for: "a", named: [])
        let end: Int64 = offline == .stop ? 15 : 75
        #expect(!tick(to: end - 1).contains { $0.hasSuffix("one/1") })
        #expect(tick(from: end, to: end).contains("lost one/1"))
    }

    @Test
    mutating func `a lease that is stated in vain is withdrawn, and moves when no answer can start it any more`() {
        grant(offline: .continue)
        var texts: [String] = []
        for second in Int64(0)...9 {
            texts += hear([], at: second) + tick(from: second, to: second)
            #expect(keeper.statement(for: "a", named: []).leases.count == 1)
        }
        // Every answer is lost on the way. What it asked at 4 was the last that renewed anything.
        for second in Int64(10)...18 {
            texts += hear([], at: second) + tick(from: second, to: second)
            #expect(keeper.statement(for: "a", named: []).leases.isEmpty)
        }
        #expect(texts == ["silent a"])
        #expect(hear([], at: 19) + tick(from: 19, to: 19) == ["declined one/1"])
    }

    /// Else it would be stated with no time left, and the answer with it would be as good as lost, again and again.
    @Test
    mutating func `what is stated in vain to who is deaf is withdrawn when nothing of its time is left`() {
        keeper = LeaseKeeper(settings: .init(ttl: .seconds(8), launchGrace: .seconds(60)), boot: 1)
        grant(offline: .continue)
        var left: [Int64] = []
        for second in Int64(0)...9 {
            _ = hear([], at: second) + tick(from: second, to: second)
            left += keeper.statement(for: "a", named: []).leases.map(\.ttl.rawValue)
        }
        // What it asked at 2 was the last that renewed anything.
        #expect(left == [8000, 8000, 8000, 7000, 6000, 5000, 4000, 3000, 2000, 1000])
        #expect(hear([], at: 10).isEmpty)
        #expect(keeper.statement(for: "a", named: []).leases.isEmpty)
        #expect(tick(from: 10, to: 10) == ["declined one/1"])
    }

    @Test
    mutating func `a farewell is never shorter than a time to live`() {
        #expect(LeaseKeeper.Settings(ttl: .minutes(10)).farewellTTL == .minutes(10))
    }

    @Test
    mutating func `work is stated in the order in which it was granted`() {
        grant(Self.two)
        grant(Self.one)
        #expect(keeper.statement(for: "a", named: []).leases.map(\.key) == [Self.two, Self.one])
    }

    @Test
    mutating func `a gap before the first tick is forgiven as well`() {
        grant()
        hear([Self.one], at: 0)
        #expect(keeper.handle(.tick, now: .at(100)).isEmpty)
    }

    @Test
    mutating func `a lease is stated with its assignment until it is named`() {
        grant()
        grant(Self.two)
        #expect(keeper.statement(for: "a", named: []).leases.map { $0.assignment != nil } == [true, true])
        let second = keeper.statement(for: "a", named: [Self.one])
        #expect(second.leases.map(\.key) == [Self.one, Self.two])
        #expect(second.leases.map { $0.assignment != nil } == [false, true])
    }

    @Test
    mutating func `what goes on offline is kept until it counts as lost`() {
        grant(offline: .continue, lostAfter: .seconds(60))
        hear([Self.one], at: 0)
        #expect(tick(to: 74) == ["silent a"])
        #expect(tick(from: 75, to: 75) == ["lost one/1"])
        #expect(hear([Self.one], at: 75) == ["back a"])
        #expect(keeper.statement(for: "a", named: [Self.one]).leases.isEmpty, "what was given up is not taken back")
    }

    @Test
    mutating func `a cancelled attempt has a time to live and a grace to end in`() {
        grant()
        hear([Self.one], at: 0)
        _ = keeper.statement(for: "a", named: [])
        _ = keeper.handle(.cancelled(Self.one), now: .at(0))
        #expect(keeper.statement(for: "a", named: []).leases.map(\.want) == [.cancel])
        var texts: [String] = []
        for second in 0..<20 {
            hear([Self.one], seen: .max, at: Int64(second))
            texts += keeper.handle(.tick, now: .at(Int64(second))).texts
            // Asking again moves nothing.
            _ = keeper.handle(.cancelled(Self.one), now: .at(Int64(second)))
        }
        #expect(texts.isEmpty)
        #expect(tick(from: 20, to: 20) == ["endCancelled one/1"])
    }

    @Test
    mutating func `news are told until they are seen`() {
        hear([], at: 0)
        #expect(!keeper.hasNews(for: "a", seen: 0))
        #expect(!keeper.hasNews(for: "unknown", seen: 0))
        grant()
        #expect(keeper.hasNews(for: "a", seen: .max))
        let told = keeper.statement(for: "a", named: []).rev
        #expect(keeper.hasNews(for: "a", seen: told - 1))
        #expect(!keeper.hasNews(for: "a", seen: told))
        let again = keeper.statement(for: "a", named: []).rev
        #expect(again > told)
        #expect(!keeper.hasNews(for: "a", seen: told))
        for input in [LeaseKeeper.Input.cancelled(Self.one), .revoked(Self.one)] {
            _ = keeper.handle(input, now: .at(1))
            #expect(keeper.hasNews(for: "a", seen: .max))
            _ = keeper.statement(for: "a", named: [])
        }
        grant(Self.two)
        _ = keeper.statement(for: "a", named: [])
        _ = keeper.handle(.ended(Self.two), now: .at(1))
        #expect(!keeper.hasNews(for: "a", seen: .max), "its own last word is no news to it")
        #expect(keeper.count == 0 && keeper.leases(of: "a").isEmpty)
    }

    @Test
    mutating func `a coordinator that leaves states a long time to live`() {
        grant()
        #expect(keeper.statement(for: "a", named: []).leases.map(\.ttl) == [.seconds(15)])
        _ = keeper.handle(.farewell, now: .at(0))
        #expect(keeper.statement(for: "a", named: []).leases.map(\.ttl) == [.seconds(120)])
    }

    @Test
    mutating func `revisions grow over boots`() {
        for _ in 0..<1000 { _ = keeper.statement(for: "a", named: []) }
        var next = LeaseKeeper(settings: Self.settings, boot: 2)
        #expect(keeper.statement(for: "a", named: []).rev < next.statement(for: "a", named: []).rev)
    }
}

extension [LeaseKeeper.Effect] {
    var texts: [String] {
        map { effect in
            switch effect {
            case .lose(let key, let why): "\(why.rawValue) \(key)"
            case .endCancelled(let key): "endCancelled \(key)"
            case .executorSilent(let id): "silent \(id)"
            case .executorBack(let id): "back \(id)"
            case .bootSettled(let id, let bootID): "settled \(id) \(bootID)"
            }
        }
    }
}
