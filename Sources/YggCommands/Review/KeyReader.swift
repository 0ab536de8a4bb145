import Dispatch
import Glibc
import YggCore

/// What a person types: single keys at a terminal, lines anywhere else. It is read when it is asked for, so that at a
/// terminal nothing counts that was typed before its question was seen.
final class KeyReader: Sendable {
    let isTerminal: Bool
    /// Reading blocks, which no thread of the cooperative pool may do.
    private let queue = DispatchQueue(label: "ygg.keys")
    private let mode: TerminalMode?

    /// - Parameter farewell: what is said where a signal ends the command.
    init(farewell: String) {
        mode = isatty(STDIN_FILENO) == 1 ? TerminalMode(without: tcflag_t(ICANON | ECHO), farewell: farewell) : nil
        isTerminal = mode != nil
    }

    func end() { mode?.end() }

    /// A key, or a line where there are no keys; nil at the end of the input.
    /// - Parameter prompt: what a person at a terminal is shown first.
    func key(_ prompt: String = "") async -> String? {
        guard let mode else { return await line() }
        return await read {
            mode.begin()
            Console.out(prompt)
            return Self.keystroke()
        }
    }

    /// A line, with an echo.
    func line() async -> String? {
        await read { [mode] in
            mode?.end()
            defer { mode?.begin() }
            return Self.line()
        }
    }

    private func read(_ body: @escaping @Sendable () -> String?) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// Waits for one character that came alone. An arrow sends several, the first an escape, and a paste sends many: their
    /// letters are no keys.
    private static func keystroke() -> String? {
        while true {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            let endOfInput: UInt8 = 4
            guard count > 0, buffer[0] != endOfInput else { return nil }
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            if text.count == 1, buffer[0] != 0x1B { return text == "\n" || text == "\r" ? " " : text }
        }
    }

    /// Byte by byte: what follows belongs to whoever reads next.
    private static func line() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < TextArgument.maxBytes {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
