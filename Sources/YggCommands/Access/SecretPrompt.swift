import Glibc

/// Asks for what is not to be seen.
enum SecretPrompt {
    /// A line from the terminal without its echo, or the whole of standard input where there is none.
    static func read(_ prompt: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            return try TextArgument.read("-", option: "token").filter { !$0.isWhitespace }
        }
        let hidden = TerminalMode(without: tcflag_t(ECHO))
        Console.error(prompt)
        let line = line()
        hidden?.end()
        Console.error("\n")
        return line.filter { !$0.isWhitespace }
    }

    /// Not through stdio, whose lock would be held while this waits, and be waited for where a signal ends the process.
    private static func line() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < TextArgument.maxBytes {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
