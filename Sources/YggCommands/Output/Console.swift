import Glibc

/// Standard output and standard error, written at once and whole, so that the two keep their order on a terminal.
enum Console {
    static func out(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Bytes as they are, for whoever reads them with a program.
    static func out(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(64 << 10))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes { write($0, to: STDOUT_FILENO) }
        }
    }

    /// A reader that went away, as `head` does, ends the process in silence, the way SIGPIPE would.
    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let count = Glibc.write(descriptor, base, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                exit(128 + SIGPIPE)
            }
        }
    }
}
