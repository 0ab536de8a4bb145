import YggClient
import YggCore
import YggProtocol

/// A task of the round.
struct Probe: Sendable {
    var kind: String
    var params = JSONObject()
    /// The one executor that is to do it; nil leaves that to the router, as with anybody's task.
    var executor: String?
    /// Whether a person is asked about what it made.
    var asks = false
    var runLimit = Milliseconds.seconds(60)

    /// It ends by itself soon, also where whoever submitted it is gone.
    var body: JSONObject {
        var body: JSONObject = [
            "kind": .string(kind), "title": .string("ygg doctor: \(kind)"), "params": .object(params),
            "source": .string(TaskSource.cli.rawValue), "retry": ["maxAttempts": 1],
            "timeouts": [
                "queueMs": .int(ProbeDesk.queueLimit.rawValue + 10_000), "runMs": .int(runLimit.rawValue + 10_000),
                "approvalMs": 120_000,
            ],
        ]
        if let executor { body.append("labels", [.string("executor=\(executor)")]) }
        if asks { body.append("tier", [.string(Tier.review.rawValue)]) }
        return body
    }
}

/// Why a probe did not come out well.
struct ProbeFailure: Error, Hashable {
    var detail: String
    var next: String
    /// As the task's error has it, or the coordinator's refusal.
    var code: String?
    var task: String?

    init(_ detail: String, next: String, code: String? = nil, task: String? = nil) {
        self.detail = detail
        self.next = next
        self.code = code
        self.task = task
    }

    init(describing error: any Error, task: String? = nil) {
        let failure = CommandFailure(describing: error)
        self.init(
            failure.message,
            next: failure.next ?? "See `ygg health`.",
            code: (error as? Problem)?.code,
            task: task
        )
    }
}

/// Submits probes, and sees each to its end. What is not done in time is cancelled.
struct ProbeDesk: Sendable {
    let client: CoordinatorClient
    /// The end of the whole round.
    let deadline: ContinuousClock.Instant

    /// For how long a probe may wait to be begun: longer than a busy executor needs, shorter than a person's patience.
    static let queueLimit = Milliseconds.seconds(20)

    /// - Returns: the task that succeeded, or that waits for a person.
    /// - Throws: `ProbeFailure`, or `CancellationError`.
    func run(_ probe: Probe) async throws -> TaskView {
        do {
            let task = try await client.submit(.object(probe.body), idempotencyKey: IdempotencyKey.make())
            return try await watch(task, probe)
        } catch let failure as ProbeFailure {
            throw failure
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ProbeFailure(describing: error)
        }
    }

    /// Approves what a task asks, as it is, and sees it to its end.
    func approve(_ task: TaskView, _ probe: Probe) async throws -> TaskView {
        do {
            let open = try await client.approvals(of: task.id).first { $0["decision"] == nil }
            let digest = open?["digest"]?.stringValue
            _ = try await client.answer(.approve, task.id, digest: digest, comment: "ygg doctor")
            var goOn = probe
            goOn.asks = false
            return try await watch(try await client.task(task.id), goOn)
        } catch {
            await cancel(task.id)
            if error is ProbeFailure || error is CancellationError { throw error }
            throw ProbeFailure(describing: error, task: task.id)
        }
    }

    /// Takes a task back, also where this process is being ended.
    func cancel(_ id: String) async {
        await Task { [client] in
            // One that has ended meanwhile has nothing to be taken back.
            _ = try? await client.cancel(id)
        }
        .value
    }

    private func watch(_ first: TaskView, _ probe: Probe) async throws -> TaskView {
        var task = first
        let began = ContinuousClock.now
        do {
            while true {
                if task.state?.isTerminal == true || task.state == .awaitingApproval { break }
                let limit = task.startedAt == nil ? Self.queueLimit : probe.runLimit
                let left = ContinuousClock.now.duration(to: min(began + limit.duration, deadline))
                guard left > .zero else { throw try await late(task, after: ContinuousClock.now - began) }
                task = try await client.task(task.id, waitingFor: left, index: task.version)
            }
        } catch {
            await cancel(task.id)
            throw error
        }
        if task.state == .awaitingApproval {
            // Somewhere a rule asks a person about every task of its kind: nobody is to be troubled with this one.
            if !probe.asks { await cancel(task.id) }
            return task
        }
        guard task.state == .succeeded else {
            throw ProbeFailure(
                task.errorDetail ?? "It ended as \(task.stateText).",
                next: "Its log: ygg task logs \(task.id)",
                code: task.errorCode,
                task: task.id
            )
        }
        return task
    }

    /// What holds it up, as the coordinator explains it.
    private func late(_ task: TaskView, after time: Duration) async throws -> ProbeFailure {
        let why = try await client.why(task.id)
        let summary = why["summary"]?.stringValue ?? "It is \(task.stateText)."
        let remedies = (why["executors"]?.arrayValue ?? []).flatMap { $0["unmet"]?.arrayValue ?? [] }
            .compactMap { $0["remedy"]?.stringValue }
        let seconds = max(1, time.components.seconds)
        return ProbeFailure(
            "\(task.startedAt == nil ? "Not begun" : "Not done") after \(seconds) s. \(summary)",
            next: remedies.first ?? "See `ygg executor list`, and what runs: ygg task list",
            code: "late",
            task: task.id
        )
    }
}
