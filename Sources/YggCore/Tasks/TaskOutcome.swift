/// How an attempt, and with it a task, came out.
package enum Outcome: String, Sendable, Hashable, CaseIterable {
    case succeeded
    /// The work was done, but nothing could check it.
    case unverified
    case failed
    case cancelled
}

/// Why a task failed, in words that a person and a program can use.
package struct TaskError: Sendable, Hashable {
    /// Stable: `queue-timeout`, `outcome-unknown`, `exit-code`…
    package var code: String
    package var detail: String
    /// Whether trying again could help.
    package var retryable: Bool

    package init(code: String, detail: String, retryable: Bool) {
        self.code = code
        self.detail = detail
        self.retryable = retryable
    }
}

/// The one message that ends an attempt.
package struct FinalReport: Sendable, Hashable {
    package enum Ending: Sendable, Hashable {
        /// The work is done, or failed, or ended because it was told to.
        case finished(Outcome)
        /// Given back: not counted as a try.
        case interrupted(Interruption)
    }

    package var ending: Ending
    /// The kind's own members beside `outcome`.
    package var result: JSONObject
    package var error: TaskError?

    package init(ending: Ending, result: JSONObject = JSONObject(), error: TaskError? = nil) {
        self.ending = ending
        self.result = result
        self.error = error
    }
}

/// Why an attempt ended without an outcome of its own.
package enum Interruption: String, Sendable, Hashable, CaseIterable {
    /// The executor would not take it.
    case declined
    /// The executor was drained.
    case drained
    /// Its session was put aside, to be resumed.
    case suspended
    /// The executor restarted or never started it.
    case lost
    /// The target moved on and on while a result was landed.
    case notLanded
    /// A person has in use what it would change: it waits for them, however long that takes.
    case inTheWay
}
