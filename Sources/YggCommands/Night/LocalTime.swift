import Glibc
import YggCore

/// A time in the zone of whoever looks at it.
struct LocalTime {
    private var parts = tm()

    init(_ time: Timestamp) {
        var seconds = time_t(time.milliseconds / 1000)
        localtime_r(&seconds, &parts)
    }

    var clock: String { "\(Self.twoDigits(parts.tm_hour)):\(Self.twoDigits(parts.tm_min))" }
    var month: String { Self.twoDigits(parts.tm_mon + 1) }
    var day: String { Self.twoDigits(parts.tm_mday) }

    private static func twoDigits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
