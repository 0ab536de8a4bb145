import HTTPTypes
package import Hummingbird
import NIOCore
import ServiceLifecycle
import YggCore
import YggProtocol

extension Response {
    /// A `text/event-stream` that is pulled: after every signal `next` reads what is new, at the viewer's own pace, so
    /// a slow viewer costs no memory. It ends when `next` says so, the viewer leaves, or the server shuts down.
    ///
    /// - Parameters:
    ///   - request: nil where its body was read. Then nothing but the next that is written, a keep-alive at the latest,
    ///     notices that the viewer has left.
    ///   - signals: says that there may be something new. The stream begins with a look of its own.
    ///   - next: the frames that follow, and whether they are the last.
    package static func eventStream(
        request: Request?,
        signals: AsyncStream<Void>,
        keepAlive: Duration = .seconds(15),
        next: @escaping @Sendable () async throws -> (frames: [UInt8], isEnd: Bool)
    ) -> Response {
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(bytes: ServerSentEvents.preamble))
            let (ticks, feed) = AsyncStream.makeStream(of: Tick.self, bufferingPolicy: .bufferingNewest(2))
            let pump = Task {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await _ in signals { feed.yield(.news) }
                        feed.finish()
                    }
                    group.addTask {
                        while !Task.isCancelled {
                            try? await Task.sleep(for: keepAlive)
                            feed.yield(.silence)
                        }
                    }
                    await group.next()
                    group.cancelAll()
                }
            }
            defer { pump.cancel() }
            feed.yield(.news)
            try await withGracefulShutdownHandler {
                guard let body = request?.body else { return try await pull(ticks, next, &writer) }
                try await body.consumeWithInboundCloseHandler { _ in
                    try await pull(ticks, next, &writer)
                } onInboundClosed: {
                    feed.finish()
                }
            } onGracefulShutdown: {
                feed.finish()
            }
            try await writer.finish(nil)
        }
        var headers = HTTPFields()
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-cache, no-transform"
        headers[.accelBuffering] = "no"
        return Response(status: .ok, headers: headers, body: body)
    }

    @concurrent private static func pull(
        _ ticks: AsyncStream<Tick>,
        _ next: () async throws -> (frames: [UInt8], isEnd: Bool),
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        for await tick in ticks {
            // Silence may have pushed news out of the buffer, so it looks as well.
            if tick == .silence { try await writer.write(ByteBuffer(bytes: ServerSentEvents.keepAlive)) }
            while true {
                let (frames, isEnd) = try await next()
                if !frames.isEmpty { try await writer.write(ByteBuffer(bytes: frames)) }
                if isEnd { return }
                if frames.isEmpty { break }
            }
        }
    }
}

private enum Tick: Sendable {
    case news, silence
}
