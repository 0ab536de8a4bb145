/// A point on the monotonic clock of one process: what deadlines are made of.
///
/// It is handed to every decision as `now`, never asked for, and never travels: other machines get durations.
package struct Instant: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Instant, right: Milliseconds) -> Instant {
        let (product, overflow) = right.rawValue.multipliedReportingOverflow(by: 1_000_000)
        return Instant(nanoseconds: saturating(left.nanoseconds, overflow ? Int64.max : product))
    }
    package static func - (left: Instant, right: Instant) -> Milliseconds {
        Milliseconds((left.nanoseconds - right.nanoseconds) / 1_000_000)
    }
    package static func += (left: inout Instant, right: Milliseconds) { left = left + right }
}

/// A length of time. JSON carries it in members that end in `Ms`.
package struct Milliseconds: Sendable, Hashable, Comparable, ExpressibleByIntegerLiteral {
    package var rawValue: Int64

    package init(_ rawValue: Int64) { self.rawValue = rawValue }
    package init(integerLiteral value: Int64) { rawValue = value }

    package static let zero = Milliseconds(0)
    package static func seconds(_ count: Int64) -> Milliseconds { Milliseconds(count * 1000) }
    package static func minutes(_ count: Int64) -> Milliseconds { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Milliseconds { .minutes(count * 60) }
    package static func days(_ count: Int64) -> Milliseconds { .hours(count * 24) }

    package static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.rawValue < right.rawValue }
    package static func + (left: Milliseconds, right: Milliseconds) -> Milliseconds {
        Milliseconds(saturating(left.rawValue, right.rawValue))
    }
    package static func / (left: Milliseconds, right: Int64) -> Milliseconds { Milliseconds(left.rawValue / right) }
    package static func * (left: Milliseconds, right: Int64) -> Milliseconds {
        let (product, overflow) = left.rawValue.multipliedReportingOverflow(by: right)
        return Milliseconds(overflow ? Int64.max : product)
    }

    package var duration: Duration { .milliseconds(rawValue) }
}

extension Milliseconds {
    /// Reads `500ms`, `30s`, `10m`, `2h`, `7d`, the form of YAML and flags; nil for anything else.
    package init?(parsing text: String) {
        let units: [(suffix: String, factor: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let count = Int64(digits)
            else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit.factor)
            if overflow { return nil }
            self.init(product)
            return
        }
        return nil
    }

    /// The shortest exact form that `init(parsing:)` reads.
    package var text: String {
        let units: [(suffix: String, factor: Int64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
        ]
        if rawValue == 0 { return "0s" }
        for unit in units where rawValue % unit.factor == 0 { return "\(rawValue / unit.factor)\(unit.suffix)" }
        return "\(rawValue)ms"
    }
}

/// A sum that stops at the end of the range: a deadline that far away never comes, and must not trap.
private func saturating(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right < 0 ? Int64.min : Int64.max) : sum
}
