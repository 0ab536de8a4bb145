import Glibc
import Synchronization

/// The links of a fleet to its coordinator, as TCP connections that lead through this process: each can lose what it
/// carries in either direction, be late, be slow, and break.
///
/// What a link has swallowed can never be made good, because a stream has no holes: such a connection stays open for as
/// long as its link swallows, and is reset when the link is well again, as by a router that has forgotten it.
final class LinkProxy: Sendable {
    /// One direction of a link.
    struct Flow: Sendable, Hashable {
        var isSwallowed = false
        /// In nanoseconds.
        var delay: Int64 = 0
        /// nil is as fast as it goes.
        var bytesPerSecond: Int?
    }

    struct Conditions: Sendable, Hashable {
        /// Towards the coordinator.
        var up = Flow()
        /// From the coordinator.
        var down = Flow()

        static let well = Conditions()
        var swallows: Bool { up.isSwallowed || down.isSwallowed }
    }

    enum Cut: Sendable { case reset, close }

    struct Orders: Sendable {
        var conditions: [Conditions]
        var cuts: [(link: Int, how: Cut)] = []
        var isStopped = false
    }

    /// The port of each link, in the order of their addresses.
    let ports: [UInt16]
    private let listeners: [Int32]
    private let target: UInt16
    private let orders: Mutex<Orders>
    /// Written to when there is a new order.
    private let bell: (read: Int32, write: Int32)

    /// - Parameters:
    ///   - addresses: where the links are listened on, one for each.
    ///   - target: the coordinator's port on loopback.
    init(addresses: [String], target: UInt16) throws {
        var listeners: [Int32] = []
        var ports: [UInt16] = []
        for address in addresses {
            let (listener, port) = try Sockets.listen(on: address)
            listeners.append(listener)
            ports.append(port)
        }
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { throw Sockets.failure("A pipe cannot be made") }
        for end in pipe { Sockets.prepare(end) }
        bell = (pipe[0], pipe[1])
        self.listeners = listeners
        self.ports = ports
        self.target = target
        orders = Mutex(Orders(conditions: Array(repeating: .well, count: addresses.count)))
    }

    deinit { for descriptor in listeners + [bell.read, bell.write] { close(descriptor) } }

    func set(_ conditions: Conditions, of link: Int) { order { $0.conditions[link] = conditions } }

    func cut(_ link: Int, _ how: Cut) { order { $0.cuts.append((link, how)) } }

    func stop() { order { $0.isStopped = true } }

    private func order(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        var byte: UInt8 = 1
        write(bell.write, &byte, 1)
    }

    /// Carries everything until it is stopped. It blocks its thread.
    func run() {
        var traffic = LinkTraffic(target: target)
        while true {
            var drained = [UInt8](repeating: 0, count: 64)
            while read(bell.read, &drained, drained.count) > 0 {}
            let taken = orders.withLock { orders in
                defer { orders.cuts = [] }
                return orders
            }
            if taken.isStopped { break }
            traffic.obey(taken)
            traffic.turn(listeners: listeners, bell: bell.read)
        }
        traffic.endAll()
    }
}
