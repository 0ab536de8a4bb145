import Testing
import YggCore

struct ModelGateTests {
    private static let start = Instant(nanoseconds: 0)

    /// A gate with the numbers of those who ask it.
    private struct Played {
        var gate: ModelGate
        var now = start
        var next = 0
        var admitted: [Int] = []
        var places: [Int: ModelGate.Place] = [:]

        init(_ limits: ModelGate.Limits = ModelGate.Limits()) { gate = ModelGate(limits) }

        mutating func ask(_ model: String) {
            handle(.asks(ModelGate.Ticket(number: next), model: model))
            next += 1
        }

        mutating func leave(_ number: Int) { handle(.leaves(ModelGate.Ticket(number: number))) }

        mutating func handle(_ input: ModelGate.Input) {
            for effect in gate.handle(input, now: now) {
                switch effect {
                case .admit(let ticket): admitted.append(ticket.number)
                case .place(let ticket, let place): places[ticket.number] = place
                }
            }
        }
    }

    @Test func `as many go through as the server works on at once`() {
        var played = Played(.init(capacity: 2))
        for _ in 0..<4 { played.ask("a") }
        #expect(played.admitted == [0, 1])
        played.leave(0)
        #expect(played.admitted == [0, 1, 2])
    }

    @Test func `those who want the model that runs go first`() {
        var played = Played()
        for model in ["a", "b", "a", "b", "a"] { played.ask(model) }
        for number in [0, 2, 4, 1] { played.leave(number) }
        #expect(played.admitted == [0, 2, 4, 1, 3])
    }

    @Test func `nobody is passed by for ever`() {
        var played = Played(.init(maxOvertakes: 2))
        played.ask("a")
        played.ask("b")
        for _ in 0..<5 { played.ask("a") }
        for number in [0, 2, 3] { played.leave(number) }
        #expect(played.admitted == [0, 2, 3, 1])
    }

    @Test func `a second model waits until there is room for it, and is not passed by too often meanwhile`() {
        var played = Played(.init(capacity: 2, models: 1, maxOvertakes: 1))
        played.ask("a")
        played.ask("b")
        #expect(played.admitted == [0])
        played.ask("a")
        #expect(played.admitted == [0, 2])
        played.ask("a")
        played.leave(2)
        #expect(played.admitted == [0, 2])
        played.leave(0)
        #expect(played.admitted == [0, 2, 1])
        var wide = Played(.init(capacity: 2, models: 2))
        wide.ask("a")
        wide.ask("b")
        #expect(wide.admitted == [0, 1])
    }

    @Test func `place and estimate are told as they change`() {
        var played = Played()
        played.ask("a")
        played.ask("a")
        #expect(played.places[1] == ModelGate.Place(position: 1, waiting: 1, estimate: nil))
        played.now += .seconds(10)
        played.leave(0)
        played.ask("b")
        played.ask("a")
        played.now += .seconds(4)
        played.ask("b")
        // 3 wants the model that runs, so it goes before 2, and that before 4.
        #expect(played.places[3] == ModelGate.Place(position: 1, waiting: 3, estimate: .seconds(6)))
        #expect(played.places[2] == ModelGate.Place(position: 2, waiting: 3, estimate: .seconds(16)))
        #expect(played.places[4] == ModelGate.Place(position: 3, waiting: 3, estimate: .seconds(26)))
    }

    @Test func `who gives up makes room in the line`() {
        var played = Played()
        for model in ["a", "b", "b"] { played.ask(model) }
        played.leave(1)
        #expect(played.places[2]?.position == 1)
        played.leave(0)
        #expect(played.admitted == [0, 2])
    }

    @Test func `a wider gate lets more through at once`() {
        var played = Played()
        for _ in 0..<3 { played.ask("a") }
        played.handle(.limits(.init(capacity: 3)))
        #expect(played.admitted == [0, 1, 2])
    }

    /// Whatever comes and goes: the limits hold, nobody waits while they could go, nobody is passed by too often, equals go
    /// in their order, and all get through in the end.
    @Test(arguments: Seeds.all)
    func `it is fair and never idle`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let limits = ModelGate.Limits(
                capacity: random.int(1..<4),
                models: random.int(1..<3),
                maxOvertakes: random.int(0..<5)
            )
            var played = Played(limits)
            var models: [Int: String] = [:]
            var running: Set<Int> = []
            var waiting: [Int] = []
            var overtaken: [Int: Int] = [:]
            for step in 0..<200 {
                let isOver = step >= 120
                if !isOver, random.chance(55) {
                    let model = random.pick(["a", "b", "c"])
                    models[played.next] = model
                    waiting.append(played.next)
                    played.ask(model)
                } else if let number = running.min(by: { _, _ in random.chance(50) }) {
                    running.remove(number)
                    played.leave(number)
                } else if !isOver, !waiting.isEmpty, random.chance(20) {
                    played.leave(waiting.remove(at: random.int(0..<waiting.count)))
                }
                played.now += random.milliseconds(1..<5_000)
                for number in played.admitted {
                    for earlier in waiting where earlier < number { overtaken[earlier, default: 0] += 1 }
                    let isFirstOfItsKind = !waiting.contains { $0 < number && models[$0] == models[number] }
                    if !isFirstOfItsKind { Issue.record("seed \(seed): \(number) passed one of its own model") }
                    waiting.removeAll { $0 == number }
                    running.insert(number)
                }
                played.admitted = []
                let kinds = Set(running.compactMap { models[$0] })
                let isIdle = running.isEmpty && !waiting.isEmpty
                let isTooMany = running.count > limits.capacity || kinds.count > limits.models
                let isUnfair = overtaken.values.contains { $0 > limits.maxOvertakes }
                if isIdle || isTooMany || isUnfair {
                    Issue.record("seed \(seed), step \(step): idle \(isIdle), many \(isTooMany), unfair \(isUnfair)")
                    return
                }
            }
            while let number = running.first {
                running.remove(number)
                played.leave(number)
                for number in played.admitted {
                    waiting.removeAll { $0 == number }
                    running.insert(number)
                }
                played.admitted = []
            }
            #expect(waiting.isEmpty)
        }
    }
}
