import Synchronization
import Testing

@testable import YggCommands

@Suite(.timeLimit(.minutes(1)))
struct ServedHostTests {
    private static let addresses = [
        InterfaceAddress(interface: "lo", address: "127.0.0.1", isIPv6: false, isLinkLocal: false),
        InterfaceAddress(interface: "tailscale0", address: "fe80::1%tailscale0", isIPv6: true, isLinkLocal: true),
        InterfaceAddress(interface: "tailscale0", address: "fd7a::1", isIPv6: true, isLinkLocal: false),
        InterfaceAddress(interface: "tailscale0", address: "100.64.0.1", isIPv6: false, isLinkLocal: false),
        InterfaceAddress(interface: "six", address: "fd7a::2", isIPv6: true, isLinkLocal: false),
    ]

    private static func host(
        _ addresses: @escaping @Sendable () -> [InterfaceAddress] = { addresses },
        isHostName: @escaping @Sendable (String) async -> Bool = { ["surtr", "surtr.example.ts.net"].contains($0) },
        patience: Duration = .seconds(120)
    ) -> ServedHost {
        ServedHost(
            addresses: addresses,
            isHostName: isHostName,
            patience: patience,
            interval: .milliseconds(1)
        )
    }

    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::1", "::1"), ("localhost", "localhost"),
            ("tailscale0", "100.64.0.1"), ("lo", "127.0.0.1"), ("six", "fd7a::2"), ("surtr", "surtr"),
            ("surtr.example.ts.net", "surtr.example.ts.net"),
        ]
    )
    func `an interface is served at its address, everything else is taken as it is`(
        name: String,
        expected: String
    ) async throws {
        let served = try await Self.host().resolve(name, key: "coordinator.host") { sentence in
            Issue.record("nothing to wait for: \(sentence)")
        }
        #expect(served == expected)
    }

    @Test func `an interface without an address is waited for`() async throws {
        let looks = Mutex(0)
        let host = Self.host {
            looks.withLock { looks in
                looks += 1
                return looks > 5 ? Self.addresses : []
            }
        }
        var waited: [String] = []
        let served = try await host.resolve("tailscale0", key: "coordinator.host") { waited.append($0) }
        #expect(served == "100.64.0.1" && waited.count == 1)
    }

    @Test(arguments: ["fenrir", "fenrir.example.ts.net"])
    func `a name that nobody knows yet is asked for again`(name: String) async throws {
        let looks = Mutex(0)
        let host = Self.host(isHostName: { asked in
            asked == name
                && looks.withLock { looks in
                    looks += 1
                    return looks > 3
                }
        })
        var waited = 0
        #expect(try await host.resolve(name, key: "executor.host") { _ in waited += 1 } == name)
        #expect(waited == 1 && looks.withLock { $0 } == 4)
    }

    @Test func `one that never comes is an error that names what there is`() async throws {
        let host = Self.host(patience: .milliseconds(5))
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await host.resolve("tailscale1", key: "coordinator.host") { _ in }
        }
        #expect(failure?.message.contains("coordinator.host is tailscale1") == true)
        #expect(failure?.next?.contains("lo, six, tailscale0") == true)
    }

    @Test func `loopback is an interface of this machine, too`() {
        #expect(NetworkInterfaces.addresses.contains { $0.address == "127.0.0.1" })
    }
}
