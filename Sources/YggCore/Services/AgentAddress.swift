import FoundationEssentials

/// Where an agent's HTTP is: scheme, host and port, perhaps a path. What is sent to an agent, its token before all, is
/// sent here and nowhere else.
package struct AgentAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without a slash at the end.
    package let url: String
    /// Scheme, host and port, in the one spelling by which two addresses are compared.
    package let origin: String
    package let host: String

    /// nil unless it is `http` or `https` with a host, without user, query and fragment, and ASCII: other names are written in
    /// their `xn--` form, in which no two look alike.
    package init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 < 0x80 }),
            let components = URLComponents(string: text),
            let scheme = components.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = components.host?.lowercased(), !host.isEmpty, components.user == nil,
            components.password == nil, components.query == nil, components.fragment == nil,
            case let port = components.port ?? (scheme == "http" ? 80 : 443), (1...65_535).contains(port)
        else { return nil }
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
        self.host = host
        origin = "\(scheme)://\(host):\(port)"
    }

    package var description: String { url }
}
