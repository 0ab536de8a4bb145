import HTTPTypes
import Hummingbird
import YggCore
import YggHTTP
import YggProcess
import YggProtocol
import YggTelemetry

/// The executor's own HTTP: how it is, what it offers, and work handed to it directly. It decides nothing.
struct ExecutorAPI: Sendable {
    let executor: Executor
    private let memory = ExecutionMemory()
    private let agent: AgentAPI

    init(executor: Executor) {
        self.executor = executor
        agent = AgentAPI(executor: executor)
    }

    private static let bodyLimit = SizeLimit(1 << 20)

    var endpoints: Endpoints {
        var endpoints = Endpoints()
        endpoints.on(.livez) { _, _ in Response.text("ok\n") }
        endpoints.on(.readyz) { _, _ in try readiness() }
        endpoints.on(.health) { _, _ in health() }
        endpoints.on(.metrics) { _, _ in
            .bytes(executor.status.metrics(of: executor.settings).bytes, type: PrometheusText.contentType)
        }
        endpoints.on(.info) { _, _ in .json(executor.settings.info(active: await Protections.detect())) }
        endpoints.on(.status) { _, _ in .json(executor.status.json) }
        endpoints.on(.logs) { request, _ in try logs(request) }
        endpoints.on(.execute) { request, _ in try await execute(request) }
        endpoints.on(.action) { request, _ in try await act(request) }
        endpoints.on(.reloadConfiguration) { _, _ in try await reload() }
        endpoints.on(.agentExecute) { request, _ in try await agent.execute(request) }
        endpoints.on(.agentChat) { request, _ in try await agent.chat(request) }
        endpoints.on(.agentStatus) { _, _ in .json(agent.calls.status) }
        endpoints.on(.agentSessions) { _, _ in try await agent.sessions() }
        endpoints.on(.deleteAgentSession) { _, context in try await agent.delete(context) }
        return endpoints
    }

    private func readiness() throws -> Response {
        let status = executor.status
        guard status.lifecycle.state == .running else {
            throw Problem(
                status: 503,
                code: status.lifecycle.state.rawValue,
                title: "Not ready",
                detail: "The executor is \(status.lifecycle.state.rawValue).",
                retryable: true,
                nextAction: "Resume it, or look at /livez to learn whether it lives.",
                retryAfter: 5
            )
        }
        return .text("ok\n")
    }

    private func health() -> Response {
        let health = executor.status.health(of: executor.settings)
        return .json(health.json, status: health.isFailed ? .serviceUnavailable : .ok)
    }

    private func logs(_ request: Request) throws -> Response {
        var query = try request.queryReader()
        let count = query.spelledInt("lines", in: 1...10_000) ?? 100
        try query.finish()
        let lines = executor.settings.readLog?(Int(count)) ?? []
        if request.headers[.accept]?.hasPrefix("text/plain") == true {
            return .text(lines.map { $0 + "\n" }.joined())
        }
        return .json(["lines": .array(lines.map(JSON.string))])
    }

    private func execute(_ request: Request) async throws -> Response {
        var reader = try await request.objectReader(limit: Self.bodyLimit)
        let kind = try reader.required("kind") { $0.string("kind", maxLength: 64) }
        let parameters = reader.object("parameters") ?? JSONObject()
        let timeout = reader.int("timeoutMs", in: 1...Milliseconds.days(7).rawValue).map { Milliseconds($0) }
        // A coordinator that calls says whose attempt it is: `/status` names it so, and it is repeatable.
        let key = try attempt(&reader)
        try reader.finish()
        let run = { @Sendable in
            try await executor.execute(TaskKind(trusted: kind), params: parameters, runTimeout: timeout, as: key)
        }
        do {
            guard let repeatable = request.headers[.idempotencyKey] ?? key?.description else {
                return .json(try await run().json(kind: kind))
            }
            let (report, isReplayed) = try await memory.report(repeatable, run)
            var headers = HTTPFields()
            if isReplayed { headers[.idempotencyReplayed] = "true" }
            return .json(report.json(kind: kind), headers: headers)
        } catch let refusal as ExecutionRefusal {
            throw refusal.problem(kind: kind, offered: executor.settings.handlers.kinds)
        }
    }

    private func reload() async throws -> Response {
        guard let reload = executor.settings.reload else { throw Problem.notReloadable }
        return .json(try await reload())
    }

    private func attempt(_ reader: inout ObjectReader) throws -> LeaseKey? {
        let task = reader.string("task", maxLength: 64)
        let epoch = reader.int("epoch", in: 1...Int64.max)
        guard let task, let epoch else { return nil }
        guard let id = TaskID(task) else {
            throw InvalidInput(reader.path("task"), "must be 1 to 64 letters, digits, dots, dashes and underscores")
        }
        return LeaseKey(task: id, epoch: epoch)
    }

    private func act(_ request: Request) async throws -> Response {
        var reader = try await request.objectReader(limit: Self.bodyLimit)
        executor.order(try Lifecycle.Order(request: &reader, by: "http"))
        return .json(executor.status.json, status: .accepted)
    }
}

extension Endpoints {
    /// Serves a call of the table, to whom the table says.
    fileprivate mutating func on(_ call: ExecutorCall, _ handler: @escaping Handler) {
        guard let method = HTTPRequest.Method(call.method) else {
            preconditionFailure("\(call.method) is not a method")
        }
        on(method, call.path, call.rule, handler)
    }
}

extension ExecutionRefusal {
    func problem(kind: String, offered: [KindSpec]) -> Problem {
        switch self {
        case .unknownKind:
            Problem(
                status: 422,
                code: "unknown-kind",
                title: "Unknown kind",
                detail: "This executor does not offer \(kind).",
                nextAction: "Use one of \(offered.map(\.kind.rawValue).joined(separator: ", "))."
            )
        case .mustBeShown:
            Problem(
                status: 422,
                code: "needs-approval",
                title: "Needs approval",
                detail: "A person must see what \(kind) is going to do before it does it.",
                nextAction: "Submit it to the coordinator as a task: ygg task submit \(kind)"
            )
        case .paused:
            Problem(
                status: 409,
                code: "paused",
                title: "Paused",
                detail: "The executor is paused and takes no work.",
                retryable: true,
                nextAction: "Resume it, or send the work elsewhere."
            )
        case .stopping:
            Problem(
                status: 409,
                code: "stopping",
                title: "Stopping",
                detail: "The executor is stopping and takes no work.",
                retryable: true,
                nextAction: "Send the work elsewhere."
            )
        case .drained:
            Problem(
                status: 409,
                code: "drained",
                title: "Drained",
                detail: "The executor was drained, and its drain timeout ended the work before it was done.",
                retryable: true,
                nextAction: "Send the work elsewhere, or again when this executor runs."
            )
        case .noSlot:
            Problem(
                status: 429,
                code: "no-slot",
                title: "No slot",
                detail: "All slots that \(kind) needs are in use.",
                retryable: true,
                nextAction: "Try again when something has finished.",
                retryAfter: 1
            )
        case .noRoom(let sentence):
            Problem(
                status: 503,
                code: "disk-low",
                title: "Disk low",
                detail: sentence,
                retryable: true,
                nextAction: "Free space on the executor's disk, or send the work elsewhere.",
                retryAfter: 60
            )
        case .notReady:
            Problem(
                status: 503,
                code: "not-ready",
                title: "Not ready",
                detail: "The executor is only starting.",
                retryable: true,
                nextAction: "Try again in a moment.",
                retryAfter: 1
            )
        }
    }
}
