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

    /// Says what `run` would do, without doing any of it, as the result's question. It is asked where a person must see
    /// that first, and once more before what they approved is run.
    func plan(_ context: HandlerContext) async -> HandlerResult

    /// Publishes work that a person approved. It is repeated where nobody knows how far it was, so doing it twice must
    /// be doing it once.
    /// - Parameter approval: what was approved, under which digest, by whom and when.
    func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult
}

extension Handler {
    /// The kind and its parameters are all that can be said of work that is compiled in.
    package func plan(_ context: HandlerContext) async -> HandlerResult {
        .asking(
            ApprovalQuestion(
                subject: .command,
                next: .run,
                summary: "Would run \(context.kind) with \(JSON.object(context.params).text.prefix(1000))",
                limits: context.limits,
                shown: ["kind": .string(context.kind.rawValue), "params": .object(context.params)]
            )
        )
    }

    package func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
        .failed(code: "cannot-land", detail: "Nothing of \(context.kind) can be landed.", retryable: false)
    }
}

/// How an attempt came out.
package struct HandlerResult: Sendable, Equatable {
    package var outcome: Outcome
    /// The members of the task's `result` beside `outcome`: `exitCode`, `summary`, `output`, and the kind's own.
    package var result: JSONObject
    package var error: TaskError?
    /// What a person must decide before this counts; only of work that is done.
    package var question: ApprovalQuestion?
    /// Not a try that failed: the task is queued again, uncounted. Of what could not be landed yet.
    package var interruption: Interruption?

    package init(
        outcome: Outcome,
        result: JSONObject = JSONObject(),
        error: TaskError? = nil,
        question: ApprovalQuestion? = nil
    ) {
        self.outcome = outcome
        self.result = result
        self.error = error
        self.question = question
    }

    /// The target moved, or cannot be written to at the moment: its turn comes again.
    package static func notLanded(_ detail: String) -> Self {
        var result = HandlerResult(
            outcome: .failed,
            error: TaskError(code: "not-landed", detail: detail, retryable: true)
        )
        result.interruption = .notLanded
        return result
    }

    /// Something that a person has in use is in its way: it comes again, however often that takes.
    /// - Parameter detail: what it is, and what the person can do.
    package static func inTheWay(_ code: String, _ detail: String) -> Self {
        var result = HandlerResult(outcome: .failed, error: TaskError(code: code, detail: detail, retryable: true))
        result.interruption = .inTheWay
        return result
    }

    /// Nothing is done yet, and somebody is asked whether it shall be.
    package static func asking(_ question: ApprovalQuestion) -> Self {
        HandlerResult(outcome: .succeeded, result: ["summary": .string(question.summary)], question: question)
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
    /// What a person must see of this task. Whoever makes a diff asks about it by itself; any other result is asked
    /// about for its handler.
    package let tier: [Tier]
    /// What people decided so far that this attempt must know, oldest first.
    package let decisions: [Approval]
    /// Where mirrors and work trees live.
    package let workspaceRoot: String
    /// The roots under which a repository may be named by path.
    package let repositories: [String]
    /// What is nobody's business but this executor's: hidden from commands that strangers may have talked into something.
    package let privatePlaces: [String]
    /// The environment for children: an allow-list, no secret of ours in it.
    package let environment: [String: String]
    /// What commands may be given besides, and what nobody may be told.
    package let secrets: Secrets
    /// Where artifacts go, and are found.
    package let artifacts: ArtifactDesk
    /// As whom commits are made, and what opens remotes.
    package let git: GitAccess
    /// The session that the attempt goes on with; nil where none was put aside.
    package let resume: SuspendedSession?
    /// Whether the attempt is made to stop so that another one goes on with its work.
    package let isSuspending: @Sendable () -> Bool
    /// What somebody beside the executor wants; nil of work that has a lease.
    package let call: SessionCall?
    /// The sessions at work here.
    package let agents: AgentBoard
    /// Where work trees are wanted that nobody needs yet.
    package let spares: SpareWorktrees
    /// What is done when the result is safe.
    package let afterwards: Afterwards
    /// When the attempt was accepted.
    package let acceptedAt: Timestamp
    /// Whether the lease is surely this attempt's own at the moment it is asked. What must not be done twice is done only
    /// then: a machine may have slept for longer than the lease lived.
    package let isCurrent: @Sendable () -> Bool
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
        tier: [Tier] = [],
        decisions: [Approval] = [],
        workspaceRoot: String,
        repositories: [String],
        privatePlaces: [String] = [],
        environment: [String: String],
        secrets: Secrets = Secrets(),
        artifacts: ArtifactDesk? = nil,
        git: GitAccess = GitAccess(),
        resume: SuspendedSession? = nil,
        isSuspending: @escaping @Sendable () -> Bool = { false },
        call: SessionCall? = nil,
        agents: AgentBoard = AgentBoard(),
        spares: SpareWorktrees = SpareWorktrees(),
        afterwards: Afterwards = Afterwards(),
        acceptedAt: Timestamp = Timestamp(milliseconds: 0),
        isCurrent: @escaping @Sendable () -> Bool = { true },
        killGrace: Duration,
        heard: @escaping @Sendable () -> Void,
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) {
        self.key = key
        self.kind = kind
        self.params = params
        self.timeouts = timeouts
        self.tier = tier
        self.decisions = decisions
        self.workspaceRoot = workspaceRoot
        self.repositories = repositories
        self.privatePlaces = privatePlaces
        self.environment = environment
        self.secrets = secrets
        self.artifacts = artifacts ?? .local(key, workspaceRoot: workspaceRoot)
        self.git = git
        self.resume = resume
        self.isSuspending = isSuspending
        self.call = call
        self.agents = agents
        self.spares = spares
        self.afterwards = afterwards
        self.acceptedAt = acceptedAt
        self.isCurrent = isCurrent
        self.killGrace = killGrace
        self.heard = heard
        self.emit = emit
    }
}

extension HandlerContext {
    /// What the attempt may cost, as a person is shown it.
    package var limits: JSONObject { ["runMs": .int(timeouts.run.rawValue)] }
}
