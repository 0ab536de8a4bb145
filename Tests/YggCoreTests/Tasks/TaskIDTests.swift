import Testing
import YggCore

struct TaskIDTests {
    @Test(arguments: ["a", "A-b_c.9", "-", "...", String(repeating: "x", count: 64)])
    func `letters, digits, dot, dash and underscore make an id`(text: String) {
        #expect(TaskID(text)?.rawValue == text)
        #expect(ExecutorID(text)?.rawValue == text)
    }

    @Test(arguments: ["", ".", "..", "a/b", "a b", "a\n", "\0", "é", "a:b", String(repeating: "x", count: 65)])
    func `anything else does not`(text: String) {
        #expect(TaskID(text) == nil)
        #expect(ExecutorID(text) == nil)
    }

    @Test(arguments: ["code-refactor", "a-b", "ops-restart-jellyfin", "x9-9"])
    func `a kind is a prefix and at least one word`(text: String) throws {
        let kind = try #require(TaskKind(text))
        #expect(kind.rawValue == text)
        #expect(
            text.hasPrefix(kind.prefix) && kind.prefix.hasSuffix("-") && kind.prefix.filter { $0 == "-" }.count == 1
        )
    }

    @Test(arguments: [
        "", "code", "code-", "-code", "code--x", "Code-x", "9-x", "code-x y", "code_x", "cöde-x",
        "a-" + String(repeating: "b", count: 63),
    ])
    func `other texts are no kinds`(text: String) { #expect(TaskKind(text) == nil) }

    @Test(arguments: Seeds.all)
    func `made ids sort by time and never run backwards`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var maker = TaskIDMaker()
        var time = Timestamp.noon
        var last: TaskID?
        for _ in 0..<2_000 {
            // Often within one millisecond, sometimes onwards, sometimes the clock is set back.
            time = time + Milliseconds(random.pick([0, 0, 0, 1, 5, -3, -3_600_000, 60_000]))
            let id = maker.next(at: time, random: &random)
            #expect(TaskID(id.rawValue) == id)
            if let last { #expect(last < id, "seed \(seed)") }
            last = id
        }
    }

    @Test func `ids of different makers sort by time too`() {
        var random = SeededRandom(seed: 1)
        let ids = (0..<200).map { step in
            var maker = TaskIDMaker()
            return maker.next(at: .noon + Milliseconds(Int64(step)), random: &random)
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func `the time is the first ten letters of an id`() {
        var random = SeededRandom(seed: 1)
        var maker = TaskIDMaker()
        // 2^40 + 5 in base 32: thirty-five bits make seven letters.
        let id = maker.next(at: Timestamp(milliseconds: 1 << 40 | 5), random: &random)
        #expect(id.rawValue.prefix(10) == "0100000005")
        #expect(id.rawValue.utf8.count == 26)
    }

    @Test func `a random part that is full carries on`() {
        var ones = AllOnes()
        var maker = TaskIDMaker()
        let first = maker.next(at: .noon, random: &ones)
        let second = maker.next(at: .noon, random: &ones)
        #expect(first < second)
        #expect(first.rawValue.prefix(10) == second.rawValue.prefix(10))
    }
}

private struct AllOnes: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
}
