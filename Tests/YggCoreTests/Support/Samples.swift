import YggCore

extension Timestamp {
    /// When the tests take place.
    static let noon = Timestamp(milliseconds: 1_772_366_400_000)

    static func noon(plus seconds: Int64) -> Timestamp { noon + .seconds(seconds) }
}

extension Instant {
    static let zero = Instant(nanoseconds: 0)

    static func at(_ seconds: Int64) -> Instant { zero + .seconds(seconds) }
}

extension ExecutorID: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(trusted: value) }
}

extension TaskID: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(trusted: value) }
}

extension TaskKind: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(trusted: value) }
}

extension TaskSpec {
    static func sample(
        id: TaskID = "t",
        kind: TaskKind = "dev-test",
        labels: [String] = [],
        params: JSONObject = [:],
        notBefore: Timestamp? = nil,
        timeouts: Timeouts = Timeouts(),
        retry: RetryPolicy = RetryPolicy(),
        onLost: OnLost = .requeue,
        onDependencyFailure: OnDependencyFailure = .fail,
        needsPlan: Bool = false
    ) -> TaskSpec {
        TaskSpec(
            id: id,
            kind: kind,
            title: "",
            params: params,
            labels: labels,
            createdAt: .noon,
            notBefore: notBefore,
            timeouts: timeouts,
            retry: retry,
            onLost: onLost,
            onDependencyFailure: onDependencyFailure,
            tier: needsPlan ? [.plan] : []
        )
    }
}

extension FleetTask {
    /// A task that got into `state` by legal changes alone.
    static func sample(in state: TaskState, spec: TaskSpec = .sample()) throws -> FleetTask {
        switch state {
        case .blocked: return FleetTask(submitted: spec, openDependencies: 1)
        case .scheduled:
            return FleetTask(
                submitted: .sample(id: spec.id, notBefore: .noon(plus: 60), retry: spec.retry, onLost: spec.onLost)
            )
        case .queued: return FleetTask(submitted: spec)
        case .running: return try sample(in: .queued, spec: spec).after(.granted(to: "fenrir"))
        case .awaitingApproval: return try sample(in: .running, spec: spec).after(.asks(1))
        case .succeeded: return try sample(in: .running, spec: spec).after(.reported(.success, epoch: 1))
        case .failed: return try sample(in: .running, spec: spec).after(.reported(.finalFailure, epoch: 1))
        case .cancelled: return try sample(in: .queued, spec: spec).after(.cancel)
        }
    }

    /// A parent whose plan was approved, with two children at work.
    static func sampleParent() throws -> FleetTask {
        try sample(in: .awaitingApproval, spec: .sample(needsPlan: true)).after(.approved(.children(2)))
    }

    /// The task after `change`, at noon and without a backoff.
    func after(_ change: TaskChange, at now: Timestamp = .noon, jitter: Double = 0) throws -> FleetTask {
        try applying(change, at: now, jitter: jitter)
    }

    /// The task after several changes.
    func after(_ first: TaskChange, _ second: TaskChange, _ others: TaskChange...) throws -> FleetTask {
        try ([first, second] + others).reduce(self) { task, change in try task.after(change) }
    }
}

extension TaskChange {
    /// An attempt ends with a question of the digest `d1`.
    static func asks(_ epoch: Int64) -> TaskChange {
        .asked(digest: "d1", result: ["summary": "3 files"], epoch: epoch)
    }
}

extension FinalReport {
    static let success = FinalReport(ending: .finished(.succeeded))
    static let unverified = FinalReport(ending: .finished(.unverified))
    static let cancelled = FinalReport(ending: .finished(.cancelled))
    static let failure = FinalReport(
        ending: .finished(.failed),
        error: TaskError(code: "exit-code", detail: "It exited with 1.", retryable: true)
    )
    static let finalFailure = FinalReport(
        ending: .finished(.failed),
        error: TaskError(code: "bad-ref", detail: "No such ref.", retryable: false)
    )

    static func interrupted(_ interruption: Interruption) -> FinalReport {
        FinalReport(ending: .interrupted(interruption))
    }
}

extension Slots: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Int)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension ObjectReader {
    static func of(_ object: JSONObject) -> ObjectReader { ObjectReader(object) }
}
