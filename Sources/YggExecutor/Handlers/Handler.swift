package import YggCore

/// What runs one kind of task.
///
/// A handler is shared by all attempts and keeps no state of them. It ends when the surrounding Swift task is
/// cancelled: the processes it started through its context are ended with it.
package protocol Handler: Sendable {
    /// What it runs, and how attempts of it are treated.
    var spec: KindSpec { get }

    /// Runs one attempt to its end. It never throws: whatever goes wrong is an outcome that a person can read.
    func run(_ context: HandlerContext) async -> HandlerResult
}

/// How an attempt came out.
package struct HandlerResult: Sendable, Equatable {
    package var outcome: Outcome
    /// The members of the task's `result` beside `outcome`: `exitCode`, `summary`, `output`, and the kind's own.
    package var result: JSONObject
    package var error: TaskError?

    package init(outcome: Outcome, result: JSONObject = JSONObject(), error: TaskError? = nil) {
        self.outcome = outcome
        self.result = result
        self.error = error
    }

    package static func failed(code: String, detail: String, retryable: Bool, result: JSONObject = JSONObject()) -> Self
    {
        HandlerResult(
            outcome: .failed,
            result: result,
            error: TaskError(code: code, detail: detail, retryable: retryable)
        )
    }
}

/// Everything one attempt may use.
package struct HandlerContext: Sendable {
    package let key: LeaseKey
    package let kind: TaskKind
    /// Checked against the kind's parameters, defaults filled in.
    package let params: JSONObject
    package let timeouts: Timeouts
    /// Where mirrors and work trees live.
    package let workspaceRoot: String
    /// The roots under which a repository may be named by path.
    package let repositories: [String]
    /// The environment for children: an allow-list, no secret of ours in it.
    package let environment: [String: String]
    /// What commands may be given besides, and what nobody may be told.
    package let secrets: Secrets
    /// How long commands may take to end after SIGTERM, before SIGKILL.
    package let killGrace: Duration
    /// Says that the attempt is at work, for what is not worth an entry: output that is read and not told.
    package let heard: @Sendable () -> Void
    /// Adds an entry to the task's log. Returns when it is spooled; a full spool turns output into a gap.
    package let emit: @Sendable (EventType, JSONObject) async -> Void

    package init(
        key: LeaseKey,
        kind: TaskKind,
        params: JSONObject,
        timeouts: Timeouts,
        workspaceRoot: String,
        repositories: [String],
        environment: [String: String],
        secrets: Secrets = Secrets(),
        killGrace: Duration,
        heard: @escaping @Sendable () -> Void,
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) {
        self.key = key
        self.kind = kind
        self.params = params
        self.timeouts = timeouts
        self.workspaceRoot = workspaceRoot
        self.repositories = repositories
        self.environment = environment
        self.secrets = secrets
        self.killGrace = killGrace
        self.heard = heard
        self.emit = emit
    }
}
