/// Where an Ollama server is, read from `OLLAMA_HOST` by the rules of Ollama itself, so that one value means the same to
/// both.
///
/// Without a scheme the port is 11434; with one it is that scheme's own, 80 or 443. A path is kept as a prefix. A port
/// that is none is replaced by the default, as Ollama does with a warning.
package struct OllamaHost: Sendable, Hashable {
    package var scheme: String
    /// Without brackets. Empty for all addresses of the machine, as in `:8080`.
    package var host: String
    package var port: Int
    /// Empty, or from its first slash, without one at the end.
    package var path: String

    /// - Parameter value: the variable's, or an address from a configuration file.
    package init(parsing value: String) {
        let text = value.trimmingSpace().trimming { $0 == "\"" || $0 == "'" }.trimmingSpace()
        var rest = text
        var defaultPort = 11434
        scheme = "http"
        if let split = text.firstRange(of: "://") {
            scheme = text[..<split.lowerBound].lowercased()
            rest = String(text[split.upperBound...])
            defaultPort = scheme == "https" ? 443 : scheme == "http" ? 80 : 11434
        } else if text == "ollama.com" {
            (scheme, defaultPort) = ("https", 443)
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...].trimming { $0 == "/" })
        if !path.isEmpty { path = "/" + path }
        let authority = String(rest[..<slash])
        if let (name, digits) = Self.split(authority) {
            host = name
            port = Int(digits).flatMap { (0...65_535).contains($0) ? $0 : nil } ?? defaultPort
        } else {
            host = authority.isEmpty ? "127.0.0.1" : String(authority.trimming { $0 == "[" || $0 == "]" })
            port = defaultPort
        }
    }

    /// Host and port, or nil where there is no port, as in `example.com`, `::1` and `[::1]`.
    private static func split(_ authority: String) -> (host: String, port: String)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]"), case let rest = authority[authority.index(after: end)...],
                rest.hasPrefix(":")
            else { return nil }
            return (String(authority[authority.index(after: authority.startIndex)..<end]), String(rest.dropFirst()))
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    /// Where a client finds it: addresses that a server binds to are none that can be called.
    package var url: String {
        let host =
            switch self.host {
            case "", "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: self.host
            }
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }

    /// Whether it is on this machine.
    package var isLocal: Bool {
        ["", "0.0.0.0", "::", "::1", "localhost"].contains(host) || host.hasPrefix("127.")
    }

    /// Whether its models run in Ollama's own cloud, not on a machine of the household.
    package var isCloud: Bool { host == "ollama.com" || host.hasSuffix(".ollama.com") }
}

extension StringProtocol {
    fileprivate func trimming(_ isEdge: (Character) -> Bool) -> SubSequence {
        guard let first = firstIndex(where: { !isEdge($0) }), let last = lastIndex(where: { !isEdge($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }

    fileprivate func trimmingSpace() -> String { String(trimming(\.isWhitespace)) }
}
