package import HTTPTypes
import Hummingbird
package import YggProtocol

/// Who is served: whoever shows the token, and on loopback whoever is not a web page.
///
/// Every browser on the machine can send requests to loopback for any page its owner visits. Such a request carries
/// a foreign `Origin`, or a foreign `Host` where the page had its name resolve to loopback, or a body of a type that
/// needs no permission; our own clients never do.
package struct RequestGuard: Sendable {
    private let token: [UInt8]?
    private let isLoopback: Bool
    private let names: Set<String>

    /// - Parameters:
    ///   - token: the shared token, where one is set.
    ///   - isLoopback: whether the server listens on loopback alone; anywhere else nobody is served without the token.
    ///   - names: further names that a `Host` header may carry.
    package init(token: String?, isLoopback: Bool, names: some Sequence<String> = []) {
        self.token = token.map { Array($0.utf8) }
        self.isLoopback = isLoopback
        self.names = Set(["localhost", "127.0.0.1", "[::1]"] + names.map { $0.lowercased() })
    }

    /// Whether a server may listen on `host` with or without a token.
    /// - Returns: what to say where it may not.
    package static func objection(toHost host: String, token: String?) -> String? {
        guard !isLoopback(host), token ?? "" == "" else { return nil }
        return """
            Listening on \(host) needs a token, because other machines can reach it: set YGG_TOKEN (the same value on \
            every machine), or listen on 127.0.0.1.
            """
    }

    package static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }

    private static let open: Set<String> = ["/health", "/livez", "/readyz"]

    /// - Throws: the problem to answer with.
    package func check(_ head: HTTPRequest, path: String) throws(Problem) {
        if path == "/livez" { return }
        if let shown = Self.shownToken(head) {
            guard let token, isEqual(Array(shown.utf8), token) else {
                throw .unauthorized("The token is not valid here.")
            }
            try checkBody(head)
            return
        }
        guard isLoopback else {
            if Self.open.contains(path) { return }
            throw .unauthorized("This server asks for a token.")
        }
        try checkOrigin(head)
        try checkBody(head)
    }

    private static func shownToken(_ head: HTTPRequest) -> String? {
        if let field = head.headerFields[.authorization] {
            let parts = field.split(separator: " ", maxSplits: 1)
            return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : ""
        }
        return head.headerFields[.xManagerToken]
    }

    private func checkOrigin(_ head: HTTPRequest) throws(Problem) {
        let host = (head.authority ?? "").lowercased()
        guard names.contains(hostName(of: host)) else {
            throw .foreignOrigin("The Host header names \"\(host)\", which is not this server.")
        }
        guard let origin = head.headerFields[.origin] else { return }
        guard origin.lowercased() == "http://\(host)" else {
            throw .foreignOrigin("The request comes from a page of \(origin).")
        }
    }

    private func checkBody(_ head: HTTPRequest) throws(Problem) {
        let length = head.headerFields[.contentLength]
        guard head.headerFields[.transferEncoding] != nil || (length != nil && length != "0") else { return }
        let field = head.headerFields[.contentType] ?? ""
        if field == "application/json" { return }
        let type = field.split(separator: ";").first.map { $0.lowercased() } ?? ""
        let trimmed = type.split(separator: " ").first.map(String.init) ?? ""
        if trimmed == "application/json" || (trimmed == "application/octet-stream" && head.method == .put) { return }
        throw Problem(
            status: 415,
            code: "unsupported-media-type",
            title: "Unsupported media type",
            detail: type.isEmpty ? "The body has no Content-Type." : "A body of type \(type) is not accepted.",
            nextAction: "Send Content-Type: application/json."
        )
    }

    private func hostName(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }

    /// In a time that does not depend on where the first difference is.
    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension HTTPField.Name {
    package static let xManagerToken = HTTPField.Name(wellKnown: "X-Manager-Token")
    package static let idempotencyKey = HTTPField.Name(wellKnown: "Idempotency-Key")
    package static let idempotencyReplayed = HTTPField.Name(wellKnown: "Idempotency-Replayed")
    package static let lastEventID = HTTPField.Name(wellKnown: "Last-Event-ID")
    package static let accelBuffering = HTTPField.Name(wellKnown: "X-Accel-Buffering")
    package static let requestID = HTTPField.Name(wellKnown: "X-Request-Id")

    /// For names that are valid by sight.
    private init(wellKnown name: String) {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
        self = name
    }
}

extension Problem {
    fileprivate static func unauthorized(_ detail: String) -> Problem {
        Problem(
            status: 401,
            code: "unauthorized",
            title: "Unauthorized",
            detail: detail,
            nextAction: "Send Authorization: Bearer with the token; the ygg command reads it from YGG_TOKEN."
        )
    }

    fileprivate static func foreignOrigin(_ detail: String) -> Problem {
        Problem(
            status: 403,
            code: "foreign-origin",
            title: "Foreign origin",
            detail: detail,
            nextAction: "Call it as http://127.0.0.1 or http://localhost, not from another site's page."
        )
    }
}
