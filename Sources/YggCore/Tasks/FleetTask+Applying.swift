extension FleetTask {
    /// The state machine: the task after `change`, or why it is not allowed.
    ///
    /// This is the only writer of `state`. It is pure: the time and the randomness of a backoff come from outside.
    /// - Parameter jitter: a random number from 0 to 1, used where a backoff begins.
    package func applying(
        _ change: TaskChange,
        at now: Timestamp,
        jitter: Double
    ) throws(TransitionError) -> FleetTask {
        var task = self
        switch (state, change) {
        case (.blocked, .dependencyEnded(let id, let succeeded)) where openDependencies > 0 && !isParent:
            task.dependencyEnded(id, succeeded: succeeded, at: now)
        case (.blocked, .childrenEnded(let failed)) where isParent:
            task.childrenEnded(failed: failed, at: now)
        case (.scheduled, .due):
            task.notBefore = nil
            task.state = .queued
        case (.blocked, .waitedTooLong), (.scheduled, .waitedTooLong), (.queued, .waitedTooLong):
            task.fail(
                TaskError(
                    code: "queue-timeout",
                    detail: "No executor took it within its queue timeout of \(spec.timeouts.queue.text).",
                    retryable: true
                ),
                at: now
            )
        case (.blocked, .cancel), (.scheduled, .cancel), (.queued, .cancel): task.end(.cancelled, at: now)
        case (.awaitingApproval, .cancel): task.endUndecided(nil, at: now)
        case (.awaitingApproval, .rejected(let comment)):
            let reason = comment.map { "It was rejected: \($0)" } ?? "It was rejected."
            task.endUndecided(TaskError(code: "rejected", detail: reason, retryable: false), at: now)
        case (.awaitingApproval, .approvalExpired):
            let detail = "Nobody decided about it within \(spec.timeouts.approval.text)."
            task.endUndecided(TaskError(code: "approval-expired", detail: detail, retryable: false), at: now)
        case (.queued, .granted(let executor)):
            task.state = .running
            task.epoch += 1
            task.attempt = max(1, attempt)
            task.executor = executor
            task.startedAt = startedAt ?? now
            task.notBefore = nil
            // A session that was put aside is gone on with until something else came of the task.
            task.result = task.suspended?.result
            task.error = nil
        case (.running, .cancel):
            task.cancelRequested = true
        case (.running, .cancelDeadlinePassed) where cancelRequested:
            task.epoch += 1
            task.end(.cancelled, at: now)
        case (.running, .reported(let report, let epoch)):
            guard epoch == self.epoch else { throw .staleEpoch(sent: epoch, current: self.epoch) }
            task.finishAttempt(report, at: now, jitter: jitter)
        case (.running, .asked(let digest, let result, let epoch)):
            guard epoch == self.epoch else { throw .staleEpoch(sent: epoch, current: self.epoch) }
            task.ask(digest, result, at: now)
        case (.running, .lost(let interruption)):
            task.loseAttempt(interruption, at: now)
        case (.running, .requeued):
            task.giveUpAttempt(at: now)
        case (.awaitingApproval, .approved(let next)):
            task.approved(next, at: now)
        case (.awaitingApproval, .sentBack):
            // What was not to be landed is made anew.
            task.begin(phase == .land ? .run : phase, at: now)
        default:
            throw .notAllowed(change: change.participle, from: state)
        }
        task.version += 1
        task.updatedAt = max(now, updatedAt)
        return task
    }

    private mutating func dependencyEnded(_ id: TaskID, succeeded: Bool, at now: Timestamp) {
        openDependencies -= 1
        if succeeded || spec.onDependencyFailure == .run {
            wait(at: now)
        } else {
            fail(
                TaskError(
                    code: "dependency-failed",
                    detail: "It waits for \(id), which did not succeed.",
                    retryable: false
                ),
                at: now
            )
        }
    }

    private mutating func childrenEnded(failed: TaskID?, at now: Timestamp) {
        openDependencies = 0
        if let failed {
            fail(
                TaskError(code: "child-failed", detail: "Its child \(failed) did not succeed.", retryable: false),
                at: now
            )
        } else {
            end(.succeeded, at: now)
        }
    }

    private mutating func finishAttempt(_ report: FinalReport, at now: Timestamp, jitter: Double) {
        switch report.ending {
        case .finished(let outcome) where cancelRequested && !(phase == .land && outcome == .succeeded):
            // The decision to cancel stands; what the attempt achieved nevertheless is kept for the reader.
            var kept = report.result
            if outcome == .succeeded || outcome == .unverified { kept["late"] = .bool(true) }
            result = kept
            end(.cancelled, at: now)
        case .finished(.succeeded), .finished(.unverified):
            result = report.result
            guard !isUnseen else { return fail(.unseen(phase), at: now) }
            error = nil
            end(.succeeded, at: now)
        case .finished(.failed):
            result = report.result
            failAttempt(report.error ?? .unexplained, at: now, jitter: jitter)
        case .finished(.cancelled):
            result = report.result
            error = report.error
            end(.cancelled, at: now)
        case .interrupted(.suspended):
            result = SuspendedSession(in: report.result)?.result ?? result
            interrupt(.suspended, at: now)
        case .interrupted(.inTheWay):
            waitForWay(report.error, at: now)
        case .interrupted(let interruption):
            interrupt(interruption, at: now)
        }
    }

    /// Whether an attempt of this phase that just ends would keep from a person what they are to see.
    private var isUnseen: Bool { phase == .plan || phase == .run && spec.tier.contains(.review) }

    private mutating func ask(_ digest: String, _ result: JSONObject, at now: Timestamp) {
        self.result = result
        if cancelRequested { return end(.cancelled, at: now) }
        error = nil
        pendingDigest = digest
        approvalSince = now
        state = .awaitingApproval
    }

    /// Ends what waits for a person who did not approve it. What was shown stays, and did not count.
    private mutating func endUndecided(_ failure: TaskError?, at now: Timestamp) {
        if result?["outcome"] != nil { result?["outcome"] = .string(Outcome.cancelled.rawValue) }
        end(.cancelled, at: now)
        if let failure { error = failure }
    }

    /// A counted failure: again after a backoff, or the end.
    private mutating func failAttempt(_ failure: TaskError, at now: Timestamp, jitter: Double) {
        let exhausted = attempt >= spec.retry.maxAttempts
        guard failure.retryable, !exhausted, !spec.retry.nonRetryable.contains(failure.code) else {
            return fail(failure, at: now)
        }
        error = failure
        let delay = spec.retry.delay(afterFailures: attempt, jitter: jitter)
        attempt += 1
        notBefore = delay > .zero ? now + delay : nil
        wait(at: now)
    }

    private mutating func loseAttempt(_ interruption: Interruption, at now: Timestamp) {
        // Whoever lost the lease may still be at work: from here on its epoch is refused.
        epoch += 1
        if cancelRequested { return end(.cancelled, at: now) }
        // What shows a plan has done nothing yet, and what lands may be repeated: the kind's policy is about its work.
        guard interruption == .lost, phase == .run else { return interrupt(interruption, at: now) }
        switch spec.onLost {
        case .requeue: interrupt(interruption, at: now)
        case .succeed: end(.succeeded, at: now)
        case .fail:
            fail(
                TaskError(
                    code: "outcome-unknown",
                    detail: "Its executor vanished while it ran, and work of this kind is not repeated unasked.",
                    retryable: false
                ),
                at: now
            )
        }
    }

    /// A person decided, so neither a try nor an interruption is counted, and a kind that is not repeated unasked is
    /// repeated.
    private mutating func giveUpAttempt(at now: Timestamp) {
        epoch += 1
        if cancelRequested { return end(.cancelled, at: now) }
        notBefore = nil
        wait(at: now)
    }

    /// Back to the queue without counting a try, but not for ever: a task that kills executors must end.
    private mutating func interrupt(_ interruption: Interruption, at now: Timestamp) {
        if cancelRequested { return end(.cancelled, at: now) }
        interruptions += 1
        guard interruptions <= Self.maxInterruptions else {
            return fail(
                TaskError(
                    code: "interrupted-too-often",
                    detail:
                        "Its attempts were interrupted \(interruptions) times, the last one as \(interruption.rawValue).",
                    retryable: false
                ),
                at: now
            )
        }
        notBefore = nil
        wait(at: now)
    }

    /// A person is in the way, who may take all night: neither counted nor bounded, and its turn comes after a while. What
    /// is in the way stays visible.
    private mutating func waitForWay(_ obstacle: TaskError?, at now: Timestamp) {
        if cancelRequested { return end(.cancelled, at: now) }
        error = obstacle
        notBefore = now + Self.wayDelay
        wait(at: now)
    }

    private mutating func approved(_ next: ApprovedNext, at now: Timestamp) {
        switch next {
        case .run: begin(.run, at: now)
        case .land(let place):
            begin(.land, at: now)
            landing = place
        case .nothing:
            if result?["outcome"]?.stringValue == Outcome.unverified.rawValue { result?["accepted"] = true }
            end(.succeeded, at: now)
        case .children(let count):
            begin(.run, at: now)
            openDependencies = count
            wait(at: now)
            if count == 0 { end(.succeeded, at: now) }
        }
    }

    private mutating func begin(_ phase: Phase, at now: Timestamp) {
        self.phase = phase
        attempt = 0
        interruptions = 0
        pendingDigest = nil
        approvalSince = nil
        landing = nil
        notBefore = nil
        wait(at: now)
    }

    private mutating func fail(_ failure: TaskError, at now: Timestamp) {
        error = failure
        end(.failed, at: now)
    }

    private mutating func end(_ terminal: TaskState, at now: Timestamp) {
        // A failure that was to be tried again is not why it ended.
        if terminal == .cancelled, error == nil || state != .running {
            error = TaskError(code: "cancelled", detail: "It was cancelled.", retryable: false)
        }
        state = terminal
        // A clock may be set back; a story may not.
        finishedAt = max(now, startedAt ?? now)
        notBefore = nil
        pendingDigest = nil
        approvalSince = nil
        landing = nil
        cancelRequested = false
    }
}

extension TaskError {
    fileprivate static let unexplained = TaskError(
        code: "unexplained",
        detail: "The executor reported a failure without a reason.",
        retryable: true
    )

    fileprivate static func unseen(_ phase: Phase) -> TaskError {
        let what = phase == .plan ? "its plan" : "its result"
        return TaskError(
            code: "not-shown",
            detail: "The executor ended it without having shown \(what), which a person must see.",
            retryable: false
        )
    }
}

extension TaskChange {
    /// For "a task that is … cannot be …".
    fileprivate var participle: String {
        switch self {
        case .dependencyEnded: "released by a dependency"
        case .due: "made due"
        case .waitedTooLong: "timed out in the queue"
        case .cancel, .cancelDeadlinePassed: "cancelled"
        case .granted: "granted"
        case .reported, .asked: "reported"
        case .lost: "lost"
        case .requeued: "requeued"
        case .approved: "approved"
        case .sentBack: "sent back"
        case .rejected: "rejected"
        case .approvalExpired: "expired"
        case .childrenEnded: "ended by its children"
        }
    }
}
