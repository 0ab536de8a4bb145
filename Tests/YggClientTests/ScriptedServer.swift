import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What a scripted server saw of one request.
struct SeenRequest: Sendable {
    var method: String
    var uri: String
    var headers: HTTPHeaders
    var body: String

    func header(_ name: String) -> String? { headers.first(name: name) }
}

/// What it answers.
struct ScriptedReply: Sendable {
    /// Where it is the answer to every request; nil for one that waits for its turn.
    var path: String?
    var status = 200
    var headers: [(String, String)] = [("content-type", "application/json")]
    /// Each is flushed on its own.
    var pieces: [String] = []
    /// Closes the connection in the middle of the answer, or before any, where there is no piece and no status.
    var breaks = false
    /// Says nothing more and leaves the connection open, as a link does that died half way.
    var stalls = false

    static func json(_ text: String, status: Int = 200, headers: [(String, String)] = []) -> ScriptedReply {
        ScriptedReply(status: status, headers: [("content-type", "application/json")] + headers, pieces: [text])
    }

    static func events(_ pieces: [String], breaks: Bool = false) -> ScriptedReply {
        ScriptedReply(headers: [("content-type", "text/event-stream")], pieces: pieces, breaks: breaks)
    }

    static let hangUp = ScriptedReply(status: 0, breaks: true)
}

/// An HTTP server whose n-th request gets the n-th answer; the last answer goes on for ever. A path may have one of its own.
final class ScriptedServer: Sendable {
    let url: String
    private let requests: RequestLog
    private let channel: any Channel

    private init(channel: any Channel, requests: RequestLog) {
        self.channel = channel
        self.requests = requests
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    var seen: [SeenRequest] { requests.all }

    static func run<Result: Sendable>(
        _ replies: [ScriptedReply],
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let log = RequestLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(ScriptedHandler(replies: replies, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(channel: channel, requests: log)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }
}

private final class RequestLog: Sendable {
    private let requests = Mutex<[SeenRequest]>([])

    var all: [SeenRequest] { requests.withLock { $0 } }

    func add(_ request: SeenRequest) { requests.withLock { $0.append(request) } }
}

private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let replies: [ScriptedReply]
    private let log: RequestLog
    private var head: HTTPRequestHead?
    private var body = ""

    init(replies: [ScriptedReply], log: RequestLog) {
        self.replies = replies
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, "")
        case .body(let buffer): body += String(buffer: buffer)
        case .end:
            guard let head else { return }
            let request = SeenRequest(
                method: head.method.rawValue,
                uri: head.uri,
                headers: head.headers,
                body: body
            )
            log.add(request)
            if let reply = replies.first(where: { $0.path == head.uri }) { return answer(reply, context) }
            let turns = replies.filter { $0.path == nil }
            let number = log.all.count { seen in !replies.contains { $0.path == seen.uri } }
            answer(turns[min(number, turns.count) - 1], context)
        }
    }

    private func answer(_ reply: ScriptedReply, _ context: ChannelHandlerContext) {
        if reply.status > 0 {
            var headers = HTTPHeaders(reply.headers)
            if reply.status != 204 { headers.add(name: "transfer-encoding", value: "chunked") }
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status), headers: headers)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            for piece in reply.pieces {
                let buffer = ByteBuffer(string: piece)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            }
        }
        if reply.stalls { return }
        if reply.breaks {
            context.close(promise: nil)
        } else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
