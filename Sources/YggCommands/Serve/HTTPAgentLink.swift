import YggClient
import YggCoordinator
import YggCore
import YggTelemetry

/// How a coordinator reads what the executor of its own process tells, where loopback asks for a token.
struct LocalReader: Sendable {
    /// Opens what a viewer may read, of that executor alone.
    let token: String
    /// Where the executor is served; nil while it is not, so that nobody is shown the token in its place.
    let address: @Sendable () -> String?

    /// Whoever else gives that address as its own gets nothing done by it: the token only reads.
    func token(for request: AgentRequest) -> String? {
        guard request.method == "GET", let address = address().flatMap(AgentAddress.init),
            address.origin == request.address.origin
        else { return nil }
        return token
    }
}

/// Services and executors over HTTP, as the coordinator sees them.
struct HTTPAgentLink: AgentLink {
    /// nil where no executor is a part of this process.
    let localReader: LocalReader?
    /// What is taken out of their answers: tokens that they were shown, say.
    let secrets: KnownSecrets

    func send(_ request: AgentRequest) async -> ForwardedAnswer {
        let token = localReader?.token(for: request) ?? request.token
        let transport = HTTPTransport(
            client: SharedHTTPClients.executions,
            baseURL: request.address.url,
            token: token
        )
        // A connection of its own each: one that was kept could break before the request is on it, and then nobody
        // could say whether it was sent.
        var headers = request.headers + [("connection", "close")]
        if let token { headers.append(("x-manager-token", token)) }
        do {
            let reply = try await transport.send(
                method: request.method,
                path: request.path,
                headers: headers,
                body: request.body,
                timeout: request.timeout.duration,
                maxBytes: request.maxBytes
            )
            return .reply(
                AgentReply(
                    status: reply.status,
                    contentType: reply.header("content-type"),
                    retryAfter: reply.retryAfter,
                    body: withoutSecrets(reply.body)
                )
            )
        } catch let error as TransportError {
            return answer(error)
        } catch {
            return .broken("\(error)")
        }
    }

    private func withoutSecrets(_ body: [UInt8]) -> [UInt8] {
        let patterns = secrets.patterns
        guard !patterns.isEmpty else { return body }
        if let json = try? JSON(parsing: body) {
            let clean = patterns.redacted(json)
            return clean == json ? body : clean.bytes
        }
        return Array(patterns.redacted(String(decoding: body, as: UTF8.self)).utf8)
    }

    private func answer(_ error: TransportError) -> ForwardedAnswer {
        switch error {
        case .unreachable, .invalidURL: .unsent(error.reason)
        case .broken, .timedOut: .broken(error.reason)
        case .tooLarge: .tooLarge(error.reason)
        }
    }
}
