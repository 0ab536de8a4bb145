import Glibc
import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct PowerTests {
    @Test
    func `a magic packet is six bytes of ones and sixteen times the address`() throws {
        let packet = try #require(MagicPacket(mac: "3C-ec:ef:01:02:fF"))
        let address: [UInt8] = [0x3C, 0xEC, 0xEF, 0x01, 0x02, 0xFF]
        #expect(packet.bytes.count == 102)
        #expect(packet.bytes.prefix(6).allSatisfy { $0 == 0xFF })
        #expect((0..<16).allSatisfy { Array(packet.bytes[(6 + $0 * 6)...].prefix(6)) == address })
        #expect(packet.mac == "3c:ec:ef:01:02:ff")
    }

    @Test(arguments: [
        "", "3c:ec:ef:01:02", "3c:ec:ef:01:02:0g", "3c:ec:ef:01:02:03:04", "3cecef010203", "+c:ec:ef:01:02:03",
    ])
    func `what is no address of a card wakes nobody`(mac: String) { #expect(MagicPacket(mac: mac) == nil) }

    @Test
    func `the packet is sent`() async throws {
        let listener = try DatagramListener()
        defer { listener.close() }
        var machine = MachineAccess()
        machine.wake.broadcast = "127.0.0.1"
        machine.wake.port = listener.port
        try await Scene.with { scene in
            let result = try await scene.run("power-wake", ["mac": "3c:ec:ef:01:02:03"], machine: machine)
            #expect(result.outcome == .succeeded && result.result["mac"] == "3c:ec:ef:01:02:03")
            // It is in the socket's queue by now: loopback delivers before sendto returns.
            #expect(listener.next() == MagicPacket(mac: "3c:ec:ef:01:02:03")?.bytes)
        }
    }

    @Test
    func `an address that leads nowhere is told`() async throws {
        var machine = MachineAccess()
        machine.wake.broadcast = "not an address"
        try await Scene.with { scene in
            let result = try await scene.run("power-wake", ["mac": "3c:ec:ef:01:02:03"], machine: machine)
            #expect(result.error?.code == "not-sent" && result.error?.detail.contains("wake.broadcast") == true)
        }
    }

    @Test(arguments: [
        ("power-off", "executor.machine.power.off"), ("power-reboot", "executor.machine.power.reboot"),
        ("ops-packages", "executor.machine.packages.enabled"), ("ops-ansible", "executor.machine.ansible.root"),
    ])
    func `what its owner did not allow does not happen to a machine`(kind: String, key: String) async throws {
        try await Scene.with { scene in
            let result = try await scene.run(kind, kind == "ops-ansible" ? ["playbook": "site.yml"] : [:])
            #expect(result.error?.code == "not-enabled" && result.error?.detail.contains(key) == true)
            #expect(result.error?.retryable == false)
        }
    }

    @Test
    func `the declared command is run, and shown first where somebody asks`() async throws {
        var machine = MachineAccess()
        machine.off = ["sh", "-c", "echo going; touch \"$HOME/off\""]
        try await Scene.with { scene in
            let registry = try HandlerRegistry(handlerSets: ["power"], machine: machine)
            #expect(registry.kinds.map(\.kind.rawValue) == ["power-off", "power-wake"])
            let handler = try #require(registry.handler(for: TaskKind(trusted: "power-off")))
            let plan = await handler.plan(scene.context("power-off", [:]))
            #expect(plan.question?.shown["argv"]?.arrayValue?.first == "sh" && !scene.exists("off"))
            let result = try await scene.run("power-off", [:], machine: machine)
            #expect(result.outcome == .succeeded && scene.exists("off"))
            #expect(scene.text(.output) == "going\n")
        }
    }
}

/// A UDP socket on a free port of loopback.
private final class DatagramListener: Sendable {
    let port: Int
    private let socket: Int32

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(socket >= 0)
        self.socket = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
            }
        }
        try #require(bound)
        port = Int(in_port_t(bigEndian: address.sin_port))
    }

    func next() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return Array(bytes.prefix(max(0, count)))
    }

    func close() { Glibc.close(socket) }
}
