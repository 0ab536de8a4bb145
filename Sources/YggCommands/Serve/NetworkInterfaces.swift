import Dispatch
import Glibc

/// An address of a network interface of this machine.
struct InterfaceAddress: Sendable, Hashable {
    var interface: String
    var address: String
    var isIPv6: Bool
    /// Reaches the next machine and no further.
    var isLinkLocal: Bool
}

/// The network interfaces of this machine.
enum NetworkInterfaces {
    static var addresses: [InterfaceAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [InterfaceAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let name = entry.pointee.ifa_name, let address = entry.pointee.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let isRead = getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            guard isRead == 0 else { continue }
            // A link-local address names its interface after a percent sign.
            let whole = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            found.append(
                InterfaceAddress(
                    interface: String(cString: name),
                    address: whole,
                    isIPv6: family == AF_INET6,
                    isLinkLocal: whole.hasPrefix("fe80:") || whole.hasPrefix("169.254.")
                )
            )
        }
        return found
    }
}

/// The address that a server is to bind, where the configuration may name an interface instead.
struct ServedHost {
    /// How long an interface may be without an address: a tunnel comes up after the machine does.
    static let patience = Duration.seconds(120)

    var addresses: @Sendable () -> [InterfaceAddress] = { NetworkInterfaces.addresses }
    /// Whether a name is that of a machine.
    var isHostName: @Sendable (String) async -> Bool = ServedHost.resolves
    var patience = ServedHost.patience
    var interval = Duration.milliseconds(500)

    /// The address of an interface, or the name itself where it is none.
    /// - Parameters:
    ///   - key: where the name was set.
    ///   - onWait: told once where there is something to wait for.
    func resolve(_ host: String, key: String, onWait: (String) -> Void) async throws -> String {
        if Self.isAddress(host) || host == "localhost" { return host }
        if let served = await look(for: host) { return served }
        onWait("waiting for \(host) to be a network interface that has an address, or a name that is known")
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: interval)
            if let served = await look(for: host) { return served }
        }
        let known = Set(addresses().map(\.interface)).sorted().joined(separator: ", ")
        throw CommandFailure(
            "\(key) is \(host): no machine has that name, and no network interface of that name had an address within "
                + "\(patience.components.seconds) s.",
            next: "Name an address, a host, or one of the interfaces that have addresses: \(known)."
        )
    }

    /// Names are asked for again, too: at the start of a machine nobody may be there yet who knows them.
    private func look(for host: String) async -> String? {
        if let address = address(of: host) { return address }
        return await isHostName(host) ? host : nil
    }

    /// The first IPv4 address, else the first of IPv6 that more than the next machine can reach.
    private func address(of interface: String) -> String? {
        let own = addresses().filter { $0.interface == interface && !$0.isLinkLocal }
        return (own.first { !$0.isIPv6 } ?? own.first)?.address
    }

    private static func isAddress(_ text: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// On a thread of its own: it may wait for a name server.
    private static func resolves(_ name: String) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "ygg.names").async {
                var result: UnsafeMutablePointer<addrinfo>?
                let isKnown = getaddrinfo(name, nil, nil, &result) == 0
                if result != nil { freeaddrinfo(result) }
                continuation.resume(returning: isKnown)
            }
        }
    }
}
