import Dispatch
import Glibc
import Synchronization

/// A network between two processes of a test: a TCP relay on loopback that loses what it is told to lose.
final class Relay: Sendable {
    enum Weather: Sendable {
        case clear
        /// Requests arrive, and nothing comes back. The connections stay open, as they do behind a bad router.
        case answersLost
        /// Requests arrive, and as soon as one is answered its connection is cut instead.
        case cutAtAnswer
        /// Nothing arrives, and nothing says so.
        case requestsLost
        /// Every connection is cut, and every new one too.
        case cut
    }

    private final class State: Sendable {
        private let value = Mutex<Weather?>(.clear)

        /// nil when the test is over.
        var weather: Weather? {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    /// Both ends of one connection. Once bytes of a direction were lost, the rest of them is: half a message would be
    /// worse than none.
    private struct Link {
        let client: Int32
        let server: Int32
        var losesRequests = false
        var losesAnswers = false
    }

    /// Where its clients connect.
    let address: String
    private let state = State()

    /// - Parameter server: the address of the server behind it, which may be restarted there.
    init(to server: String) throws {
        guard let target = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw EndToEndFailure("\(server) has no port")
        }
        let (listener, port) = try Sockets.listen()
        address = "http://127.0.0.1:\(port)"
        // A thread of its own, and not one of the cooperative pool's: it waits in poll(2).
        DispatchQueue(label: "relay").async { [state] in Relay.run(listener, to: target, state) }
    }

    deinit { state.weather = nil }

    /// From now on. What is under way at the moment is treated by the new weather too.
    func turn(_ weather: Weather) { state.weather = weather }

    private static func run(_ listener: Int32, to target: UInt16, _ state: State) {
        var links: [Link] = []
        defer {
            close(listener)
            for link in links { hangUp(link) }
        }
        while let weather = state.weather {
            if weather == .cut {
                for link in links { hangUp(link) }
                links = []
            }
            var polls = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for link in links {
                polls.append(pollfd(fd: link.client, events: Int16(POLLIN), revents: 0))
                polls.append(pollfd(fd: link.server, events: Int16(POLLIN), revents: 0))
            }
            guard poll(&polls, nfds_t(polls.count), 10) > 0 else { continue }
            var left: [Link] = []
            for (index, link) in links.enumerated() {
                var link = link
                let isOpen =
                    (polls[1 + 2 * index].revents == 0
                        || pass(link.client, link.server, weather == .requestsLost, &link.losesRequests))
                    && (polls[2 + 2 * index].revents == 0
                        || weather != .cutAtAnswer
                            && pass(link.server, link.client, weather == .answersLost, &link.losesAnswers))
                if isOpen { left.append(link) } else { hangUp(link) }
            }
            links = left
            guard polls[0].revents != 0 else { continue }
            let client = accept(listener, nil, nil)
            guard client >= 0 else { continue }
            guard weather != .cut, let server = try? Sockets.connect(to: target) else {
                close(client)
                continue
            }
            links.append(Link(client: client, server: server))
        }
    }

    /// - Returns: whether there may be more.
    private static func pass(_ source: Int32, _ target: Int32, _ isLost: Bool, _ loses: inout Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        loses = loses || isLost
        return loses || Sockets.send(buffer[..<count], to: target)
    }

    private static func hangUp(_ link: Link) {
        close(link.client)
        close(link.server)
    }
}

/// Sockets on loopback, blocking.
enum Sockets {
    static func connect(to port: UInt16) throws -> Int32 {
        let descriptor = try make()
        var address = loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw EndToEndFailure("no connection to port \(port): \(reason)")
        }
        return descriptor
    }

    /// - Returns: the socket and its port.
    static func listen() throws -> (Int32, UInt16) {
        let descriptor = try make()
        let port = try bound(descriptor)
        guard Glibc.listen(descriptor, 64) == 0 else {
            throw EndToEndFailure("port \(port) cannot be listened on: \(String(cString: strerror(errno)))")
        }
        return (descriptor, port)
    }

    /// Binds it to a port of loopback that is nobody's.
    private static func bound(_ descriptor: Int32) throws -> UInt16 {
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        guard status == 0 else { throw EndToEndFailure("no port to be had: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// - Returns: a socket that is bound and does not listen, and its port.
    static func keep() throws -> (Int32, UInt16) {
        let descriptor = try make()
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        return (descriptor, try bound(descriptor))
    }

    /// - Returns: whether all of it was taken.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw EndToEndFailure("no socket: \(String(cString: strerror(errno)))") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        sockaddr_in(
            sin_family: sa_family_t(AF_INET),
            sin_port: port.bigEndian,
            sin_addr: in_addr(s_addr: INADDR_LOOPBACK.bigEndian),
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0)
        )
    }
}
