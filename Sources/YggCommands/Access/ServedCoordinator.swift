import Glibc
import Synchronization
import YggCore

/// `served.json`: where the coordinator of a data directory is served, written by itself beside `admin.token`.
///
/// The commands on its machine find it by that, and show its operator's token there and nowhere else: any address of the
/// machine that it does not serve may be served by somebody else.
struct ServedCoordinator: Sendable, Hashable {
    /// As it is bound; perhaps to every address of the machine.
    let address: AgentAddress
    /// How it is reached from elsewhere, where somebody said so.
    let publicURL: String?

    /// - Returns: nil where one of them is no address.
    init?(address: String, publicURL: String?) {
        guard let bound = AgentAddress(address) else { return nil }
        self.address = bound
        self.publicURL = publicURL.flatMap { AgentAddress($0)?.url }
    }

    static func path(in dataDirectory: String) -> String { "\(dataDirectory)/served.json" }

    /// Whether it has every address of one family.
    var servesEveryAddress: Bool { ["0.0.0.0", "::"].contains(Self.bare(address.host)) }
    private var isIPv6: Bool { Self.bare(address.host) == "::" }
    private var port: Substring { address.origin[(address.origin.lastIndex(of: ":") ?? address.origin.startIndex)...] }

    /// Where a command on this machine reaches it.
    var url: String {
        guard servesEveryAddress else { return address.url }
        return "http://\(isIPv6 ? "[::1]" : "127.0.0.1")\(port)"
    }

    /// Whether it is what listens at `url`.
    ///
    /// Names are compared and not looked up: what a name means is for others to say, and it may be an address of the
    /// family that is not served.
    /// - Parameter own: the addresses of this machine.
    func isServed(at url: String, own: [InterfaceAddress] = NetworkInterfaces.addresses) -> Bool {
        guard let asked = AgentAddress(url.contains("://") ? url : "http://\(url)") else { return false }
        if asked.origin == address.origin || asked.url == publicURL { return true }
        let host = Self.bare(asked.host)
        return servesEveryAddress && asked.origin == "http://\(asked.host)\(port)"
            && own.contains { $0.address == host && $0.isIPv6 == isIPv6 }
    }

    /// Where another machine may reach it: the addresses that more than this machine has a way to.
    func reachableURLs(own: [InterfaceAddress] = NetworkInterfaces.addresses) -> [(interface: String, url: String)] {
        guard servesEveryAddress else { return [] }
        return own.filter {
            $0.isIPv6 == isIPv6 && !$0.isLinkLocal && !$0.address.hasPrefix("127.") && $0.address != "::1"
        }
        .map { ($0.interface, "http://\($0.isIPv6 ? "[\($0.address)]" : $0.address)\(port)") }
    }

    /// Without the brackets that a URL puts around an address of IPv6.
    private static func bare(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    // MARK: The file

    /// - Returns: nil where none is served, or this user may not know of it.
    static func find(in dataDirectory: String) throws -> ServedCoordinator? {
        let path = path(in: dataDirectory)
        guard canRead(path), isHeld(path), let text = try PrivateFile.read(path) else { return nil }
        guard let json = try? JSON(parsing: text), let address = json["address"]?.stringValue else { return nil }
        return ServedCoordinator(address: address, publicURL: json["publicUrl"]?.stringValue)
    }

    var text: String {
        var object: JSONObject = ["address": .string(address.url)]
        object.append("publicUrl", .optional(publicURL))
        return JSON.object(object).text + "\n"
    }

    /// Whether the process that wrote it lives: whoever was killed left its file behind, and its address to anybody.
    private static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}

/// `served.json` while its coordinator serves: locked, which the kernel ends with the process.
final class ServedNotice: Sendable {
    private let path: String
    private let descriptor = Mutex<Int32?>(nil)

    init(in dataDirectory: String) { path = ServedCoordinator.path(in: dataDirectory) }

    deinit { descriptor.withLock { if let open = $0 { close(open) } } }

    /// Says where it is served.
    func put(_ served: ServedCoordinator) throws {
        try PrivateFile.write(served.text, to: path)
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        // Waits no longer than a command takes to look whether it is locked.
        var isLocked = opened >= 0 && flock(opened, LOCK_EX) == 0
        while opened >= 0, !isLocked, errno == EINTR { isLocked = flock(opened, LOCK_EX) == 0 }
        guard isLocked else {
            let reason = String(cString: strerror(errno))
            if opened >= 0 { close(opened) }
            throw CommandFailure("\(path) cannot be locked: \(reason).")
        }
        let earlier = descriptor.withLock { descriptor in
            defer { descriptor = opened }
            return descriptor
        }
        if let earlier { close(earlier) }
    }

    /// It is served no more.
    func remove() {
        guard descriptor.withLock({ $0 != nil }) else { return }
        unlink(path)
    }
}
