import Testing
import YggCore

struct SyncLoopTests {
    private static let start = Instant(nanoseconds: 0)
    private static let ttl = Milliseconds.seconds(15)

    private static func key(_ task: String, epoch: Int64 = 1) -> LeaseKey {
        LeaseKey(task: TaskID(trusted: task), epoch: epoch)
    }

    private static func lease(
        _ task: String,
        want: LeaseWant = .run,
        isKnown: Bool = false,
        offline: OfflinePolicy = .stop,
        slots: Slots = .one
    ) -> StatedLease {
        let assignment = Assignment(
            spec: TaskSpec(
                id: TaskID(trusted: task),
                kind: TaskKind(trusted: "bench-noop"),
                title: "",
                createdAt: .init(milliseconds: 0)
            ),
            phase: .run,
            attempt: 1,
            slots: slots,
            offline: offline
        )
        return StatedLease(key: key(task), phase: .run, want: want, ttl: ttl, assignment: isKnown ? nil : assignment)
    }

    private static func statement(_ rev: Int64, _ leases: StatedLease..., sentAt: Instant = start) -> SyncLoop.Input {
        .answered(Statement(rev: rev, leases: leases), sentAt: sentAt)
    }

    /// The effects in a word each.
    private static func words(_ effects: [SyncLoop.Effect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .accept(let key, _): "accept \(key.task)"
            case .start(let key): "start \(key.task)"
            case .cancel(let key): "cancel \(key.task)"
            case .abandon(let key): "abandon \(key.task)"
            case .stopOffline(let key): "stop \(key.task)"
            case .giveBack(let key): "give back \(key.task)"
            }
        }
    }

    private static func loop(slots: Int = 1) -> SyncLoop { SyncLoop(slots: Slots(["default": slots])) }

    @Test func `more slots start what waits, fewer end nothing`() {
        var loop = Self.loop(slots: 1)
        let first = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b"), Self.lease("c")), now: Self.start)
        #expect(Self.words(first) == ["accept a", "accept b", "accept c", "start a"])
        #expect(Self.words(loop.handle(.resized(Slots(["default": 2])), now: Self.start)) == ["start b"])
        #expect(loop.handle(.resized(Slots(["default": 1])), now: Self.start).isEmpty)
        #expect(loop.handle(.finished(Self.key("a")), now: Self.start).isEmpty, "one slot, and b has it")
        #expect(Self.words(loop.handle(.finished(Self.key("b")), now: Self.start)) == ["start c"])
    }

    @Test func `a lease is accepted, then started while a slot is free`() {
        var loop = Self.loop(slots: 2)
        let effects = loop.handle(
            Self.statement(1, Self.lease("a"), Self.lease("b"), Self.lease("c")),
            now: Self.start
        )
        #expect(Self.words(effects) == ["accept a", "accept b", "accept c", "start a", "start b"])
        #expect(loop.heldKeys.count == 3)
        #expect(Self.words(loop.handle(.finished(Self.key("a")), now: Self.start)) == ["start c"])
        #expect(loop.heldKeys.count == 3, "a is held until its report is acknowledged")
        _ = loop.handle(.acknowledged(Self.key("a")), now: Self.start)
        #expect(loop.heldKeys == [Self.key("b"), Self.key("c")])
    }

    @Test func `named slots are counted apart`() {
        var loop = SyncLoop(slots: Slots(["default": 4, "gpu": 1]))
        let effects = loop.handle(
            Self.statement(
                1,
                Self.lease("a", slots: Slots(["gpu": 1])),
                Self.lease("b", slots: Slots(["gpu": 1])),
                Self.lease("c")
            ),
            now: Self.start
        )
        #expect(Self.words(effects) == ["accept a", "accept b", "accept c", "start a", "start c"])
    }

    @Test func `an older, or the same, statement changes nothing`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(5, Self.lease("a")), now: Self.start)
        #expect(loop.handle(Self.statement(4), now: Self.start).isEmpty)
        #expect(loop.handle(Self.statement(5), now: Self.start).isEmpty)
        #expect(loop.seen == 5)
        #expect(loop.heldKeys == [Self.key("a")])
    }

    @Test func `a lease that is no longer stated is abandoned, and its slot is free when the attempt is over`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a")), now: Self.start)
        let effects = loop.handle(Self.statement(2, Self.lease("b")), now: Self.start)
        #expect(Self.words(effects) == ["accept b", "abandon a"])
        #expect(loop.heldKeys == [Self.key("b")])
        #expect(loop.capacity == Slots(["default": 0]))
        #expect(Self.words(loop.handle(.ended(Self.key("a")), now: Self.start)) == ["start b"])
        #expect(loop.capacity == nil)
    }

    /// A coordinator that crashes between saying that a lease is gone and writing it down states it again.
    @Test func `what was begun is not begun again, though it was not stated for a while`() {
        var loop = Self.loop()
        let first = Self.statement(1, Self.lease("a"))
        #expect(Self.words(loop.handle(first, now: Self.start)) == ["accept a", "start a"])
        let cutOff = Self.start + Self.ttl * 2 / 3
        #expect(Self.words(loop.handle(.tick, now: cutOff)) == ["stop a"])
        _ = loop.handle(.ended(Self.key("a")), now: cutOff)
        #expect(loop.handle(Self.statement(2, sentAt: cutOff), now: cutOff).isEmpty)
        #expect(loop.handle(Self.statement(3, Self.lease("a"), sentAt: cutOff), now: cutOff).isEmpty)

        let other = Self.statement(4, Self.lease("b"), sentAt: cutOff)
        #expect(Self.words(loop.handle(other, now: cutOff)) == ["accept b", "start b"])
        #expect(Self.words(loop.handle(Self.statement(5, sentAt: cutOff), now: cutOff)) == ["abandon b"])
        _ = loop.handle(.ended(Self.key("b")), now: cutOff)
        #expect(loop.handle(Self.statement(6, Self.lease("b"), sentAt: cutOff), now: cutOff).isEmpty)
        #expect(loop.heldKeys.isEmpty)
    }

    @Test func `a waiting lease that is no longer stated never starts`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b")), now: Self.start)
        _ = loop.handle(Self.statement(2, Self.lease("a", isKnown: true)), now: Self.start)
        #expect(loop.handle(.finished(Self.key("a")), now: Self.start).isEmpty)
    }

    @Test func `cancelling is told once`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a")), now: Self.start)
        let wanted = Self.lease("a", want: .cancel, isKnown: true)
        #expect(Self.words(loop.handle(Self.statement(2, wanted), now: Self.start)) == ["cancel a"])
        #expect(loop.handle(Self.statement(3, wanted), now: Self.start).isEmpty)
    }

    @Test func `a cancelled lease that waits does not start`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b")), now: Self.start)
        let effects = loop.handle(
            Self.statement(2, Self.lease("a", isKnown: true), Self.lease("b", want: .cancel, isKnown: true)),
            now: Self.start
        )
        #expect(Self.words(effects) == ["cancel b"])
        #expect(loop.handle(.finished(Self.key("b")), now: Self.start).isEmpty)
        #expect(loop.handle(.finished(Self.key("a")), now: Self.start).isEmpty)
    }

    @Test func `cut off, it ends what may move elsewhere at two thirds of the time to live`() {
        var loop = Self.loop(slots: 2)
        _ = loop.handle(
            Self.statement(1, Self.lease("a"), Self.lease("b", offline: .continue), Self.lease("c")),
            now: Self.start
        )
        #expect(loop.handle(.tick, now: Self.start + 9_999).isEmpty)
        let effects = loop.handle(.tick, now: Self.start + 10_000)
        #expect(Self.words(effects) == ["stop a", "give back c"])
        #expect(loop.declinedKeys.map(\.key) == [Self.key("c")])
        #expect(loop.handle(.tick, now: Self.start + 20_000).isEmpty)
        #expect(loop.heldKeys == [Self.key("a"), Self.key("b")], "a is named until it is dead")
        _ = loop.handle(.ended(Self.key("a")), now: Self.start + 20_000)
        #expect(loop.heldKeys == [Self.key("b")])
    }

    /// A process that was asleep for long may learn of an end before its next tick.
    @Test func `what was cut off while it waited is not begun by the end of what ran`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b")), now: Self.start)
        let late = Self.start + .seconds(60)
        #expect(loop.handle(.finished(Self.key("a")), now: late).isEmpty)
        #expect(Self.words(loop.handle(.tick, now: late)) == ["give back b"])
    }

    @Test func `leaving, it ends everything that is cut off, counted from when it could first be heard`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a", offline: .continue)), now: Self.start)
        #expect(loop.handle(.tick, now: Self.start + 60_000).isEmpty)
        #expect(loop.handle(.leaving, now: Self.start + 60_000).isEmpty)
        _ = loop.handle(.leaving, now: Self.start + 65_000)
        #expect(loop.handle(.tick, now: Self.start + 69_999).isEmpty)
        #expect(Self.words(loop.handle(.tick, now: Self.start + 70_000)) == ["stop a"])
    }

    @Test func `a renewal counts from when its request was sent`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a")), now: Self.start)
        let late = Self.statement(2, Self.lease("a", isKnown: true), sentAt: Self.start + 3_000)
        _ = loop.handle(late, now: Self.start + 9_000)
        #expect(loop.handle(.tick, now: Self.start + 12_999).isEmpty)
        #expect(Self.words(loop.handle(.tick, now: Self.start + 13_000)) == ["stop a"])
    }

    @Test func `nothing is started from an answer that travelled for two thirds of the time to live`() {
        var loop = Self.loop()
        let now = Self.start + 10_000
        #expect(loop.handle(Self.statement(1, Self.lease("a")), now: now).isEmpty)
        #expect(loop.heldKeys.isEmpty)
        #expect(loop.seen == 0, "whoever has seen it and does not hold it never begins it")
        let next = Self.statement(3, Self.lease("a"), sentAt: now)
        #expect(Self.words(loop.handle(next, now: now)) == ["accept a", "start a"])
    }

    /// One that was overtaken by it may have a longer time to live, and grant what has ended since.
    @Test func `nothing older counts after an answer that came too late`() {
        var loop = Self.loop()
        let now = Self.start + 10_000
        #expect(loop.handle(Self.statement(2, Self.lease("a")), now: now).isEmpty)
        #expect(loop.handle(Self.statement(1, Self.lease("b"), sentAt: now), now: now).isEmpty)
        #expect(loop.heldKeys.isEmpty && loop.seen == 0)
    }

    /// What is cancelled, or gone, comes with the next one.
    @Test func `an answer that grants too late changes nothing of what is held`() {
        var loop = Self.loop(slots: 3)
        _ = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b")), now: Self.start)
        let now = Self.start + 10_000
        let late = Self.statement(2, Self.lease("a", want: .cancel, isKnown: true), Self.lease("c"))
        #expect(loop.handle(late, now: now).isEmpty)
        let next = Self.statement(3, Self.lease("a", want: .cancel, isKnown: true), Self.lease("c"), sentAt: now)
        #expect(Self.words(loop.handle(next, now: now)).sorted() == ["abandon b", "accept c", "cancel a", "start c"])
    }

    @Test func `while it takes no work, leases are given back until that is understood`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a"), Self.lease("b")), now: Self.start)
        #expect(Self.words(loop.handle(.accepting(false), now: Self.start)) == ["give back b"])
        let effects = loop.handle(
            Self.statement(2, Self.lease("a", isKnown: true), Self.lease("b"), Self.lease("c")),
            now: Self.start
        )
        #expect(effects.isEmpty)
        #expect(loop.declinedKeys.map(\.key) == [Self.key("b"), Self.key("c")])
        _ = loop.handle(Self.statement(3, Self.lease("a", isKnown: true)), now: Self.start)
        #expect(loop.declinedKeys.isEmpty)
        #expect(loop.heldKeys == [Self.key("a")])
    }

    @Test func `a refused report ends the attempt`() {
        var loop = Self.loop()
        _ = loop.handle(Self.statement(1, Self.lease("a")), now: Self.start)
        #expect(Self.words(loop.handle(.lost(Self.key("a")), now: Self.start)) == ["abandon a"])
        #expect(loop.heldKeys.isEmpty && !loop.isQuiet)
        _ = loop.handle(.ended(Self.key("a")), now: Self.start)
        #expect(loop.isQuiet)
    }

    @Test func `a recovered result is held until it is settled`() {
        var loop = Self.loop()
        _ = loop.handle(.recovered(Self.key("a")), now: Self.start)
        #expect(loop.heldKeys == [Self.key("a")])
        #expect(loop.isQuiet)
        #expect(loop.handle(.tick, now: Self.start + .hours(9)).isEmpty)
        _ = loop.handle(.acknowledged(Self.key("a")), now: Self.start)
        #expect(loop.isIdle)
    }

    @Test func `work without a lease takes slots and lowers the capacity`() {
        var loop = Self.loop()
        let reserved = (loop.reserve(.one), loop.reserve(.one))
        #expect(reserved == (true, false))
        #expect(loop.capacity == Slots(["default": 0]))
        #expect(Self.words(loop.handle(Self.statement(1, Self.lease("a")), now: Self.start)) == ["accept a"])
        #expect(Self.words(loop.handle(.released(.one), now: Self.start)) == ["start a"])
        #expect(loop.capacity == nil)
    }

    /// Whatever is stated, slots are never overdrawn, at most one attempt of a lease is begun, and at the end of it all
    /// everything is free.
    @Test(arguments: [UInt64.random(in: .min ... .max), 1, 2, 3, 9_700_815_271_952_880_681])
    func `slots are kept through any history`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let total = 3
        var loop = Self.loop(slots: total)
        var stated: [String: Bool] = [:]
        var alive: Set<LeaseKey> = []
        var started: Set<LeaseKey> = []
        var now = Self.start
        var rev: Int64 = 0
        var grants = 0
        func follow(_ effects: [SyncLoop.Effect]) {
            for case .start(let key) in effects {
                #expect(started.insert(key).inserted, "seed \(seed)")
                alive.insert(key)
            }
            #expect(alive.count <= total, "seed \(seed)")
            #expect(loop.free["default"] == total - alive.count, "seed \(seed)")
        }
        func state(_ count: Int) {
            rev += 1
            for name in stated.keys.sorted() where Int.random(in: 0..<6, using: &random) == 0 { stated[name] = nil }
            for _ in 0..<count {
                // Numbered, because what was begun once is not begun again.
                grants += 1
                stated["t\(Int.random(in: 0..<1_000_000, using: &random))-\(grants)"] = false
            }
            let known = Set(loop.heldKeys)
            let leases = stated.keys.sorted().map { name in
                Self.lease(
                    name,
                    want: Int.random(in: 0..<9, using: &random) == 0 ? .cancel : .run,
                    isKnown: known.contains(Self.key(name))
                )
            }
            follow(loop.handle(.answered(Statement(rev: rev, leases: leases), sentAt: now), now: now))
        }
        for _ in 0..<2000 {
            now += Milliseconds(Int64.random(in: 0...2000, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2: state(Int.random(in: 0...3, using: &random))
            case 3...5:
                guard let key = alive.sorted().randomElement(using: &random) else { continue }
                alive.remove(key)
                follow(loop.handle(Bool.random(using: &random) ? .finished(key) : .ended(key), now: now))
            case 6: follow(loop.handle(.tick, now: now))
            default: follow(loop.handle(.accepting(Bool.random(using: &random)), now: now))
            }
        }
        stated = [:]
        rev += 1
        follow(loop.handle(.answered(Statement(rev: rev, leases: []), sentAt: now), now: now))
        for key in alive.sorted() {
            alive.remove(key)
            follow(loop.handle(.ended(key), now: now))
        }
        #expect(loop.isIdle && loop.isQuiet && loop.capacity == nil, "seed \(seed)")
    }
}
