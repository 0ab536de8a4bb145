import Glibc
import SystemPackage
import YggCore

/// Wakes a machine of the executor's own network. Whether it wakes, nobody says: a sleeping machine does not answer.
struct PowerWake: ProcessHandler {
    let spec: KindSpec
    let place: MachineAccess.Wake

    /// A datagram may get lost, and one is enough.
    private static let copies = 3

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        guard let packet = MagicPacket(mac: run.context.params["mac"]?.stringValue ?? "") else {
            throw .invalidParameter("mac: is not the address of a network card, such as 3c:ec:ef:01:02:03")
        }
        do throws(Errno) {
            for _ in 0..<Self.copies { try packet.send(to: place.broadcast, port: place.port) }
        } catch {
            throw HandlerFailure(
                code: "not-sent",
                detail: "No magic packet could be sent to \(place.broadcast) port \(place.port): \(error). "
                    + "executor.machine.power.wake.broadcast is to be the broadcast address of a network of this machine.",
                retryable: true
            )
        }
        return [
            "mac": .string(packet.mac), "broadcast": .string(place.broadcast), "port": .int(Int64(place.port)),
            "summary": .string("A magic packet for \(packet.mac) went to \(place.broadcast)"),
        ]
    }
}

/// What a network card waits for while its machine sleeps: six bytes of ones, then its own address sixteen times.
struct MagicPacket: Sendable, Hashable {
    private let address: [UInt8]

    /// - Parameter mac: six bytes in hexadecimal, with colons or dashes between.
    init?(mac: String) {
        let parts = mac.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        let bytes = parts.compactMap { $0.count == 2 && $0.allSatisfy(\.isHexDigit) ? UInt8($0, radix: 16) : nil }
        guard bytes.count == 6, parts.count == 6 else { return nil }
        address = bytes
    }

    var bytes: [UInt8] { [UInt8](repeating: 0xFF, count: 6) + (0..<16).flatMap { _ in address } }

    var mac: String { address.map { hexadecimal([$0]) }.joined(separator: ":") }

    /// Hands it to the kernel, which takes it at once or not at all.
    /// - Parameter host: an IPv4 address.
    func send(to host: String, port: Int) throws(Errno) {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        guard inet_pton(AF_INET, host, &target.sin_addr) == 1 else { throw .invalidArgument }
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = socket(AF_INET, kind, 0)
        guard socket >= 0 else { throw Errno(rawValue: errno) }
        defer { close(socket) }
        var yes: Int32 = 1
        guard setsockopt(socket, SOL_SOCKET, SO_BROADCAST, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw Errno(rawValue: errno)
        }
        let bytes = bytes
        let sent = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(socket, bytes, bytes.count, 0, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard sent == bytes.count else { throw Errno(rawValue: errno) }
    }
}
