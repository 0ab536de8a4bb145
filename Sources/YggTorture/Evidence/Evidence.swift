package import YggCore

/// Everything that was seen of a run, from outside: what was asked and answered, what the coordinator says became of it,
/// and what the work itself wrote down.
package struct Evidence: Sendable {
    package var asked: [Asked] = []
    /// Every task that the coordinator lists at the end.
    package var tasks: [TaskRecord] = []
    /// What was seen of tasks while things went wrong.
    package var observations: [Observation] = []
    package var ledger: [LedgerEntry] = []
    package var outages: [Outage] = []

    package init() {}
}

/// An operation, and what was answered.
package struct Asked: Sendable {
    package var operation: Operation
    /// The task of each answer to its submission. One that was acknowledged has at least one.
    package var answers: [String] = []
    /// The coordinator said that it ends the task.
    package var isCancelled = false
    /// An answer that no operation of ours should ever get.
    package var refusal: String?

    package init(_ operation: Operation) { self.operation = operation }
}

/// A task as the coordinator tells of it at the end.
package struct TaskRecord: Sendable {
    package var id: String
    package var title: String
    package var kind: String
    package var state: String
    package var epoch: Int64
    package var version: Int64
    package var executor: String?
    package var errorCode: String?
    /// The output in its result.
    package var output: String?
    package var events: [EventRecord]
    /// Why it is not over, in the coordinator's words.
    package var why: String?

    package init(
        id: String,
        title: String,
        kind: String,
        state: String,
        epoch: Int64,
        version: Int64 = 1,
        executor: String? = nil,
        errorCode: String? = nil,
        output: String? = nil,
        events: [EventRecord] = []
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.state = state
        self.epoch = epoch
        self.version = version
        self.executor = executor
        self.errorCode = errorCode
        self.output = output
        self.events = events
    }

    package var isOver: Bool { TaskState(rawValue: state)?.isTerminal == true }
    package var policy: Household.Kind? { Household.kinds[kind] }
}

/// An entry of a task's log, as far as the audit reads it.
package struct EventRecord: Sendable, Hashable {
    package var seq: Int64
    package var type: String
    package var state: String?
    package var epoch: Int64?
    package var executor: String?
    package var isCancelRequested = false
    package var text: String?

    package init(seq: Int64, type: String, state: String? = nil, epoch: Int64? = nil, text: String? = nil) {
        self.seq = seq
        self.type = type
        self.state = state
        self.epoch = epoch
        self.text = text
    }

    /// As the coordinator sends it.
    package init?(_ json: JSON) {
        guard let seq = json["seq"]?.intValue, let type = json["type"]?.stringValue else { return nil }
        let data = json["data"]
        self.init(
            seq: seq,
            type: type,
            state: data?["state"]?.stringValue,
            epoch: data?["epoch"]?.intValue,
            text: data?["text"]?.stringValue
        )
        executor = data?["executor"]?.stringValue
        isCancelRequested = data?["cancelRequested"]?.boolValue == true
    }

    /// The begin of an attempt. A running task that is to be cancelled says `running` once more.
    package var isGrant: Bool { type == "state" && state == "running" && !isCancelRequested }
    package var isEnd: Bool { type == "state" && TaskState(rawValue: state ?? "")?.isTerminal == true }
}

/// A task as an answer showed it: true at some time between the question and the answer.
package struct Observation: Sendable {
    package var task: String
    package var state: String
    package var epoch: Int64
    package var version: Int64
    package var askedAt: Instant
    package var answeredAt: Instant

    package init(
        task: String,
        state: String,
        epoch: Int64,
        version: Int64,
        askedAt: Instant,
        answeredAt: Instant
    ) {
        self.task = task
        self.state = state
        self.epoch = epoch
        self.version = version
        self.askedAt = askedAt
        self.answeredAt = answeredAt
    }

    package init?(_ json: JSON, askedAt: Instant, answeredAt: Instant) {
        guard let id = json["id"]?.stringValue, let state = json["state"]?.stringValue else { return nil }
        self.init(
            task: id,
            state: state,
            epoch: json["epoch"]?.intValue ?? 0,
            version: json["version"]?.intValue ?? 0,
            askedAt: askedAt,
            answeredAt: answeredAt
        )
    }
}

/// A time in which an executor could end none of its work: it was frozen, or killed and not yet back. Nobody else on
/// its machine would, so what it was running may go on, and run beside the next attempt, until it is back.
package struct Outage: Sendable, Hashable {
    package var executor: String
    package var from: Instant
    /// By when all that it should not have had running any more must have ended: soon after it could act again.
    package var to: Instant

    package init(executor: String, from: Instant, to: Instant) {
        self.executor = executor
        self.from = from
        self.to = to
    }
}
