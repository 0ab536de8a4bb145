import Glibc

/// What the torture itself did, with the seconds since its start: one line each, for whoever looks for the reason of a
/// finding.
final class TortureLog: Sendable {
    private let file: Int32
    private let startedAt: Int64

    init(path: String, startedAt: Int64) throws {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Sockets.failure("\(path) cannot be written") }
        self.startedAt = startedAt
    }

    deinit { close(file) }

    func write(_ what: String, _ text: String) {
        let now = MonotonicTime.now
        let milliseconds = (now - startedAt) / 1_000_000
        var line = "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) \(now) \(what): \(text)\n"
        // One write, so that lines of two threads never mix. A full disk costs the line, not the run.
        line.withUTF8 { _ = Glibc.write(file, $0.baseAddress, $0.count) }
    }
}
