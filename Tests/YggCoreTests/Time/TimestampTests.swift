import Testing
import YggCore

struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
            ("2026-03-01T12:00:00.000Z", 1_772_366_400_000), ("2000-02-29T00:00:00.000Z", 951_782_400_000),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199_999), ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)]
    )
    func `a time is written and read as RFC 3339`(text: String, milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(parsing: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(
        arguments: [
            ("2026-03-01T12:00:00Z", 0), ("2026-03-01t12:00:00z", 0), ("2026-03-01 12:00:00Z", 0),
            ("2026-03-01T13:00:00+01:00", 0), ("2026-03-01T06:30:00-05:30", 0), ("2026-03-02T11:59:00+23:59", 0),
            ("2026-03-01T12:00:00.5Z", 500), ("2026-03-01T12:00:00.123456789Z", 123),
            ("2026-03-01T12:00:00.9999Z", 999),
            ("2026-03-01T11:59:60Z", 0),
        ] as [(String, Int64)]
    )
    func `other forms of a time are read`(text: String, milliseconds: Int64) {
        #expect(Timestamp(parsing: text) == .noon + Milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "now", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01T12:00Z", "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z", "2026-02-29T12:00:00Z", "2100-02-29T12:00:00Z", "2026-04-31T12:00:00Z",
        "2026-03-00T12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z",
        "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00+1:00", "2026-03-01T12:00:00+0100",
        "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00+01:60", "2026-03-01T12:00:00Z ", " 2026-03-01T12:00:00Z",
        "+026-03-01T12:00:00Z", "2026-3-01T12:00:00Z", "２026-03-01T12:00:00Z",
    ])
    func `what is no time is refused`(text: String) { #expect(Timestamp(parsing: text) == nil) }

    @Test(arguments: ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"])
    func `a time whose year does not have four digits in UTC is refused`(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test(arguments: [Int64.min, -62_167_219_200_001, 253_402_300_800_000, Int64.max])
    func `a time beyond the calendar can still be written`(milliseconds: Int64) {
        let text = Timestamp(milliseconds: milliseconds).description
        #expect(text == (milliseconds < 0 ? "0000-01-01T00:00:00.000Z" : "9999-12-31T23:59:59.999Z"))
    }

    @Test(arguments: Seeds.all)
    func `every time survives being written and read`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let time = Timestamp(milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            if Timestamp(parsing: time.description) != time { Issue.record("\(time.milliseconds) is written \(time)") }
        }
    }

    @Test func `every day of four centuries follows the one before it`() {
        // A plain calendar, kept in step with the arithmetic one.
        var (year, month, day) = (1800, 1, 1)
        var time = Timestamp(parsing: "1800-01-01T00:00:00Z")
        for _ in 0..<146_097 {
            guard let now = time else { break }
            let expected = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            if now.description.prefix(10) != expected { Issue.record("\(now) should be \(expected)") }
            time = now + .days(1)
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
        #expect(time == Timestamp(parsing: "2200-01-01T00:00:00Z"))
    }
}
