/// One unit of work: what was asked for and where it is in its life.
///
/// `state` is written by `applying` and nothing else.
package struct FleetTask: Sendable {
    package let spec: TaskSpec
    package internal(set) var state: TaskState
    package internal(set) var phase: Phase
    /// Tries of the current phase, from 1 with the first grant. Only failed ones count against `maxAttempts`.
    package internal(set) var attempt: Int
    /// Fencing token: counts grants and revocations, never goes back.
    package internal(set) var epoch: Int64
    /// Attempts of this phase that ended without a try of their own; bounded by `maxInterruptions`.
    package internal(set) var interruptions: Int
    /// Who runs it, or ran it last.
    package internal(set) var executor: ExecutorID?
    /// Tasks that must end before this one may be queued.
    package internal(set) var openDependencies: Int
    /// The time before which it is not queued: asked for, or backoff.
    package internal(set) var notBefore: Timestamp?
    package internal(set) var updatedAt: Timestamp
    package internal(set) var startedAt: Timestamp?
    package internal(set) var finishedAt: Timestamp?
    package internal(set) var cancelRequested: Bool
    /// What is waited for, while `awaitingApproval`.
    package internal(set) var pendingDigest: String?
    /// When the wait for a person began.
    package internal(set) var approvalSince: Timestamp?
    /// Where an approved result is to be landed, while it is: of two with the same place only one lands at a time.
    package internal(set) var landing: String?
    package internal(set) var result: JSONObject?
    package internal(set) var error: TaskError?
    /// Grows with every change: ETag and `index`.
    package internal(set) var version: Int64

    /// What interrupts a task more often than this is the task itself.
    package static let maxInterruptions = 5
    /// Until what a person had in the way is looked at again.
    package static let wayDelay = Milliseconds.seconds(20)

    package var id: TaskID { spec.id }

    /// The session that its next attempt goes on with; nil where there is none.
    package var suspended: SuspendedSession? { phase == .run ? SuspendedSession(in: result) : nil }

    /// Whether it waits for children: what was granted before is blocked only by an approved plan.
    package var isParent: Bool { state == .blocked && startedAt != nil }

    /// The next time at which the clock alone changes this task; nil where it never does.
    package var wakeAt: Timestamp? {
        switch state {
        case .scheduled: [notBefore, queueDeadline].compactMap { $0 }.min()
        case .blocked, .queued: queueDeadline
        case .awaitingApproval: approvalDeadline
        case .running, .succeeded, .failed, .cancelled: nil
        }
    }

    /// The queue timeout runs until the first grant.
    package var queueDeadline: Timestamp? {
        guard startedAt == nil, spec.timeouts.queue > .zero else { return nil }
        return max(spec.createdAt, spec.notBefore ?? spec.createdAt) + spec.timeouts.queue
    }

    package var approvalDeadline: Timestamp? {
        guard let approvalSince, spec.timeouts.approval > .zero else { return nil }
        return approvalSince + spec.timeouts.approval
    }

    /// A task as it is submitted.
    /// - Parameter openDependencies: how many of `spec.dependsOn` have not ended yet. One that has already ended
    ///   without success is told by `.dependencyEnded` right after.
    package init(submitted spec: TaskSpec, openDependencies: Int = 0) {
        self.spec = spec
        state = .blocked
        phase = spec.needsPlan ? .plan : .run
        attempt = 0
        epoch = 0
        interruptions = 0
        self.openDependencies = openDependencies
        notBefore = spec.notBefore
        updatedAt = spec.createdAt
        cancelRequested = false
        version = 1
        wait(at: spec.createdAt)
    }

    /// Enters the first of blocked, scheduled, queued that applies.
    mutating func wait(at now: Timestamp) {
        if openDependencies > 0 {
            state = .blocked
        } else if let notBefore, notBefore > now {
            state = .scheduled
        } else {
            state = .queued
        }
    }
}

extension FleetTask {
    /// A task as it was stored.
    package struct Snapshot: Sendable {
        package var state: TaskState
        package var phase: Phase
        package var attempt: Int
        package var epoch: Int64
        package var interruptions: Int
        package var executor: ExecutorID?
        package var openDependencies: Int
        package var notBefore: Timestamp?
        package var updatedAt: Timestamp
        package var startedAt: Timestamp?
        package var finishedAt: Timestamp?
        package var cancelRequested: Bool
        package var pendingDigest: String?
        package var approvalSince: Timestamp?
        package var landing: String?
        package var result: JSONObject?
        package var error: TaskError?
        package var version: Int64

        package init(
            state: TaskState,
            phase: Phase,
            attempt: Int,
            epoch: Int64,
            interruptions: Int,
            executor: ExecutorID?,
            openDependencies: Int,
            notBefore: Timestamp?,
            updatedAt: Timestamp,
            startedAt: Timestamp?,
            finishedAt: Timestamp?,
            cancelRequested: Bool,
            pendingDigest: String?,
            approvalSince: Timestamp?,
            landing: String?,
            result: JSONObject?,
            error: TaskError?,
            version: Int64
        ) {
            self.state = state
            self.phase = phase
            self.attempt = attempt
            self.epoch = epoch
            self.interruptions = interruptions
            self.executor = executor
            self.openDependencies = openDependencies
            self.notBefore = notBefore
            self.updatedAt = updatedAt
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.cancelRequested = cancelRequested
            self.pendingDigest = pendingDigest
            self.approvalSince = approvalSince
            self.landing = landing
            self.result = result
            self.error = error
            self.version = version
        }
    }

    /// Brings a stored task back. For the store alone: it is not a change of state.
    package init(restoring snapshot: Snapshot, of spec: TaskSpec) {
        self.spec = spec
        state = snapshot.state
        phase = snapshot.phase
        attempt = snapshot.attempt
        epoch = snapshot.epoch
        interruptions = snapshot.interruptions
        executor = snapshot.executor
        openDependencies = snapshot.openDependencies
        notBefore = snapshot.notBefore
        updatedAt = snapshot.updatedAt
        startedAt = snapshot.startedAt
        finishedAt = snapshot.finishedAt
        cancelRequested = snapshot.cancelRequested
        pendingDigest = snapshot.pendingDigest
        approvalSince = snapshot.approvalSince
        landing = snapshot.landing
        result = snapshot.result
        error = snapshot.error
        version = snapshot.version
    }
}
