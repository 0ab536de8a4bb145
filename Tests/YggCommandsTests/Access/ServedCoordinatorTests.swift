import FoundationEssentials
import Glibc
import Testing
import YggConfiguration

@testable import YggCommands

/// Where the operator's token of a coordinator on this machine may be shown.
struct ServedCoordinatorTests {
    private static let own = [
        InterfaceAddress(interface: "lo", address: "127.0.0.1", isIPv6: false, isLinkLocal: false),
        InterfaceAddress(interface: "lo", address: "::1", isIPv6: true, isLinkLocal: false),
        InterfaceAddress(interface: "eth0", address: "192.168.1.5", isIPv6: false, isLinkLocal: false),
        InterfaceAddress(interface: "eth0", address: "169.254.3.4", isIPv6: false, isLinkLocal: true),
        InterfaceAddress(interface: "tailscale0", address: "100.64.0.1", isIPv6: false, isLinkLocal: false),
        InterfaceAddress(interface: "tailscale0", address: "fd7a::1", isIPv6: true, isLinkLocal: false),
    ]

    @Test(
        arguments: [
            ("http://100.64.0.1:5080", "http://100.64.0.1:5080", true),
            ("http://100.64.0.1:5080", "http://100.64.0.1:5080/", true),
            ("http://100.64.0.1:5080", "100.64.0.1:5080", true),
            ("http://100.64.0.1:5080", "http://127.0.0.1:5080", false),
            ("http://100.64.0.1:5080", "http://192.168.1.5:5080", false),
            ("http://100.64.0.1:5080", "http://100.64.0.1:5081", false),
            ("http://100.64.0.1:5080", "https://100.64.0.1:5080", false),
            ("http://100.64.0.1:5080", "https://ygg.example/fleet", true),
            ("http://100.64.0.1:5080", "https://ygg.example/other", false),
            ("http://127.0.0.1:5080", "http://localhost:5080", false),
            ("http://127.0.0.1:5080", "http://[::1]:5080", false),
            ("http://127.0.0.1:5080", "http://127.evil.example:5080", false),
            ("http://0.0.0.0:5080", "http://127.0.0.1:5080", true),
            ("http://0.0.0.0:5080", "http://192.168.1.5:5080", true),
            ("http://0.0.0.0:5080", "http://192.168.1.6:5080", false),
            ("http://0.0.0.0:5080", "http://192.168.1.5:80", false),
            ("http://0.0.0.0:5080", "http://[fd7a::1]:5080", false),
            ("http://0.0.0.0:5080", "http://127.evil.example:5080", false),
            ("http://0.0.0.0:5080", "http://localhost:5080", false), ("http://[::]:5080", "http://[::1]:5080", true),
            ("http://[::]:5080", "http://[fd7a::1]:5080", true), ("http://[::]:5080", "http://127.0.0.1:5080", false),
            ("http://surtr:5080", "http://surtr:5080", true), ("http://surtr:5080", "http://SURTR:5080", true),
        ]
    )
    func `the token goes where the coordinator is served, and not beside it`(
        address: String,
        url: String,
        isServed: Bool
    ) throws {
        let served = try #require(ServedCoordinator(address: address, publicURL: "https://ygg.example/fleet"))
        #expect(served.isServed(at: url, own: Self.own) == isServed)
        #expect(served.isServed(at: served.url, own: Self.own), "what is dialled unasked is among it")
    }

    @Test(
        arguments: [
            ("https://ygg.example", "http://127.0.0.1:5080", "http://0.0.0.0:5080", "https://ygg.example", nil),
            (nil, "http://100.64.0.1:5080", "http://100.64.0.1:5080", "http://100.64.0.1:5080", nil),
            (nil, "http://surtr:5080", nil, "http://surtr:5080", nil),
            (nil, "http://127.0.0.1:5080", "http://0.0.0.0:5080", "http://192.168.1.5:5080", "(tailscale0)"),
            (nil, "http://[::1]:5080", "http://[::]:5080", "http://[fd7a::1]:5080", nil),
            (nil, "http://localhost:5080", nil, "http://localhost:5080", "coordinator.publicUrl"),
            (nil, "http://127.0.0.9:5080", nil, "http://127.0.0.9:5080", "coordinator.publicUrl"),
            (nil, "http://127.evil.example:5080", nil, "http://127.evil.example:5080", nil),
        ] as [(String?, String, String?, String, String?)]
    )
    func `an invited machine is told an address that it can reach, or that this is none`(
        publicURL: String?,
        asked: String,
        served: String?,
        url: String,
        note: String?
    ) {
        let coordinator = served.flatMap { ServedCoordinator(address: $0, publicURL: nil) }
        let told = InvitationAddress(publicURL: publicURL, asked: asked, served: coordinator, own: Self.own)
        #expect(told.url == url)
        #expect((told.note != nil) == (note != nil) && told.note?.contains(note ?? "") ?? true)
    }

    @Test func `a command finds the coordinator that serves, and shows nothing where none does`() throws {
        let home = FileManager.default.temporaryDirectory.path + "/ygg-served-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let data = "\(home)/data"
        let environment = ["XDG_CONFIG_HOME": home, "YGG_DATA_DIR": data]
        func connection(_ url: String? = nil) throws -> Connection {
            let settings = try ResolvedSettings.resolve(
                role: .client,
                flags: url.map { [.coordinatorURL: $0] } ?? [:],
                environment: environment,
                file: nil
            )
            return try Connection(settings, environment: environment)
        }
        try PrivateFile.write("admin\n", to: AdminToken.path(in: data))
        #expect(try connection().token == nil && connection().url == "http://127.0.0.1:5080")

        let notice = ServedNotice(in: data)
        try notice.put(try #require(ServedCoordinator(address: "http://198.51.100.7:5080", publicURL: nil)))
        var status = stat()
        #expect(stat(ServedCoordinator.path(in: data), &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try connection().url == "http://198.51.100.7:5080" && connection().token == "admin")
        #expect(try connection("http://198.51.100.7:5080").token == "admin")
        #expect(try connection("http://127.0.0.1:5080").token == nil)

        // As a coordinator that was killed leaves it: the file is there, and nobody holds it.
        let text = try #require(try PrivateFile.read(ServedCoordinator.path(in: data)))
        notice.remove()
        #expect(try connection().token == nil)
        try PrivateFile.write(text, to: ServedCoordinator.path(in: data))
        #expect(try connection().token == nil && connection().url == "http://127.0.0.1:5080")
        #expect(try connection("http://198.51.100.7:5080").token == nil)
    }
}
