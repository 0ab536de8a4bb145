import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A piece of an answer that is read as it comes.
package enum StreamedPiece: Sendable {
    /// Comes once, and first.
    case head(status: Int, headers: [(String, String)])
    case bytes([UInt8])
}

extension HTTPTransport {
    /// Sends a request and hands its answer over piece by piece, whatever its status. Returns at the answer's end.
    ///
    /// The next piece is read when `take` has returned, so a slow reader slows its server down and fills no memory.
    /// Cancelling the surrounding task, or throwing from `take`, closes the connection: a server that watches it stops
    /// its work.
    /// - Throws: what `take` throws, `StreamStall` when patience is over, `TransportError`, or `CancellationError` where
    ///   the surrounding task was cancelled.
    package func stream(
        method: String,
        path: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        patience: StreamPatience,
        _ take: @escaping @Sendable (StreamedPiece) async throws -> Void
    ) async throws {
        let watch = StreamWatch(patience)
        try await withThrowingTaskGroup(of: StreamStall?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await exchange(method, path, headers, body, watch, patience, take)
                return nil
            }
            group.addTask { try await watch.stall() }
            // Whichever ends first ends the other. Both end at once only where the surrounding task was cancelled.
            if let stall = try await group.next() ?? nil { throw stall }
        }
        try Task.checkCancellation()
    }

    private func exchange(
        _ method: String,
        _ path: String,
        _ headers: [(String, String)],
        _ body: [UInt8]?,
        _ watch: StreamWatch,
        _ patience: StreamPatience,
        _ take: @Sendable (StreamedPiece) async throws -> Void
    ) async throws {
        var pieces = try await opened(method, path, headers, body, patience, take)
        while let piece = try await next(of: &pieces, patience) {
            watch.heard()
            try await take(.bytes(Array(piece.readableBytesView)))
            watch.listens()
        }
    }

    private func opened(
        _ method: String,
        _ path: String,
        _ headers: [(String, String)],
        _ body: [UInt8]?,
        _ patience: StreamPatience,
        _ take: @Sendable (StreamedPiece) async throws -> Void
    ) async throws -> HTTPClientResponse.Body.AsyncIterator {
        let response: HTTPClientResponse
        do {
            // The watch is what bounds this, and says why; the client's own deadline is only the last resort, and later.
            let deadline = NIODeadline.now() + TimeAmount(patience.whole) + .seconds(10)
            response = try await execute(method, path, headers, body, deadline)
        } catch {
            throw failure(error, patience.whole)
        }
        try await take(.head(status: Int(response.status.code), headers: response.headers.pairs))
        return response.body.makeAsyncIterator()
    }

    private func next(
        of pieces: inout HTTPClientResponse.Body.AsyncIterator,
        _ patience: StreamPatience
    ) async throws -> ByteBuffer? {
        do {
            return try await pieces.next(isolation: #isolation)
        } catch {
            throw failure(error, patience.whole)
        }
    }
}
