import HTTPTypes
import Hummingbird
import YggCore
import YggHTTP
import YggProtocol

/// The coding agent over the executor's own HTTP, for a caller beside it: everybody else goes through tasks.
struct AgentAPI: Sendable {
    let executor: Executor
    let calls: AgentCalls

    init(executor: Executor) {
        self.executor = executor
        calls = AgentCalls(executor: executor)
    }

    private static let bodyLimit = SizeLimit(1 << 20)
    private static let messageLimit = 1 << 18
    static let defaultKind = TaskKind(trusted: "code-refactor")

    func execute(_ request: Request) async throws -> Response {
        let body: JSONObject = try await request.objectReader(limit: Self.bodyLimit).object
        let own = ["task", "kind", "timeoutMs"]
        var reader = ObjectReader(JSONObject(body.members.filter { own.contains($0.key) }.map { ($0.key, $0.value) }))
        let instruction = try reader.required("task") { $0.string("task", maxLength: Self.messageLimit) }
        let kind = reader.string("kind", maxLength: 64)
        let timeout = reader.int("timeoutMs", in: 1...Milliseconds.days(7).rawValue).map { Milliseconds($0) }
        if instruction.allSatisfy(\.isWhitespace) { reader.complain("task", "must say something") }
        if body["instruction"] != nil { reader.complain("instruction", "is what `task` says here; leave it out") }
        try reader.finish()
        var params = JSONObject(body.members.filter { !own.contains($0.key) }.map { ($0.key, $0.value) })
        params.append("instruction", .string(instruction))
        let chosen = kind.map(TaskKind.init(trusted:)) ?? Self.defaultKind
        return try await answer(chosen) {
            try calls.begin(chosen, params: params, runTimeout: timeout)
        }
    }

    func chat(_ request: Request) async throws -> Response {
        var reader = try await request.objectReader(limit: Self.bodyLimit)
        let session = try reader.required("session") { $0.string("session", maxLength: 64) }
        let message = try reader.required("message") { $0.string("message", maxLength: Self.messageLimit) }
        if message.allSatisfy(\.isWhitespace) { reader.complain("message", "must say something") }
        try reader.finish()
        let id = try sessionID(session, at: "/session")
        return try await answer(nil) { try await calls.say(message, to: id) }
    }

    func sessions() async throws -> Response { .json(["items": .array(try await calls.sessions())]) }

    func delete(_ context: YggContext) async throws -> Response {
        let id = try sessionID(context.parameter("session"), at: "")
        do {
            try await calls.delete(id)
        } catch let refusal as AgentCalls.Refusal {
            throw refusal.problem
        }
        return Response(status: .noContent)
    }

    private func sessionID(_ text: String, at pointer: String) throws(InvalidInput) -> TaskID {
        // What names a folder is no way out of it.
        guard let id = TaskID(text), text != ".", text != ".." else {
            throw InvalidInput(pointer, "must be the id of a session, as GET /agent/sessions lists it")
        }
        return id
    }

    /// What the work says, as it says it. A caller that hangs up does not end it.
    private func answer(
        _ kind: TaskKind?,
        _ begin: () async throws -> AgentListening
    ) async throws -> Response {
        let listening: AgentListening
        do {
            listening = try await begin()
        } catch let refusal as AgentCalls.Refusal {
            throw refusal.problem
        } catch let refusal as ExecutionRefusal {
            let offered = executor.settings.handlers.kinds.filter { $0.kind.prefix == "code-" }
            throw refusal.problem(kind: kind?.rawValue ?? "the session's kind", offered: offered)
        }
        let listener = AgentListener(listening.feed, from: listening.from)
        return .eventStream(request: nil, signals: listening.feed.signals()) { await listener.read() }
    }
}

extension AgentCalls.Refusal {
    fileprivate var problem: Problem {
        switch self {
        case .notCode:
            Problem(
                status: 422,
                code: "unknown-kind",
                title: "Unknown kind",
                detail: "The agent does work on code: kinds that begin with code-.",
                nextAction: "Use a code- kind that GET /info lists, or POST /execute for the others."
            )
        case .unknownSession:
            .notFound("session of this name on this executor", next: "GET /agent/sessions lists those that are here.")
        case .ofTask:
            Problem(
                status: 409,
                code: "belongs-to-task",
                title: "Belongs to a task",
                detail: "The session is that of a task of the fleet.",
                nextAction: "Send the task's work back with a comment: ygg reject TASK --comment \"…\""
            )
        case .running:
            Problem(
                status: 409,
                code: "session-running",
                title: "Session is running",
                detail: "The session is at work, or is just ending.",
                retryable: true,
                nextAction: "Wait for the end of what it does: GET /agent/status."
            )
        }
    }
}
