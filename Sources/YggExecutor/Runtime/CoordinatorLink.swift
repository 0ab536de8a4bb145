import Synchronization
package import YggClient
package import YggCore
package import YggProtocol

/// How an executor speaks with its coordinator: three calls, and artifacts; one seam. The simulation has its own.
package protocol CoordinatorLink: Sendable {
    func send(path: String, body: [UInt8], timeout: Milliseconds) async throws(LinkError) -> JSON

    /// The way of artifacts; nil where attempts keep theirs to themselves.
    var artifacts: (any ArtifactLink)? { get }
}

extension CoordinatorLink {
    package var artifacts: (any ArtifactLink)? { nil }
}

/// Why a call has no answer that could be applied.
package enum LinkError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not reached, cut off, timed out, or answered by something that is no coordinator.
    case unreachable(String)
    /// The coordinator's own refusal.
    case refused(Problem)

    /// How long the coordinator asks to be left alone.
    var retryAfter: Milliseconds? {
        guard case .refused(let problem) = self else { return nil }
        return problem.retryAfter.map { .seconds(Int64(min($0, 3600))) }
    }

    package var description: String {
        switch self {
        case .unreachable(let reason): reason
        case .refused(let problem): problem.detail
        }
    }
}

extension CoordinatorLink {
    func register(_ registration: Registration) async throws(LinkError) -> RegistrationAnswer {
        let body = registration.json.bytes
        return try read(try await send(path: "/v1/executors", body: body, timeout: .seconds(10))) {
            reader throws(InvalidInput) in
            try RegistrationAnswer(reading: &reader)
        }
    }

    func sync(_ request: SyncRequest, as id: ExecutorID, timeout: Milliseconds) async throws(LinkError)
        -> StatementMessage
    {
        let path = "/v1/executors/\(id)/sync"
        return try read(try await send(path: path, body: request.json.bytes, timeout: timeout)) {
            reader throws(InvalidInput) in try StatementMessage(reading: &reader)
        }
    }

    func report(_ body: [UInt8], as id: ExecutorID, timeout: Milliseconds) async throws(LinkError) -> ReportsAnswer {
        try read(try await send(path: "/v1/executors/\(id)/reports", body: body, timeout: timeout)) {
            reader throws(InvalidInput) in try ReportsAnswer(reading: &reader)
        }
    }

    func turns(_ request: TurnsRequest, as id: ExecutorID, timeout: Milliseconds) async throws(LinkError)
        -> TurnsAnswer
    {
        let path = "/v1/executors/\(id)/turns"
        return try read(try await send(path: path, body: request.json.bytes, timeout: timeout)) {
            reader throws(InvalidInput) in try TurnsAnswer(reading: &reader)
        }
    }

    private func read<Message>(
        _ json: JSON,
        _ body: (inout ObjectReader) throws(InvalidInput) -> Message
    ) throws(LinkError) -> Message {
        do throws(InvalidInput) {
            var reader = try ObjectReader(json)
            return try body(&reader)
        } catch {
            throw .unreachable("the answer is not a coordinator's: \(error)")
        }
    }
}

/// The coordinator over HTTP.
package final class HTTPCoordinatorLink: CoordinatorLink {
    private struct Current: Sendable {
        var transport: HTTPTransport
        /// Counts the keys.
        var generation = 0
    }

    private let current: Mutex<Current>

    /// - Parameter transport: stands on a client whose event loops no task can keep busy.
    package init(transport: HTTPTransport) { current = Mutex(Current(transport: transport)) }

    package var artifacts: (any ArtifactLink)? {
        HTTPArtifactLink { [self] in current.withLock { $0.transport } }
    }

    /// Another key is shown from the next call on.
    package func use(_ transport: HTTPTransport) {
        current.withLock { current in
            current.transport = transport
            current.generation += 1
        }
    }

    package func send(path: String, body: [UInt8], timeout: Milliseconds) async throws(LinkError) -> JSON {
        let shown = current.withLock { $0 }
        var reply = try await post(shown.transport, path, body, timeout)
        let newest = current.withLock { $0 }
        if reply.status == 401, newest.generation != shown.generation {
            // The key was renewed while the call was under way, and the old one ended by that: nothing is wrong.
            reply = try await post(newest.transport, path, body, timeout)
        }
        guard (200..<300).contains(reply.status) else {
            throw .refused(Problem(reply))
        }
        guard let json = reply.json else { throw .unreachable("the answer is not JSON") }
        return json
    }

    private func post(
        _ transport: HTTPTransport,
        _ path: String,
        _ body: [UInt8],
        _ timeout: Milliseconds
    ) async throws(LinkError) -> HTTPReply {
        do {
            return try await transport.send(method: "POST", path: path, body: body, timeout: timeout.duration)
        } catch let error as TransportError {
            throw .unreachable(error.reason)
        } catch {
            throw .unreachable("\(error)")
        }
    }
}
