import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A log file of bounded size: when it is full it becomes `….1`, that one `….2`, and the oldest is dropped.
///
/// It holds whole lines only, also after a crash in the middle of one. One process writes it.
package final class LogFile: Sendable {
    package let path: String
    private let maxBytes: Int
    private let generations: Int
    private let state: Mutex<State>

    /// The open file, `-1` where it could not be opened; then every line tries again.
    private struct State {
        var descriptor: Int32 = -1
        var size = 0
    }

    /// - Parameters:
    ///   - path: in a directory that exists.
    ///   - maxBytes: of one file.
    ///   - generations: how many files there are at most, the current one included.
    /// - Throws: `LogFileError` where the file cannot be written now. What fails later loses lines, not work.
    package init(path: String, maxBytes: Int = 16 << 20, generations: Int = 3) throws(LogFileError) {
        self.path = path
        self.maxBytes = max(1, maxBytes)
        self.generations = max(1, generations)
        var opened = State()
        let problem = LogFile.reopen(path, &opened)
        state = Mutex(opened)
        if problem != 0 { throw LogFileError(path: path, code: problem) }
    }

    deinit {
        state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
        }
    }

    /// - Parameter line: with its line feed, and no other.
    func append(_ line: [UInt8]) {
        state.withLock { state in
            if state.size > 0, state.size + line.count > maxBytes { rotate(&state) }
            if state.descriptor < 0, LogFile.reopen(path, &state) != 0 { return }
            let written = writeAll(line, to: state.descriptor)
            state.size += written
            // A full disk cuts a line; what is there of it is taken back, so that the next one stands alone.
            if written < line.count, ftruncate(state.descriptor, off_t(state.size - written)) == 0 {
                state.size -= written
            }
        }
    }

    /// The newest lines, oldest first, without their line feeds; older generations are read where the current one has
    /// too few. It reads no more of the disk than it returns.
    /// - Parameter maxBytes: of all lines together, so that no question can fill the memory.
    package func lines(last count: Int, maxBytes: Int = 4 << 20) -> [String] {
        var lines: [String] = []
        var budget = maxBytes
        state.withLock { _ in
            for generation in 0..<generations where lines.count < count && budget > 0 {
                let tail = fileTail(name(of: generation), lines: count - lines.count, maxBytes: budget)
                budget -= tail.reduce(0) { $0 + $1.utf8.count + 1 }
                lines = tail + lines
            }
        }
        return lines
    }

    private func name(of generation: Int) -> String { generation == 0 ? path : "\(path).\(generation)" }

    private func rotate(_ state: inout State) {
        if state.descriptor >= 0 { close(state.descriptor) }
        state.descriptor = -1
        if generations == 1 { unlink(path) }
        for generation in stride(from: generations - 2, through: 0, by: -1) {
            rename(name(of: generation), name(of: generation + 1))
        }
        // Where the renaming failed the file is opened as large as it is, and grows rather than being lost.
        _ = LogFile.reopen(path, &state)
    }

    /// - Returns: 0, or the error.
    private static func reopen(_ path: String, _ state: inout State) -> Int32 {
        // Logs name files, commands and hosts: they are their owner's business.
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        let size = lseek(descriptor, 0, SEEK_END)
        state = State(descriptor: descriptor, size: max(0, Int(size)))
        var last: UInt8 = 0
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") {
            state.size += writeAll([UInt8(ascii: "\n")], to: descriptor)
        }
        return 0
    }
}

/// Why a log file cannot be written.
package struct LogFileError: Error, Hashable, CustomStringConvertible {
    package let path: String
    package let code: Int32

    package var description: String { "cannot write the log file \(path): \(String(cString: strerror(code)))" }
}
