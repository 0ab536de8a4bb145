import Testing
import YggCore

struct MillisecondsTests {
    @Test(
        arguments: [
            ("0s", 0), ("500ms", 500), ("1s", 1_000), ("90s", 90_000), ("10m", 600_000), ("2h", 7_200_000),
            ("7d", 604_800_000), ("1500ms", 1_500),
        ] as [(String, Int64)]
    )
    func `a duration is a number and a unit`(text: String, milliseconds: Int64) {
        #expect(Milliseconds(parsing: text) == Milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", "ms", "5", "5 s", "5S", "-5s", "+5s", "-0s", "1.5s", "5sm", "5s ", "5min", "٥s",
        "99999999999999999999s",
        "9223372036854775807d",
    ])
    func `anything else is not`(text: String) { #expect(Milliseconds(parsing: text) == nil) }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ms"), (1_500, "1500ms"), (60_000, "1m"), (90_000, "90s"), (7_200_000, "2h"),
            (172_800_000, "2d"),
        ] as [(Int64, String)]
    )
    func `a duration is written in its largest exact unit`(milliseconds: Int64, text: String) {
        #expect(Milliseconds(milliseconds).text == text)
    }

    @Test(arguments: Seeds.all)
    func `every duration survives being written and read`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_000 {
            let unit: Int64 = random.pick([1, 1_000, 60_000, 3_600_000, 86_400_000])
            let duration = Milliseconds(.random(in: 0...100_000, using: &random) * unit)
            #expect(Milliseconds(parsing: duration.text) == duration)
        }
    }

    @Test func `a deadline too far away is the last one there is`() {
        #expect(Instant.zero + .days(1_000_000) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .max) + 1 == Instant(nanoseconds: .max))
        #expect(Instant.zero + Milliseconds(.max) + Milliseconds(.max) > .zero)
        #expect(Milliseconds(.max) * 2 == Milliseconds(.max))
        #expect(Milliseconds(.max) + 1 == Milliseconds(.max))
    }
}
