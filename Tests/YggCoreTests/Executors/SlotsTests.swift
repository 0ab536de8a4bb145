import Testing
import YggCore

struct SlotsTests {
    @Test func `slots are counters by name`() {
        var slots = Slots(["default": 4, "gpu": 1])
        #expect(slots["default"] == 4 && slots["gpu"] == 1 && slots["disk"] == 0)
        slots -= Slots(["default": 1, "disk": 2])
        #expect(slots["default"] == 3 && slots["disk"] == -2)
        slots += Slots(["disk": 2, "default": 1])
        #expect(slots == Slots(["default": 4, "disk": 0, "gpu": 1]))
    }

    @Test func `equal counters are equal in whatever order they were named`() {
        var slots = Slots(["gpu": 1])
        slots["default"] = 2
        #expect(slots == Slots(["default": 2, "gpu": 1]))
        #expect(slots.hashValue == Slots(["default": 2, "gpu": 1]).hashValue)
    }

    @Test(
        arguments: [
            (["default": 1], ["default": 1], 0, true), (["default": 1], ["default": 2], 0, false),
            (["default": 1], ["default": 2], 1, true), (["default": -8], ["default": 1], 8, false),
            (["default": -7], ["default": 1], 8, true), (["default": 1], ["gpu": 1], 0, false), ([:], [:], 0, true),
            ([:], ["gpu": 0], 0, true), (["default": -3], ["gpu": 0], 0, true),
            (["default": 2, "gpu": 0], ["default": 1, "gpu": 1], 0, false),
        ] as [([String: Int], [String: Int], Int, Bool)]
    )
    func `a need is covered when every counter of it is`(
        free: [String: Int],
        need: [String: Int],
        extra: Int,
        isCovered: Bool
    ) {
        #expect(Slots(free).covers(Slots(need), extra: extra) == isCovered)
    }

    @Test func `a name with @ belongs to the fleet`() {
        let slots = Slots(["default": 2, "gpu@surtr": 1])
        #expect(slots.local == Slots(["default": 2]))
        #expect(slots.fleet == Slots(["gpu@surtr": 1]))
        #expect(!slots.isEmpty && Slots().isEmpty && Slots(["default": 0]).isEmpty)
    }

    @Test(arguments: Seeds.all)
    func `what is taken and given back changes nothing`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let names = ["default", "gpu", "disk", "gpu@surtr", "link@home"]
        for _ in 0..<500 {
            func some() -> Slots {
                Slots(Dictionary(names.map { ($0, random.int(0..<5)) }.filter { $0.1 > 0 }, uniquingKeysWith: +))
            }
            let start = some()
            let one = some()
            let other = some()
            var slots = start
            slots += one
            slots -= other
            slots -= one
            slots += other
            #expect(names.allSatisfy { slots[$0] == start[$0] })
            var parts = start.local
            parts += start.fleet
            #expect(parts == start)
            var sum = one
            sum += other
            #expect(sum.covers(one) && sum.covers(other))
        }
    }

    @Test func `slots are read from JSON with every complaint at its place`() throws {
        #expect(try Slots(["default": 4, "gpu@surtr": 1], at: "/slots") == Slots(["default": 4, "gpu@surtr": 1]))
        let error = #expect(throws: InvalidInput.self) {
            try Slots(["default": -1, "a@b@c": 1, "": 2, "x/y": 1, "many": 10_001, "gpu": "1"], at: "/slots")
        }
        #expect(
            error?.issues.map(\.pointer)
                == ["/slots/default", "/slots/a@b@c", "/slots/", "/slots/x~1y", "/slots/many", "/slots/gpu"]
        )
    }

    @Test func `slots survive being written and read`() throws {
        let slots = Slots(["default": 4, "gpu@surtr": 0, "b": 10_000])
        #expect(try Slots(slots.json, at: "") == slots)
    }
}
