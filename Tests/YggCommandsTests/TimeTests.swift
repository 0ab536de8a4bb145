import Testing
import YggCore

@testable import YggCommands

struct TimeTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)

    @Test(
        arguments: [
            ("+30m", 1_001_800_000), ("2h", 1_007_200_000), ("0s", 1_000_000_000), ("1970-01-01T00:00:01Z", 1000),
            ("1970-01-01T01:00:00+01:00", 0), ("tomorrow", nil), ("+", nil), ("-5m", nil), ("", nil), ("30", nil),
        ] as [(String, Int64?)]
    )
    func `a time is absolute or from now`(text: String, milliseconds: Int64?) {
        #expect(TimeArgument.parse(text, now: Self.now)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            (0, "now"), (999, "now"), (1000, "1s"), (59_999, "59s"), (60_000, "1m"), (7_199_000, "1h"),
            (172_800_000, "2d"),
            (-180_000, "in 3m"),
        ] as [(Int64, String)]
    )
    func `ages have one unit`(ago: Int64, text: String) {
        let time = Timestamp(milliseconds: Self.now.milliseconds - ago)
        #expect(SpanText.age(of: time, now: Self.now) == text)
    }

    @Test(
        arguments: [
            (0, "0ms"), (340, "340ms"), (3299, "3.2s"), (59_999, "59.9s"), (250_000, "4m10s"), (7_500_000, "2h05m"),
            (-5, "0ms"),
        ] as [(Int64, String)]
    )
    func `lengths are told as exactly as helps`(span: Int64, text: String) {
        #expect(SpanText.exact(Milliseconds(span)) == text)
    }
}
