import Dispatch
import Glibc

/// A terminal that behaves otherwise for a while: without its echo, or giving every key at once. It is as it was after
/// `end`, and where a signal ends the command before that.
struct TerminalMode {
    private let before: termios
    private let during: termios

    /// Begins at once.
    /// - Parameters:
    ///   - flags: the local modes of `termios` that are switched off.
    ///   - farewell: what a person who interrupts is told.
    /// - Returns: nil where standard input is no terminal.
    init?(without flags: tcflag_t, farewell: String = "") {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        Self.restore(settings, at: [SIGINT, SIGTERM, SIGHUP], farewell)
        settings.c_lflag &= ~flags
        during = settings
        begin()
    }

    /// What was typed before is thrown away: it was not meant for what is asked now.
    func begin() { Self.apply(during) }

    func end() { Self.apply(before) }

    /// Returns once each of the signals restores the settings and then ends the process. Until then they end it as they
    /// always do, so nothing may be changed before. They go on to do so: the sources are held by their own handlers.
    private static func restore(_ settings: termios, at signals: [Int32], _ farewell: String) {
        let registered = DispatchSemaphore(value: 0)
        for number in signals {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setRegistrationHandler { registered.signal() }
            source.setEventHandler {
                withExtendedLifetime(source) {
                    // What was typed is thrown away with it: it must not become a line for the shell.
                    apply(settings)
                    Console.error("\n" + farewell)
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
