import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol
import YggStorage

/// The log of a task, as pages and as a stream, and the artifacts it names.
struct EventRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.taskEvents, events)
        endpoints.on(.taskStream, stream)
        endpoints.on(.artifact, artifact)
        endpoints.on(.saveArtifact, saveArtifact)
    }

    @Sendable private func events(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try taskID(context)
        var query = try request.queryReader()
        let cursor = query.spelledInt("cursor", in: 0...Int64.max)
        let after = query.spelledInt("after", in: 0...Int64.max) ?? cursor ?? 0
        let limit = query.spelledInt("limit", in: 1...1000) ?? 200
        try query.finish()
        let (page, task, lastSeq) = try await coordinator.events(of: id, after: after, limit: Int(limit))
        var events = page.events
        if let gap = page.gap(after: after, of: task) { events.insert(gap, at: 0) }
        let last = events.last?.seq ?? after
        return .list(events.map { .object($0.json) }, next: last < lastSeq ? String(last) : nil)
    }

    /// Replays what is stored and goes on live. `Last-Event-ID` beats `after`, because a browser sends it when it
    /// comes back; one that cannot be read begins at the beginning, one in the query is refused.
    @Sendable private func stream(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try taskID(context)
        var query = try request.queryReader()
        let asked = query.spelledInt("after", in: 0...Int64.max)
        let follow = query.string("follow") ?? "true"
        // The guard has looked at it already.
        _ = query.string("ticket")
        if !["true", "false"].contains(follow) { query.complain("follow", "must be true or false") }
        try query.finish()
        let (_, task, lastSeq) = try await coordinator.events(of: id, after: Int64.max - 1, limit: 1)
        if let asked, asked > lastSeq {
            throw Problem.invalidRequest(InvalidInput("/after", "is beyond the last event, \(lastSeq)"))
        }
        let resumed = request.headers[.lastEventID].flatMap { Int64($0) }.map { min(max(0, $0), lastSeq) }
        let after = resumed ?? asked ?? 0
        if resumed == lastSeq, task.state.isTerminal { return Response(status: .noContent) }
        let reader = LogReader(
            coordinator: coordinator,
            viewer: try context.principal(),
            task: id,
            after: after,
            follows: follow == "true"
        )
        // Signals first, then the log: what is committed in between is seen by both, and told once.
        let signals = coordinator.events.signals(for: id)
        return .eventStream(request: request, signals: signals) { try await reader.next() }
    }

    @Sendable private func saveArtifact(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try taskID(context)
        let hash = try hash(context)
        var query = try request.queryReader()
        let epoch = query.spelledInt("epoch", in: 1...Int64.max)
        if epoch == nil { query.complain("epoch", "is required") }
        try query.finish()
        let principal = try context.principal()
        var body = request.chunks(limit: coordinator.settings.limits.ofArtifact)
        let (size, isNew) = try await coordinator.saveArtifact(
            sha256: hash,
            task: id,
            epoch: epoch ?? 0,
            by: principal
        ) { try await body.next() }
        return .json(["sha256": .string(hash), "size": .int(size)], status: isNew ? .created : .ok)
    }

    @Sendable private func artifact(_ request: Request, _ context: YggContext) async throws -> Response {
        let hash = try hash(context)
        let reader = try await coordinator.artifact(hash, of: try taskID(context), by: try context.principal())
        var headers = HTTPFields()
        headers[.eTag] = "\"\(hash)\""
        headers[.cacheControl] = "private, max-age=31536000, immutable"
        headers[.contentDisposition] = "attachment"
        headers[.contentType] = "application/octet-stream"
        let body = ResponseBody(contentLength: Int(reader.size)) { writer in
            while let chunk = try await reader.next() { try await writer.write(ByteBuffer(bytes: chunk)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func hash(_ context: YggContext) throws(Problem) -> String {
        let hash = context.parameter("sha256")
        guard ArtifactStore.isHash(hash) else {
            throw .invalidRequest(InvalidInput("/sha256", "must be 64 lower-case hexadecimal digits"))
        }
        return hash
    }
}

extension TaskStore.EventPage {
    /// What stands in the place of entries that were removed.
    fileprivate func gap(after: Int64, of task: FleetTask) -> Event? {
        firstStored.map { first in
            Event(
                seq: first - 1,
                at: events.first?.at ?? task.updatedAt,
                type: .gap,
                data: ["from": .int(after + 1), "to": .int(first - 1)]
            )
        }
    }
}

/// Reads a task's log on behalf of one viewer, a page at a time.
private final class LogReader: Sendable {
    private let coordinator: Coordinator
    private let viewer: Principal
    private let task: TaskID
    private let follows: Bool
    private let position: Mutex<Int64>

    init(coordinator: Coordinator, viewer: Principal, task: TaskID, after: Int64, follows: Bool) {
        self.coordinator = coordinator
        self.viewer = viewer
        self.task = task
        self.follows = follows
        position = Mutex(after)
    }

    /// The frames that follow; the last ones tell of the end.
    func next() async throws -> (frames: [UInt8], isEnd: Bool) {
        // A stream outlives the look at its viewer's token.
        guard coordinator.access.isWelcome(viewer) else { return ([], true) }
        let after = position.withLock { $0 }
        let (page, task, lastSeq) = try await coordinator.events(of: task, after: after, limit: 500)
        var frames: [UInt8] = []
        let gap = page.gap(after: after, of: task)
        if let gap { frames += ServerSentEvents.frame(id: gap.seq, name: gap.type.rawValue, data: gap.data) }
        for event in page.events { frames += ServerSentEvents.frame(of: event) }
        let last = page.events.last?.seq ?? gap?.seq ?? after
        position.withLock { $0 = last }
        guard last >= lastSeq else { return (frames, false) }
        if task.state.isTerminal {
            var end: JSONObject = ["state": .string(task.state.rawValue)]
            end.append("exitCode", task.result?["exitCode"])
            frames += ServerSentEvents.frame(id: nil, name: "end", data: end)
            return (frames, true)
        }
        return (frames, !follows)
    }
}
