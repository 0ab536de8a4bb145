import Dispatch
import Glibc
import Synchronization
import Testing

/// What systemd is to a service: a socket that hears how it is.
final class NotifyListener: Sendable {
    /// As it stands in `NOTIFY_SOCKET`.
    let name: String
    private let socket: Int32
    private let isClosed = Mutex(false)
    private let state = Mutex<[String]>([])

    /// - Parameter name: a path, or `@` and a name without a file.
    init(_ name: String) throws {
        self.name = name
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(socket >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: bytes)
            if name.hasPrefix("@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        try #require(result == 0, "\(String(cString: strerror(errno)))")
        DispatchQueue(label: "ygg.test.notify").async { self.listen() }
    }

    /// Every message so far, in order.
    var messages: [String] { state.withLock { $0 } }

    /// Waits for a message that has the line, after the first `seen` of them. Nothing tells of it but the list.
    /// - Returns: how many there were with it.
    @discardableResult
    func wait(for line: String, after seen: Int = 0) async throws -> Int {
        while true {
            let all = messages
            if let index = all.dropFirst(seen).firstIndex(where: {
                $0.split(separator: "\n").contains { $0.hasPrefix(line) }
            }) {
                return index + 1
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func close() { isClosed.withLock { $0 = true } }

    private func listen() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !isClosed.withLock({ $0 }) {
            var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 50) > 0 else { continue }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { continue }
            let message = String(decoding: buffer.prefix(count), as: UTF8.self)
            state.withLock { $0.append(message) }
        }
        Glibc.close(socket)
    }
}
