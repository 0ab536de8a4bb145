import Glibc

/// A port of loopback that is given to nobody else while this lives, for servers that are to be found where the last one was.
///
/// It is bound, so that the kernel gives it to nobody who asks for any port, and not listened on: whoever names it may, as long as
/// both allow the address to be used again, which servers do.
final class KeptPort: Sendable {
    let number: UInt16
    private let descriptor: Int32

    /// What an option of the command line takes.
    var text: String { "\(number)" }

    init() throws {
        (descriptor, number) = try Sockets.keep()
    }

    deinit { close(descriptor) }
}
