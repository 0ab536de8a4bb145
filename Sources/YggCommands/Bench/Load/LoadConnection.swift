import Glibc

/// A kept-alive connection that speaks the least HTTP/1.1 there is, one request at a time, without ever blocking on
/// the answer: a load generator that takes as little as it can of the processors it measures with.
final class LoadConnection {
    let descriptor: Int32
    /// When the request that is under way was sent, or ought to have been.
    private(set) var startedAt: Int64 = 0
    private var parser = LoadResponseParser()

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("A socket cannot be made") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // `deinit` closes the socket, here too: by now the value is whole.
        guard status == 0 else { throw Self.failure("The coordinator cannot be reached") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends a request whole. It waits only for room in the socket's buffer, which a server makes that reads.
    /// - Parameter due: when it ought to have been sent, where that was earlier.
    func send(_ request: [UInt8], due: Int64? = nil) throws {
        startedAt = due ?? MonotonicTime.now
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&writable, 1, 1000)
            } else if errno != EINTR {
                throw Self.failure("A request cannot be sent")
            }
        }
    }

    /// What has come of the answer; nil while it is incomplete.
    func receive() throws -> LoadResponse? {
        while true {
            let count = parser.fill { read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { throw CommandFailure("The coordinator closed a connection.") }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return nil }
            guard count > 0 else { throw Self.failure("An answer cannot be read") }
            if let response = try parser.next() { return response }
        }
    }

    /// Sends a request and waits for its answer.
    func exchange(_ request: [UInt8], _ stop: StopFlag) throws -> LoadResponse {
        var poller = Poller([descriptor])
        try send(request)
        while true {
            let ready = try poller.wait(milliseconds: 60_000, stop)
            guard !ready.isEmpty else { throw CommandFailure("The coordinator did not answer within a minute.") }
            if let response = try receive() { return response }
        }
    }

    private static func failure(_ what: String) -> CommandFailure {
        CommandFailure("\(what): \(String(cString: strerror(errno))).")
    }
}
