import HTTPTypes
import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol
import YggStorage

/// `/v1/tasks`: to submit, look, cancel, try again and explain.
struct TaskRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.submitTask, submit)
        endpoints.on(.listTasks, list)
        endpoints.on(.submitBatch, submitBatch)
        endpoints.on(.showTask, show)
        endpoints.on(.cancelTask, cancel)
        endpoints.on(.retryTask, retry)
        endpoints.on(.requeueTask, requeue)
        endpoints.on(.whyTask, why)
    }

    @Sendable private func submit(_ request: Request, _ context: YggContext) async throws -> Response {
        let bytes = try await request.bytes(limit: coordinator.settings.limits.ofBody)
        let author = try context.author()
        let idempotency = try idempotencyKey(request, of: "tasks", by: author, asking: bytes)
        var reader = try Request.objectReader(of: bytes)
        let submission = try TaskSubmission(reading: &reader)
        return answer(try await coordinator.submit(submission, idempotency: idempotency, by: author))
    }

    private func answer(_ result: SubmitResult, isNew: Bool = true) -> Response {
        var headers = headers(of: result.task)
        if result.kind != .existing { headers[.location] = "/v1/tasks/\(result.task.id)" }
        if result.kind == .replayed { headers[.idempotencyReplayed] = "true" }
        return .json(result.task.json, status: result.kind == .existing || !isNew ? .ok : .created, headers: headers)
    }

    /// 1 to 255 visible ASCII characters, with or without the quotes of a structured field.
    private func idempotencyKey(
        _ request: Request,
        of route: String,
        by author: Author,
        asking body: [UInt8]
    ) throws -> IdempotencyKey? {
        guard var key = request.headers[.idempotencyKey] else { return nil }
        if key.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem.invalidRequest(
                InvalidInput("/Idempotency-Key", "must be 1 to 255 visible ASCII characters")
            )
        }
        return IdempotencyKey(key: "\(author.name)|\(route)|\(key)", fingerprint: ArtifactStore.hash(of: body))
    }

    @Sendable private func submitBatch(_ request: Request, _ context: YggContext) async throws -> Response {
        let bytes = try await request.bytes(limit: coordinator.settings.limits.ofLargeBody)
        let author = try context.author()
        let idempotency = try idempotencyKey(request, of: "batch", by: author, asking: bytes)
        var reader = try Request.objectReader(of: bytes)
        let limit = coordinator.settings.limits.batch
        guard let items = reader.array("tasks", maxCount: .max), reader.issues.isEmpty, 1...limit ~= items.count else {
            if reader.issues.isEmpty {
                reader.complain(
                    "tasks",
                    "must be an array of 1 to \(limit) tasks; coordinator.limits.batch says how many there may be"
                )
            }
            throw Problem.invalidRequest(InvalidInput(issues: reader.issues))
        }
        try reader.finish()
        let submissions = items.enumerated().map { index, item -> Result<TaskSubmission, Problem> in
            do throws(InvalidInput) {
                var reader = try ObjectReader(item, at: "/tasks/\(index)")
                return .success(try TaskSubmission(reading: &reader))
            } catch {
                return .failure(.invalidRequest(error))
            }
        }
        let results = try await coordinator.submit(batch: submissions, idempotency: idempotency, by: author)
        let answers = results.map { result -> JSON in
            switch result {
            case .success(let result):
                ["status": .int(result.kind == .existing ? 200 : 201), "task": .object(result.task.json)]
            case .failure(let problem):
                ["status": .int(Int64(problem.status)), "problem": .object(problem.json(requestID: nil))]
            }
        }
        var headers = HTTPFields()
        let stored = results.compactMap { try? $0.get().kind }
        if stored.contains(.replayed) { headers[.idempotencyReplayed] = "true" }
        return .json(["items": .array(answers), "nextCursor": .null], headers: headers)
    }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        var query = try request.queryReader()
        let limit = query.spelledInt("limit", in: 1...200) ?? 50
        var filter = TaskFilter()
        for word in (query.string("state") ?? "").split(separator: ",") {
            if let state = TaskState(rawValue: String(word)) {
                filter.states.append(state)
            } else {
                query.complain("state", "must be of \(TaskState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        filter.prefix = query.string("prefix")
        filter.label = query.string("label")
        if let executor = query.string("executor") {
            filter.executor = ExecutorID(executor)
            if filter.executor == nil { query.complain("executor", "is not an executor id") }
        }
        let cursor = Cursor(filter: filter)
        let before = try query.string("cursor").map { try cursor.read($0) }
        try query.finish()
        let page = try await coordinator.tasks(filter, before: before, limit: Int(limit))
        let declined = Dictionary(uniqueKeysWithValues: try await coordinator.declinedByAll().map { ($0.task, $0) })
        let items = page.items.map { task -> JSON in
            var object = task.listedJSON
            object.append("problem", declined[task.id].map { .object($0.json) })
            return .object(object)
        }
        return .list(items, next: page.next.map(cursor.text))
    }

    @Sendable private func show(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try taskID(context)
        var query = try request.queryReader()
        let wait = query.string("wait")
        let index = query.spelledInt("index", in: 0...Int64.max)
        let limit = wait.flatMap(Milliseconds.init(parsing:))
        if let wait, limit == nil || limit ?? .zero > .minutes(1) {
            query.complain("wait", "must be a duration up to 1m such as 30s, not \"\(wait)\"")
        }
        try query.finish()
        let task: FleetTask
        if let limit, let index {
            task = try await coordinator.task(id, changedSince: index, within: limit)
        } else {
            task = try await coordinator.task(id)
        }
        let headers = headers(of: task)
        if let known = request.headers[.ifNoneMatch], matches(known, headers[.eTag] ?? "") {
            return Response(status: .notModified, headers: headers)
        }
        return .json(task.json, headers: headers)
    }

    private func matches(_ field: String, _ tag: String) -> Bool {
        field == "*"
            || field.split(separator: ",").contains { entry in
                let entry = entry.drop { $0 == " " }
                return entry == tag || entry == "W/\(tag)"
            }
    }

    @Sendable private func cancel(_ request: Request, _ context: YggContext) async throws -> Response {
        let task = try await coordinator.cancel(
            try taskID(context),
            ifVersion: try ifMatch(request),
            by: try context.author()
        )
        return .json(task.json, status: .accepted, headers: headers(of: task))
    }

    @Sendable private func retry(_ request: Request, _ context: YggContext) async throws -> Response {
        let id = try taskID(context)
        let author = try context.author()
        let idempotency = try idempotencyKey(request, of: "retry", by: author, asking: Array(id.rawValue.utf8))
        let result = try await coordinator.retry(
            id,
            ifVersion: try ifMatch(request),
            idempotency: idempotency,
            by: author
        )
        // The end of a delay makes no new task, also when it is asked for again.
        return answer(result, isNew: result.task.id != id)
    }

    @Sendable private func requeue(_ request: Request, _ context: YggContext) async throws -> Response {
        let task = try await coordinator.requeue(try taskID(context), by: try context.author())
        return .json(task.json, headers: headers(of: task))
    }

    @Sendable private func why(_ request: Request, _ context: YggContext) async throws -> Response {
        .json(try await coordinator.why(try taskID(context)).json)
    }

    /// The version that a request is about, where it says so.
    private func ifMatch(_ request: Request) throws(Problem) -> Int64? {
        guard let field = request.headers[.ifMatch], field != "*" else { return nil }
        guard field.count > 2, field.hasPrefix("\""), field.hasSuffix("\""),
            let version = Int64(field.dropFirst().dropLast())
        else { throw .preconditionFailed("If-Match: \(field.prefix(40)) is no ETag of a task.") }
        return version
    }

    private func headers(of task: FleetTask) -> HTTPFields {
        var headers = HTTPFields()
        headers[.eTag] = "\"\(task.version)\""
        return headers
    }
}

extension FleetTask {
    /// As a list shows it: without the output, which is the one member that can be long.
    fileprivate var listedJSON: JSONObject {
        var object = json
        if var result = result, result["output"] != nil {
            result["output"] = nil
            object["result"] = .object(result)
        }
        return object
    }
}

/// The task that the path names.
func taskID(_ context: YggContext) throws(Problem) -> TaskID {
    let text = context.parameter("id")
    guard let id = TaskID(text) else {
        throw .invalidRequest(InvalidInput("/id", "\"\(text.prefix(80))\" is not a task id"))
    }
    return id
}
