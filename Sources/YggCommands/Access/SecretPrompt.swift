import Dispatch
import Glibc

/// Asks for what is not to be seen.
enum SecretPrompt {
    /// A line from the terminal without its echo, or the whole of standard input where there is none.
    static func read(_ prompt: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            return try TextArgument.read("-", option: "token").filter { !$0.isWhitespace }
        }
        let hidden = HiddenEcho()
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

/// The terminal does not show what is typed. It does again after `end`, and where a signal ends the command before that.
private struct HiddenEcho {
    private let before: termios

    /// nil where the terminal cannot.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        Self.restore(settings, at: [SIGINT, SIGTERM, SIGHUP])
        settings.c_lflag &= ~tcflag_t(ECHO)
        Self.apply(settings)
    }

    func end() { Self.apply(before) }

    /// Returns once each of the signals restores the settings and then ends the process. Until then they end it as they
    /// always do, so nothing may be hidden before. They go on to do so: the sources are held by their own handlers.
    private static func restore(_ settings: termios, at signals: [Int32]) {
        let registered = DispatchSemaphore(value: 0)
        for number in signals {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setRegistrationHandler { registered.signal() }
            source.setEventHandler {
                withExtendedLifetime(source) {
                    // What was typed is thrown away with it: it must not become a line for the shell.
                    apply(settings)
                    Console.error("\n")
                    exit(128 + number)
                }
            }
            source.resume()
        }
        for _ in signals { registered.wait() }
    }

    private static func apply(_ settings: termios) {
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }
}
