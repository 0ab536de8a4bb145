import ArgumentParser
import YggCore

/// A point in time: RFC 3339, or a distance from now such as `+30m` or `2h`.
enum TimeArgument {
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if let time = Timestamp(parsing: text) { return time }
        return Milliseconds(parsing: text.hasPrefix("+") ? String(text.dropFirst()) : text).map { now + $0 }
    }
}

/// A length of time: `500ms`, `30s`, `10m`, `2h`, `7d`.
enum DurationArgument {
    @Sendable static func parse(_ text: String) throws -> Milliseconds {
        guard let duration = Milliseconds(parsing: text) else {
            throw ValidationError("\"\(text)\" is not a length of time such as 30s, 10m or 2h")
        }
        return duration
    }
}
