import Glibc
import Synchronization

/// A terminal without a screen: a test sits where the person would.
final class PseudoTerminal: Sendable {
    /// What a program opens as its terminal.
    let path: String
    private let person: Int32
    private let isClosed = Mutex(false)

    // TIOCSPTLCK and TIOCGPTN, which are macros that Swift does not see.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    init() throws {
        let person = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: UInt32 = 0
        guard person >= 0, ioctl(person, Self.setLock, &lock) == 0, ioctl(person, Self.getNumber, &number) == 0 else {
            throw EndToEndFailure("there is no terminal to be had: \(String(cString: strerror(errno)))")
        }
        self.person = person
        path = "/dev/pts/\(number)"
    }

    deinit { hangUp() }

    /// Closes it, as whoever closes the window does: who was started in it is told so.
    func hangUp() {
        isClosed.withLock { isClosed in
            if !isClosed { close(person) }
            isClosed = true
        }
    }

    /// Whether it shows what is typed.
    var isEchoing: Bool {
        var settings = termios()
        return tcgetattr(person, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    func enter(_ text: String) {
        _ = text.withCString { write(person, $0, text.utf8.count) }
    }
}
