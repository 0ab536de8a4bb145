package import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The lowest piece of every client of ours: one request to one server, whole or streamed, with its ways to fail
/// told apart by whether the request can be sent again.
///
/// It knows no resource, repeats nothing and parses nothing. Coordinator client and executor stand on it alike.
package struct HTTPTransport: Sendable {
    /// Longer answers are refused, so that a wrong address cannot fill memory.
    package static let maxBodyBytes = 64 << 20

    /// Without a slash at the end.
    package let baseURL: String
    private let client: HTTPClient
    private let token: String?

    /// - Parameters:
    ///   - baseURL: scheme, host and port, such as `http://127.0.0.1:5080`.
    ///   - token: sent as a bearer token where there is one.
    package init(client: HTTPClient = SharedHTTPClients.requests, baseURL: String, token: String?) {
        self.client = client
        var baseURL = baseURL
        while baseURL.hasSuffix("/") { baseURL.removeLast() }
        self.baseURL = baseURL
        self.token = token
    }

    /// Sends one request and collects its answer, whatever its status.
    /// - Parameters:
    ///   - path: the path, with its query, from `/`.
    ///   - body: JSON, unless `headers` name another `content-type`.
    ///   - timeout: until the whole answer is here, however its pieces come. A link that dies in the middle of an
    ///     answer leaves nothing to wait for, and nobody who would say so.
    ///   - maxBytes: longer answers are refused.
    /// - Throws: `TransportError`, or `CancellationError` where the surrounding task was cancelled.
    package func send(
        method: String,
        path: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30),
        maxBytes: Int = maxBodyBytes
    ) async throws -> HTTPReply {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        do {
            return try await within(deadline, of: timeout) {
                let response = try await execute(method, path, headers, body, deadline)
                var bytes: [UInt8] = []
                for try await chunk in response.body {
                    guard bytes.count + chunk.readableBytes <= maxBytes else {
                        throw TransportError.tooLarge(url: baseURL, limit: maxBytes)
                    }
                    bytes.append(contentsOf: chunk.readableBytesView)
                }
                return HTTPReply(status: Int(response.status.code), headers: response.headers.pairs, body: bytes)
            }
        } catch {
            throw failure(error, timeout)
        }
    }

    /// Runs `exchange`, and cancels it at the deadline. The client's own deadline ends with the head of the answer.
    ///
    /// The timer is the event loop's and both sides run where the caller prefers to, so that an executor's link needs
    /// nothing of the cooperative pool, which its work may keep busy.
    func within(
        _ deadline: NIODeadline,
        of timeout: Duration,
        _ exchange: @escaping @Sendable () async throws -> HTTPReply
    ) async throws -> HTTPReply {
        let timer = client.eventLoopGroup.any().scheduleTask(deadline: deadline) {}
        return try await withThrowingTaskGroup(of: HTTPReply?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                defer { timer.cancel() }
                return try await exchange()
            }
            group.addTask {
                // Where the exchange is over first, its end has cancelled the timer.
                try? await timer.futureResult.get()
                return nil
            }
            while let end = try await group.next() {
                if let reply = end { return reply }
                // The timer fires at the deadline, or is cancelled by an exchange whose end comes next.
                guard NIODeadline.now() < deadline else { break }
            }
            throw TransportError.timedOut(url: baseURL, after: timeout)
        }
    }

    /// Sends a GET whose answer is read as it comes.
    /// - Parameter timeout: until the answer has begun. What bounds the silence after that is the client's read
    ///   timeout, so streams need a client of their own: `SharedHTTPClients.streams`.
    package func open(
        path: String,
        headers: [(String, String)] = [],
        timeout: Duration = .seconds(15)
    ) async throws -> HTTPStreamedReply {
        do {
            let response = try await execute("GET", path, headers, nil, .now() + TimeAmount(timeout))
            return HTTPStreamedReply(
                status: Int(response.status.code),
                headers: response.headers.pairs,
                url: baseURL,
                body: response.body
            )
        } catch {
            throw failure(error, timeout)
        }
    }

    func execute(
        _ method: String,
        _ path: String,
        _ headers: [(String, String)],
        _ body: [UInt8]?,
        _ deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers = HTTPHeaders(headers)
        if let body {
            if !request.headers.contains(name: "content-type") {
                request.headers.add(name: "content-type", value: "application/json")
            }
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return try await execute(request, deadline)
    }

    func execute(_ request: HTTPClientRequest, _ deadline: NIODeadline) async throws -> HTTPClientResponse {
        var request = request
        if let token { request.headers.replaceOrAdd(name: "authorization", value: "Bearer \(token)") }
        return try await client.execute(request, deadline: deadline)
    }

    /// The same way apart from the connections that leases depend on, for bytes in bulk.
    package var forFiles: HTTPTransport {
        HTTPTransport(client: SharedHTTPClients.requests, baseURL: baseURL, token: token)
    }

    func failure(_ error: any Error, _ timeout: Duration) -> any Error {
        switch error {
        case is TransportError, is CancellationError: error
        default: Task.isCancelled ? CancellationError() : TransportError(error, url: baseURL, timeout: timeout)
        }
    }
}

extension HTTPHeaders {
    var pairs: [(String, String)] { map { ($0.name, $0.value) } }
}
