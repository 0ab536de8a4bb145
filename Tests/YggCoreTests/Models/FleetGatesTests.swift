import Testing
import YggCore

/// Two executors and more at one server.
struct FleetGatesTests {
    private typealias Turn = GateDemand.Turn

    private static let surtr = ExecutorID(trusted: "surtr")
    private static let fenrir = ExecutorID(trusted: "fenrir")

    private struct Fleet {
        var gates = FleetGates()
        var now = Instant(nanoseconds: 0)
        var counter: Int64 = 0

        @discardableResult
        mutating func state(
            _ id: ExecutorID,
            _ turns: [Turn],
            boot: String = "1",
            capacity: Int = 1,
            at gate: String = "surtr:11434"
        ) -> Set<ExecutorID> {
            counter += 1
            let demand = GateDemand(gate: gate, limits: .init(capacity: capacity), turns: turns)
            return play(.stated(id, bootID: boot, counter: counter, turns.isEmpty ? [] : [demand]))
        }

        mutating func play(_ input: FleetGates.Input) -> Set<ExecutorID> {
            Set(
                gates.handle(input, now: now).map { effect in
                    switch effect {
                    case .news(let id): id
                    }
                }
            )
        }

        func standing(_ id: ExecutorID, _ number: Int, at gate: String = "surtr:11434") -> GateStanding.Standing? {
            gates.answer(to: id).standings.first { $0.gate == gate }?.turns[number]
        }

        func admitted(_ id: ExecutorID) -> Set<Int> {
            let turns = gates.answer(to: id).standings.flatMap(\.turns)
            return Set(turns.filter { $0.value == .admitted }.map(\.key))
        }
    }

    @Test func `one server is asked by one executor at a time`() {
        var fleet = Fleet()
        #expect(fleet.state(Self.surtr, [asks(0)]) == [Self.surtr])
        fleet.state(Self.fenrir, [asks(0)])
        #expect(fleet.standing(Self.surtr, 0) == .admitted)
        #expect(fleet.standing(Self.fenrir, 0) == .waits(.init(position: 1, waiting: 1)))
        #expect(fleet.state(Self.surtr, []) == [Self.fenrir])
        #expect(fleet.standing(Self.fenrir, 0) == .admitted)
    }

    @Test func `servers do not wait for each other`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [asks(0)])
        fleet.state(Self.fenrir, [asks(0)], at: "fenrir:11434")
        #expect(fleet.admitted(Self.surtr) == [0] && fleet.admitted(Self.fenrir) == [0])
    }

    @Test func `what is stated again changes nothing, and an older statement is not heard`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [asks(0)])
        fleet.state(Self.fenrir, [asks(0)])
        let before = fleet.gates.answer(to: Self.fenrir)
        #expect(fleet.state(Self.fenrir, [asks(0)]).isEmpty)
        #expect(fleet.gates.answer(to: Self.fenrir).revision == before.revision)
        // Sent before the last one, and late.
        #expect(fleet.play(.stated(Self.fenrir, bootID: "1", counter: 1, [])).isEmpty)
        #expect(fleet.gates.answer(to: Self.fenrir).standings == before.standings)
    }

    @Test func `an admission that was not heard is not taken back`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [asks(0)])
        // Its answer was lost, so it still says that it waits.
        fleet.state(Self.surtr, [asks(0), asks(1)])
        #expect(fleet.admitted(Self.surtr) == [0])
    }

    @Test func `whoever is silent, or began anew, has left`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [runs(0)])
        fleet.state(Self.fenrir, [asks(0)])
        fleet.now += .seconds(10)
        fleet.state(Self.fenrir, [asks(0)])
        #expect(fleet.play(.sweep(silence: .seconds(15))).isEmpty)
        fleet.now += .seconds(6)
        #expect(fleet.play(.sweep(silence: .seconds(15))) == [Self.fenrir])
        #expect(fleet.admitted(Self.fenrir) == [0])
        fleet.state(Self.surtr, [asks(7)])
        fleet.state(Self.fenrir, [asks(0)], boot: "2")
        #expect(fleet.admitted(Self.surtr) == [7] && fleet.admitted(Self.fenrir).isEmpty)
    }

    @Test func `a coordinator that begins anew first hears who is at work already`() {
        var fleet = Fleet()
        fleet.gates = FleetGates(opensAt: fleet.now + .seconds(3))
        fleet.state(Self.surtr, [asks(4)])
        #expect(fleet.standing(Self.surtr, 4) == nil)
        fleet.now += .seconds(1)
        fleet.state(Self.fenrir, [runs(9)])
        fleet.now += .seconds(3)
        #expect(fleet.play(.sweep(silence: .seconds(15))) == [Self.surtr])
        #expect(fleet.standing(Self.surtr, 4) == .waits(.init(position: 1, waiting: 1)))
        #expect(fleet.state(Self.fenrir, []) == [Self.surtr])
        #expect(fleet.standing(Self.surtr, 4) == .admitted)
    }

    @Test func `whoever is at work counts, also without having been let in here`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [asks(4), runs(3)])
        #expect(fleet.admitted(Self.surtr) == [3])
        // Admitted by its own gate while nobody answered: too many for a while, and nobody else until they are done.
        fleet.state(Self.fenrir, [runs(9)])
        fleet.state(Self.surtr, [asks(4)])
        #expect(fleet.admitted(Self.surtr).isEmpty)
        fleet.state(Self.fenrir, [])
        #expect(fleet.admitted(Self.surtr) == [4])
    }

    @Test func `of two limits the stricter one counts`() {
        var fleet = Fleet()
        fleet.state(Self.surtr, [asks(0), asks(1)], capacity: 2)
        #expect(fleet.admitted(Self.surtr) == [0, 1])
        fleet.state(Self.fenrir, [asks(0)], capacity: 1)
        fleet.state(Self.surtr, [runs(1)], capacity: 2)
        #expect(fleet.admitted(Self.fenrir).isEmpty)
        fleet.state(Self.surtr, [], capacity: 2)
        #expect(fleet.admitted(Self.fenrir) == [0])
    }

    /// Executors that come, go, restart, lose answers and are cut off: never more than one at work that the gate let in,
    /// never nobody while somebody waits, and all are served in the end.
    @Test(arguments: Seeds.all)
    func `turns are given one at a time, and none is forgotten`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let ids = ["a", "b", "c"].map { ExecutorID(trusted: $0) }
        for _ in 0..<40 {
            var fleet = Fleet()
            var wanted: [ExecutorID: [Turn]] = [:]
            var boots: [ExecutorID: Int] = [:]
            var next = 0
            for step in 0..<150 {
                let id = random.pick(ids)
                fleet.now += random.milliseconds(1..<2_000)
                switch random.int(0..<10) {
                case 0..<4 where step < 100:
                    wanted[id, default: []].append(
                        Turn(number: next, model: random.pick(["m", "n"]), isRunning: false)
                    )
                    next += 1
                case 4..<7: wanted[id]?.removeAll { $0.isRunning }
                case 7 where step < 100:
                    wanted[id] = []
                    boots[id, default: 1] += 1
                default: break
                }
                // One in four answers is lost.
                fleet.state(id, wanted[id] ?? [], boot: "\(boots[id] ?? 1)")
                if !random.chance(25) {
                    let admitted = fleet.admitted(id)
                    wanted[id] = wanted[id]?.map { turn in
                        Turn(
                            number: turn.number,
                            model: turn.model,
                            isRunning: turn.isRunning || admitted.contains(turn.number)
                        )
                    }
                }
                let inside = ids.reduce(0) { $0 + fleet.admitted($1).count }
                let stated = ids.reduce(0) { $0 + fleet.gates.answer(to: $1).standings.flatMap(\.turns).count }
                if inside > 1 || (inside == 0 && stated > 0) {
                    Issue.record("seed \(seed), step \(step): \(inside) inside of \(stated)")
                    return
                }
            }
            for _ in 0...next {
                for id in ids {
                    let admitted = fleet.admitted(id)
                    wanted[id]?.removeAll { admitted.contains($0.number) }
                    fleet.state(id, wanted[id] ?? [], boot: "\(boots[id] ?? 1)")
                }
            }
            let isDone = wanted.values.allSatisfy(\.isEmpty)
            #expect(isDone, "seed \(seed)")
        }
    }

    private func asks(_ number: Int) -> Turn { Turn(number: number, model: "m", isRunning: false) }
    private func runs(_ number: Int) -> Turn { Turn(number: number, model: "m", isRunning: true) }
}
