import YggCore
import YggStorage

/// Applies changes to stored tasks inside one transaction, with the events that tell of them and whatever follows
/// for the tasks that wait for them. What has to happen in memory after the commit is gathered in `outcome`.
struct Transition {
    /// What the commit means for everything that is not in the store.
    struct Outcome: Sendable {
        /// Whose viewers are to be told.
        var touched: Set<TaskID> = []
        /// Those that have come to their end.
        var ended: [TaskID] = []
        /// Lanes that now hold queued rows.
        var filled: Set<LaneID> = []
        /// The soonest time at which the clock changes one of the tasks.
        var nextWake: Timestamp?

        mutating func note(_ stored: StoredTask) {
            touched.insert(stored.task.id)
            if stored.task.state.isTerminal { ended.append(stored.task.id) }
            if stored.task.state == .queued { filled.insert(stored.lane) }
            if let wake = stored.task.wakeAt { nextWake = min(nextWake ?? wake, wake) }
        }
    }

    let store: TaskStore
    let tx: any SQLTransaction
    let now: Timestamp
    /// Where jitter comes from, anew for each change: tasks that fail together do not come back together.
    private let machine: Machine
    private let sabotage: Sabotage
    var outcome = Outcome()

    init(_ store: TaskStore, _ tx: any SQLTransaction, now: Timestamp, machine: Machine, sabotage: Sabotage) {
        self.store = store
        self.tx = tx
        self.now = now
        self.machine = machine
        self.sabotage = sabotage
    }

    /// Applies `change`, stores it with `events` before the event of the new state, and lets it ripple on.
    /// - Parameter decision: what ends the wait for a person, where somebody does.
    mutating func apply(
        _ change: TaskChange,
        to stored: inout StoredTask,
        events: [EventDraft] = [],
        decision: ApprovalDecision? = nil
    ) throws {
        let before = stored.task
        let task = try before.applying(change, at: now, jitter: machine.jitter)
        var drafts = events
        if before.state == .awaitingApproval, task.state != .awaitingApproval {
            drafts.append(try close(stored, decision ?? .implied(by: change, at: now)))
        }
        if task.state != before.state || task.cancelRequested { drafts.append(.state(of: task, at: now)) }
        try store.update(&stored, to: task, events: drafts, in: tx)
        outcome.note(stored)
        if let place = before.landing, before.state == .running, task.state != .running,
            !sabotage.makes(.forgetsWaitingLandings)
        {
            // Whoever waited to land there was held back until now.
            outcome.filled.formUnion(try store.lanesWaiting(toLandAt: place, in: tx))
        }
        if task.state.isTerminal, !before.state.isTerminal { try release(dependantsOf: stored) }
    }

    /// Tells every task that waits for `ended`, and those that end by it tell theirs.
    private mutating func release(dependantsOf ended: StoredTask) throws {
        var waiting = [ended]
        while let ended = waiting.popLast() {
            let succeeded = ended.task.isSuccess
            for var dependant in try store.dependants(of: ended.num, in: tx) {
                let task = try dependant.task.applying(
                    .dependencyEnded(ended.task.id, succeeded: succeeded),
                    at: now,
                    jitter: machine.jitter
                )
                let drafts = task.state == dependant.task.state ? [] : [EventDraft.state(of: task, at: now)]
                try store.update(&dependant, to: task, events: drafts, in: tx)
                outcome.note(dependant)
                if task.state.isTerminal { waiting.append(dependant) }
            }
        }
    }
}

extension Coordinator {
    func transition(in tx: any SQLTransaction, at now: Timestamp) -> Transition {
        Transition(store, tx, now: now, machine: machine, sabotage: sabotage)
    }
}

extension FleetTask {
    /// Whether those that wait for it may go on: an unverified result does not count as success until a person has
    /// accepted it.
    var isSuccess: Bool {
        state == .succeeded
            && (result?["outcome"]?.stringValue != Outcome.unverified.rawValue || result?["accepted"] == true)
    }
}

extension EventDraft {
    /// The event that tells of a task's new state.
    static func state(of task: FleetTask, at now: Timestamp) -> EventDraft {
        var data: JSONObject = ["state": .string(task.state.rawValue)]
        if task.epoch > 0 {
            data.append("attempt", .int(Int64(task.attempt)))
            data.append("epoch", .int(task.epoch))
            data.append("executor", .optional(task.executor?.rawValue))
        }
        if task.cancelRequested { data.append("cancelRequested", true) }
        data.append("notBefore", .optional(task.notBefore?.description))
        if task.state.isTerminal { data.append("exitCode", task.result?["exitCode"]) }
        if let error = task.error {
            data.append(
                "error",
                [
                    "code": .string(error.code), "detail": .string(error.detail),
                    "retryable": .bool(error.retryable),
                ]
            )
        }
        return EventDraft(at: now, type: .state, data: data)
    }
}
