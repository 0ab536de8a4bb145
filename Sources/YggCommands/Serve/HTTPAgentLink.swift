import YggClient
import YggCoordinator
import YggCore

/// Services and executors over HTTP, as the coordinator sees them.
struct HTTPAgentLink: AgentLink {
    func send(_ request: AgentRequest) async -> ForwardedAnswer {
        let transport = HTTPTransport(
            client: SharedHTTPClients.executions,
            baseURL: request.address.url,
            token: request.token
        )
        // A connection of its own each: one that was kept could break before the request is on it, and then nobody
        // could say whether it was sent.
        var headers = request.headers + [("connection", "close")]
        if let token = request.token { headers.append(("x-manager-token", token)) }
        do {
            let reply = try await within(request.timeout) { [headers] in
                try await transport.send(
                    method: request.method,
                    path: request.path,
                    headers: headers,
                    body: request.body,
                    timeout: request.timeout.duration,
                    maxBytes: request.maxBytes
                )
            }
            guard let reply else { return .broken("no answer within \(request.timeout.text)") }
            return .reply(
                AgentReply(
                    status: reply.status,
                    contentType: reply.header("content-type"),
                    retryAfter: reply.header("retry-after").flatMap { Int64($0) }.map {
                        .seconds(max(0, min($0, 86_400)))
                    },
                    body: reply.body
                )
            )
        } catch let error as TransportError {
            return answer(error)
        } catch {
            return .broken("\(error)")
        }
    }

    private func answer(_ error: TransportError) -> ForwardedAnswer {
        switch error {
        case .unreachable, .invalidURL: .unsent(error.reason)
        case .broken, .timedOut: .broken(error.reason)
        case .tooLarge: .tooLarge(error.reason)
        }
    }

    /// The transport bounds the wait for the answer's beginning; this bounds the whole of it.
    private func within<Value: Sendable>(
        _ limit: Milliseconds,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit.duration)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
