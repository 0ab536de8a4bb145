import Glibc

/// The socket by which systemd hears how a service is: `NOTIFY_SOCKET`, one datagram of lines for each message.
struct NotifySocket: Sendable, Hashable {
    /// A path, or a name without a file, which begins with `@`.
    private let name: String

    /// nil where nobody listens, or in a way that is not known.
    init?(environment: [String: String]) {
        guard let name = environment["NOTIFY_SOCKET"], name.utf8.count > 1, name.hasPrefix("/") || name.hasPrefix("@"),
            name.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        self.name = name
    }

    /// Seconds for which a listener is waited for that does not keep up: what it misses is not said again.
    private static let patience = 5

    /// Hands a message to the kernel. Whoever listens may have gone: that is nothing to stop for, and nobody to tell.
    /// - Returns: whether it was taken.
    @discardableResult
    func send(_ message: String) -> Bool {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: bytes)
            // A name without a file begins with a zero, and is as long as it is.
            if bytes[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let isPath = bytes[0] == UInt8(ascii: "/")
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + bytes.count + (isPath ? 1 : 0) } ?? 0
        let text = Array(message.utf8)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(socket, text, text.count, Int32(MSG_NOSIGNAL), address, socklen_t(length)) == text.count
            }
        }
    }
}
