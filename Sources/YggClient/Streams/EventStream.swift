import AsyncHTTPClient
import NIOCore
import YggCore
package import YggProtocol

/// A task's log as it grows: every entry once and in order, over as many connections as it takes.
///
/// It ends after `event: end`. It throws a `Problem` where the coordinator refuses, and `ClientError.unreachable`
/// where nobody answered for longer than `patience`.
package struct EventStream: AsyncSequence, Sendable {
    package enum Element: Sendable, Hashable {
        case event(ReceivedEvent)
        /// The connection is gone; the next element comes over a new one. Told once for each outage.
        case interrupted(reason: String)
    }

    /// Long enough for a coordinator to be restarted, or a laptop to find its network again.
    package static let patience = Duration.seconds(120)

    let client: CoordinatorClient
    let task: String
    let after: Int64?
    var patience = EventStream.patience
    var firstPause = Duration.milliseconds(200)

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

    package struct AsyncIterator: AsyncIteratorProtocol {
        private static let longestPause = Duration.seconds(5)

        private let stream: EventStream
        private var lastID: String?
        private var parser = ServerSentEventParser()
        /// Parsed and not handed out yet, the next one last.
        private var ready: [ReceivedEvent] = []
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var connectedAt = ContinuousClock.now
        private var backoff: Backoff
        private var outageBegan: ContinuousClock.Instant?
        private var isFinished = false
        /// What the server asked to be left alone for and has not been.
        private var owed = Duration.zero

        init(_ stream: EventStream) {
            self.stream = stream
            lastID = stream.after.map { String($0) }
            backoff = Backoff(first: stream.firstPause, limit: Self.longestPause)
        }

        package mutating func next() async throws -> Element? {
            while !isFinished {
                if let event = ready.popLast() { return .event(accept(event)) }
                if owed > .zero {
                    try await Task.sleep(for: owed)
                    owed = .zero
                }
                do {
                    guard try await readOn() else { return nil }
                } catch let error as TransportError {
                    if let element = try await pause(after: error) { return element }
                } catch let busy as Busy {
                    if let element = try await pause(after: busy.error, atLeast: busy.wait) { return element }
                }
            }
            return nil
        }

        private mutating func accept(_ event: ReceivedEvent) -> ReceivedEvent {
            if let id = event.id { lastID = id }
            isFinished = event.name == "end"
            return event
        }

        /// Reads the next piece, over a new connection where there is none.
        /// - Returns: whether there can be more.
        private mutating func readOn() async throws -> Bool {
            if body == nil {
                guard let reply = try await connect() else { return false }
                body = reply.body.makeAsyncIterator()
                connectedAt = .now
                parser = ServerSentEventParser()
            }
            do {
                guard let chunk = try await body?.next(isolation: #isolation) else {
                    throw TransportError.broken(url: url, reason: "the stream was closed")
                }
                ready = parser.feed(chunk.readableBytesView).reversed()
                // A server that says its preamble and hangs up is out of order, though it can be reached. One that keeps
                // a quiet stream open is not.
                if !ready.isEmpty || connectedAt.duration(to: .now) >= Self.longestPause {
                    outageBegan = nil
                    backoff.reset()
                }
                return true
            } catch {
                body = nil
                if Task.isCancelled { throw CancellationError() }
                throw error as? TransportError ?? .init(error, url: url, timeout: .seconds(45))
            }
        }

        private var url: String { stream.client.urls.joined(separator: ",") }

        /// - Returns: nil where the server says that there is nothing more.
        private func connect() async throws -> HTTPStreamedReply? {
            let path = RequestPath("v1", "tasks", stream.task, "stream")
            var headers = [("accept", "text/event-stream")]
            if let lastID { headers.append(("last-event-id", lastID)) }
            var last = TransportError.invalidURL(url: "", reason: "there is no address")
            for transport in stream.client.streams {
                do {
                    let reply = try await transport.open(path: path.description, headers: headers)
                    if reply.status == 204 { return nil }
                    guard reply.status == 200 else { throw try await refusal(reply) }
                    return reply
                } catch let error as TransportError {
                    last = error
                }
            }
            throw last
        }

        /// A server that cannot just now is an outage; any other refusal is final.
        private func refusal(_ reply: HTTPStreamedReply) async throws -> any Error {
            let bytes = try await reply.collect()
            let problem = Problem(HTTPReply(status: reply.status, headers: reply.headers, body: bytes))
            guard [429, 502, 503, 504].contains(reply.status) else { return problem }
            return Busy(
                error: .broken(url: reply.url, reason: problem.detail),
                wait: .seconds(problem.retryAfter ?? 0)
            )
        }

        private mutating func pause(
            after error: TransportError,
            atLeast wait: Duration = .zero
        ) async throws -> Element? {
            if case .invalidURL = error { throw ClientError(error) }
            let now = ContinuousClock.now
            if let outageBegan, outageBegan.duration(to: now) > stream.patience { throw ClientError(error) }
            let isNew = outageBegan == nil
            outageBegan = outageBegan ?? now
            if isNew {
                // Told before the wait: a person should not look at a line that has stopped without a word.
                owed = wait
                return .interrupted(reason: error.reason)
            }
            try await Task.sleep(for: Swift.max(backoff.next(), wait))
            return nil
        }
    }
}

/// A server that cannot just now, and says for how long.
private struct Busy: Error {
    var error: TransportError
    var wait: Duration
}
