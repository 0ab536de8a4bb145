#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where lines go, and in which form.
package enum LogDestination: Sendable {
    case stream(LogStream, LogFormat)
    /// Always JSON.
    case file(LogFile)

    /// A stream in the form that suits whoever is at its other end: a person at a terminal, else a program.
    package static func stream(_ stream: LogStream, environment: [String: String]) -> LogDestination {
        guard stream.isTerminal else { return .stream(stream, .json) }
        let colours = environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        return .stream(stream, .human(colours: colours))
    }

    func write(_ record: LogRecord) {
        switch self {
        case .stream(let stream, .json): stream.write(record.jsonLine)
        case .stream(let stream, .human(let colours)): stream.write(record.humanLine(colours: colours))
        case .file(let file): file.append(record.jsonLine)
        }
    }
}

package enum LogFormat: Sendable, Hashable {
    case json
    case human(colours: Bool)
}

/// A descriptor of this process that is there from beginning to end.
package struct LogStream: Sendable {
    let descriptor: Int32

    package static let standardOutput = LogStream(descriptor: 1)
    package static let standardError = LogStream(descriptor: 2)

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// One `write` a line: lines of several threads, and of processes that share the descriptor, stay whole.
    func write(_ line: [UInt8]) { writeAll(line, to: descriptor) }
}

/// Writes everything or, where the other end is gone or the disk is full, gives up: there is nobody to tell, because
/// telling is what failed, and no work may end because its log cannot be kept.
/// - Returns: how many bytes were written.
@discardableResult
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            written += count
        } else if errno == EAGAIN || errno == EWOULDBLOCK {
            // Somebody we share the terminal with made it non-blocking; a tenth of a second is patience enough.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { return written }
        } else if errno != EINTR {
            return written
        }
    }
    return written
}
