package import HTTPTypes
import Hummingbird
import YggCore
import YggProtocol

/// Who asks: whoever shows a token, and on loopback whoever is not a web page.
///
/// Every browser on the machine can send requests to loopback for any page its owner visits. Such a request carries
/// a foreign `Origin`, or a foreign `Host` where the page had its name resolve to loopback, or a body of a type that
/// needs no permission; our own clients never do.
package struct RequestGuard: Sendable {
    private let doorkeeper: any Doorkeeper
    private let isLoopback: Bool
    private let needsToken: Bool
    private let names: Set<String>
    private let headerLimit: Int
    private let headerSetting: String?

    /// - Parameters:
    ///   - isLoopback: whether the server listens on loopback alone; anywhere else nobody is served without a token.
    ///   - needsToken: whether a token is asked for on loopback as well.
    ///   - names: further names that a `Host` header may carry.
    ///   - headerLimit: bytes that names and values of a request's headers may have.
    ///   - headerSetting: the key of the configuration that sets it; nil where none does.
    package init(
        doorkeeper: any Doorkeeper,
        isLoopback: Bool,
        needsToken: Bool = false,
        names: some Sequence<String> = [],
        headerLimit: Int = 32 << 10,
        headerSetting: String? = nil
    ) {
        self.doorkeeper = doorkeeper
        self.isLoopback = isLoopback
        self.needsToken = needsToken || !isLoopback
        self.names = Set(["localhost", "127.0.0.1", "[::1]"] + names.map { $0.lowercased() })
        self.headerLimit = headerLimit
        self.headerSetting = headerSetting
    }

    /// Whether a server that knows one token alone may listen on `host` with or without it.
    /// - Returns: what to say where it may not.
    package static func objection(toHost host: String, token: String?) -> String? {
        guard !isLoopback(host) else { return nil }
        if let token, !token.isEmpty { return objection(toSharedToken: token, onHost: host) }
        return """
            Listening on \(host) needs a token, because other machines can reach it: set YGG_TOKEN (the same value on \
            every machine; make one with: openssl rand -hex 32), or listen on 127.0.0.1.
            """
    }

    /// Whether what the household shares is good enough where other machines can try it.
    /// - Returns: what to say where it is not.
    package static func objection(toSharedToken token: String?, onHost host: String) -> String? {
        guard let token, !isLoopback(host), TokenSecret.isGuessable(token) else { return nil }
        return """
            YGG_TOKEN has \(token.utf8.count) characters, so that other machines, which can reach \(host), could guess it; it \
            needs at least \(TokenSecret.leastLength). Make one with: openssl rand -hex 32
            """
    }

    /// Whether nobody but this machine reaches what is served there. Of names that is only one: any other could mean
    /// any address.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        return host.hasPrefix("127.") && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// Looks at a request before anybody knows which call it is.
    /// - Parameters:
    ///   - address: where it comes from.
    /// - Throws: the problem to answer with, whatever is asked for.
    func caller(
        of head: HTTPRequest,
        path: String,
        from address: () -> String
    ) throws(Problem) -> Caller {
        if path == "/livez" { return .nobody }
        try checkHeaders(head)
        if let shown = Self.shownToken(head) {
            do throws(Problem) {
                let principal = try doorkeeper.principal(showing: shown, from: address)
                try checkBody(head)
                return .known(principal)
            } catch {
                if isLoopback { try checkOrigin(head) }
                guard [401, 429].contains(error.status) else { throw error }
                return .unknown(error)
            }
        }
        if isLoopback { try checkOrigin(head) }
        guard !needsToken else { return .nobody }
        try checkBody(head)
        return .known(.local)
    }

    /// Who asks for a stream, where the query has a ticket and the head shows no token.
    func caller(ofStream request: Request, else caller: Caller) -> Caller {
        guard request.uri.query != nil, let ticket = request.uri.queryParameters["ticket"].map({ String($0) }),
            Self.shownToken(request.head) == nil
        else { return caller }
        guard let principal = doorkeeper.principal(showingTicket: ticket) else {
            return .unknown(.unauthorized("The ticket is not valid, or not any more: it is good for a minute."))
        }
        return .known(principal)
    }

    /// Whether the caller may make the call.
    /// - Parameter object: what it is about, as far as its path says.
    /// - Throws: the problem to answer with where it may not.
    func admit(_ caller: Caller, to rule: AccessRule, on object: AccessObject?) throws(Problem) {
        if rule == .open { return }
        let principal = try caller.principal()
        let decision = Access.decide(rule, by: principal, on: object)
        guard decision == .allowed else { throw .forbidden(decision, principal) }
        if !rule.isProtocol { try doorkeeper.spend(principal) }
    }

    /// A body may come long after the head by which its sender was let in: where it ends, the sender is looked at again.
    func watching(_ request: Request, of context: YggContext) -> Request {
        guard request.method != .get, case .known(let principal) = context.caller, principal.token != nil else {
            return request
        }
        var request = request
        request.body = RequestBody(
            asyncSequence: WatchedBody(base: request.body) { [doorkeeper] in
                try doorkeeper.checkWelcome(principal) { context.address }
            }
        )
        return request
    }

    /// Another kind of `Authorization` may be a proxy's: what it hides is looked at all the same.
    private static func shownToken(_ head: HTTPRequest) -> String? {
        guard let field = head.headerFields[.authorization] else { return head.headerFields[.xManagerToken] }
        let parts = field.split(separator: " ", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1]) }
        return head.headerFields[.xManagerToken] ?? ""
    }

    private func checkHeaders(_ head: HTTPRequest) throws(Problem) {
        var bytes = head.path?.utf8.count ?? 0
        for field in head.headerFields { bytes += field.name.rawName.utf8.count + field.value.utf8.count }
        guard bytes > headerLimit else { return }
        throw Problem(
            status: 431,
            code: "headers-too-large",
            title: "Headers too large",
            detail: "Path and headers of the request have \(bytes) bytes, and may have \(headerLimit).",
            nextAction: "Send less" + (headerSetting.map { "; \($0) says how much is taken." } ?? ".")
        )
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
