import Glibc
package import YggCore

extension HTTPReply {
    /// How long the server asks to be left alone: `Retry-After` as seconds, or as a time, which is held against the
    /// server's own clock where it tells it. At most a day is believed.
    package var retryAfter: Milliseconds? { retryAfter(at: wallClock()) }

    /// - Parameter now: our clock, for a server that does not tell its own.
    func retryAfter(at now: Timestamp) -> Milliseconds? {
        guard let field = header("retry-after") else { return nil }
        let wait: Milliseconds
        if let seconds = Int64(field) {
            wait = .seconds(max(0, min(seconds, 86_400)))
        } else if let time = Timestamp(httpDate: field) {
            wait = time - (header("date").flatMap { Timestamp(httpDate: $0) } ?? now)
        } else {
            return nil
        }
        return max(.zero, min(wait, .days(1)))
    }
}

extension Timestamp {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads the one form of a time that HTTP servers write: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = Self.months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(parsing: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}

private func wallClock() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}
