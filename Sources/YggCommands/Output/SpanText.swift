import YggCore

/// Lengths of time as people read them in a table: one unit, rounded down.
enum SpanText {
    /// How long ago `time` was: `now`, `12s`, `3m`, `5h`, `2d`; `in 3m` for a time to come.
    static func age(of time: Timestamp?, now: Timestamp) -> String {
        guard let time else { return "" }
        let span = now - time
        if span < .zero { return "in \(coarse(Milliseconds(-span.rawValue)))" }
        return span < .seconds(1) ? "now" : coarse(span)
    }

    static func coarse(_ span: Milliseconds) -> String {
        let seconds = span.rawValue / 1000
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m"
        case ..<86_400: "\(seconds / 3600)h"
        default: "\(seconds / 86_400)d"
        }
    }

    /// How long something took: `340ms`, `3.2s`, `4m10s`, `2h05m`.
    static func exact(_ span: Milliseconds) -> String {
        let milliseconds = max(0, span.rawValue)
        let seconds = milliseconds / 1000
        return switch milliseconds {
        case ..<1000: "\(milliseconds)ms"
        case ..<60_000: "\(seconds).\(milliseconds % 1000 / 100)s"
        case ..<3_600_000: "\(seconds / 60)m\(twoDigits(seconds % 60))s"
        default: "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m"
        }
    }

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
