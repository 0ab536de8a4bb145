import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension HTTPTransport {
    /// Sends a PUT whose body is made while it is sent, and collects its answer, whatever its status.
    /// - Parameters:
    ///   - length: of the whole body; what is made must be as long.
    ///   - timeout: until the whole answer is here.
    ///   - next: gives the next piece of the body; nil at its end. Asked only when the last one is on its way, so a slow
    ///     link fills no memory.
    /// - Throws: `TransportError`, or `CancellationError` where the surrounding task was cancelled.
    package func put(
        path: String,
        length: Int64,
        timeout: Duration,
        _ next: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws -> HTTPReply {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .PUT
        request.headers = ["content-type": "application/octet-stream"]
        let pieces = AsyncThrowingStream { try await next().map { ByteBuffer(bytes: $0) } }
        request.body = .stream(pieces, length: .known(length))
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        do {
            return try await within(deadline, of: timeout) { [request] in
                let response = try await execute(request, deadline)
                let body = try await response.body.collect(upTo: 1 << 20)
                return HTTPReply(
                    status: Int(response.status.code),
                    headers: response.headers.pairs,
                    body: Array(body.readableBytesView)
                )
            }
        } catch {
            throw failure(error, timeout)
        }
    }
    /// Sends a GET whose body is handed over as it comes.
    /// - Returns: the refusal, where it is one; nil where all was handed over.
    /// - Throws: what `take` throws, `TransportError`, or `CancellationError`.
    package func get(
        path: String,
        _ take: ([UInt8]) async throws -> Void
    ) async throws -> HTTPReply? {
        let reply = try await open(path: path)
        guard reply.status < 400 else {
            return HTTPReply(status: reply.status, headers: reply.headers, body: try await reply.collect())
        }
        do {
            for try await chunk in reply.body { try await take(Array(chunk.readableBytesView)) }
        } catch {
            throw failure(error, .zero)
        }
        return nil
    }
}
