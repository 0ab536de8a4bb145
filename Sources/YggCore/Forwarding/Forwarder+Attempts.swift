/// What is sent, what comes of it, and what is asked where nobody knows.
extension Forwarder {
    /// Beyond an attempt's own time, so that who enforces it can say so first.
    private static let runGrace = Milliseconds.seconds(5)
    /// How long the store may take for the end of an attempt before it is told again.
    private static let storeGrace = Milliseconds.seconds(10)

    mutating func begin(_ key: LeaseKey, _ executor: ExecutorID, _ assignment: Assignment, now: Instant) {
        guard drives(executor) else { return }
        let attempt = attempt(executor, assignment, stage: .closed, now: now)
        attempts[key] = attempt
        execute(key, isRepetition: false)
    }

    mutating func restore(
        _ key: LeaseKey,
        _ executor: ExecutorID,
        _ assignment: Assignment,
        isCancelled: Bool,
        now: Instant
    ) {
        guard drives(executor) else { return }
        let stage = isCancelled ? Attempt.Stage.closed : .waiting(until: now)
        let attempt = attempt(executor, assignment, stage: stage, now: now)
        attempts[key] = attempt
        // Somebody who may be at work is listened to at once, registered or not.
        let deadline = now + settings.ttl
        peers[executor]?.deadline = deadline
    }

    private func attempt(
        _ executor: ExecutorID,
        _ assignment: Assignment,
        stage: Attempt.Stage,
        now: Instant
    ) -> Attempt {
        let limit = assignment.spec.timeouts.run
        let isOurs = peers[executor]?.nature == .fixed
        let deadline = limit > .zero ? now + limit + (isOurs ? Self.runGrace : .zero) : nil
        return Attempt(executor: executor, assignment: assignment, stage: stage, deadline: deadline)
    }

    private mutating func execute(_ key: LeaseKey, isRepetition: Bool) {
        guard let attempt = attempts[key] else { return }
        let spec = attempt.assignment.spec
        var body: JSONObject = [
            "kind": .string(spec.kind.rawValue), "task": .string(key.task.rawValue), "epoch": .int(key.epoch),
        ]
        let limit = spec.timeouts.run
        if limit > .zero { body.append("timeoutMs", .int(limit.rawValue)) }
        body.append("parameters", .object(spec.params))
        // The attempt's deadline is kept here, so the call's own only has to be later.
        let timeout = limit > .zero ? limit + Self.runGrace * 2 : Milliseconds.days(365)
        let number = call(attempt.executor, .execute(key, body), timeout: timeout)
        attempts[key]?.stage = .executing(call: number, isRepetition: isRepetition)
    }

    mutating func cancel(_ key: LeaseKey) {
        guard let attempt = attempts[key] else { return }
        switch attempt.stage {
        case .executing(let call, _), .asking(let call): drop(call)
        case .waiting: break
        case .closed, .ending: return
        }
        attempts[key]?.stage = .closed
        emit(
            .tell(
                key,
                "The connection to \(attempt.executor) was closed, because that is all the asking there is: it may "
                    + "still be at work. The task ends at its cancel deadline."
            )
        )
    }

    mutating func end(_ key: LeaseKey) {
        guard let attempt = attempts.removeValue(forKey: key) else { return }
        switch attempt.stage {
        case .executing(let call, _), .asking(let call): drop(call)
        case .waiting, .closed, .ending: break
        }
        forgetIfIdle(attempt.executor)
    }

    /// Once a tick.
    mutating func look(after key: LeaseKey, now: Instant) {
        guard let attempt = attempts[key] else { return }
        if case .ending(let effect, let again) = attempt.stage {
            guard again <= now else { return }
            return finish(key, effect, now: now)
        }
        if case .closed = attempt.stage { return }
        if let deadline = attempt.deadline, deadline <= now { return timeOut(key, attempt, now: now) }
        if case .waiting(let until) = attempt.stage, until <= now {
            let number = call(attempt.executor, .status(key), timeout: settings.callTimeout)
            attempts[key]?.stage = .asking(call: number)
        }
    }

    private mutating func timeOut(_ key: LeaseKey, _ attempt: Attempt, now: Instant) {
        let isOurs = peers[attempt.executor]?.nature == .fixed
        let error = TaskError(
            code: "run-timeout",
            detail: "It may run for \(attempt.assignment.spec.timeouts.run.text) and \(attempt.executor) did not "
                + "finish in it." + (isOurs ? "" : " It may still be at work."),
            // A stranger cannot be made to stop, and two of the same must not meet.
            retryable: isOurs
        )
        finish(key, .conclude(key, FinalReport(ending: .finished(.failed), error: error)), now: now)
    }

    // MARK: Answers

    mutating func takeExecution(_ answer: ForwardedAnswer, of key: LeaseKey, call: Int64, now: Instant) {
        guard let attempt = attempts[key], case .executing(call, let isRepetition) = attempt.stage else { return }
        let id = attempt.executor
        switch answer {
        case .unsent(let reason):
            hold(id, reason, retryAfter: nil, now: now)
            if isRepetition { askLater(key, now: now) } else { giveBack(key, reason, now: now) }
        case .broken(let reason):
            hold(id, reason, retryAfter: nil, now: now)
            settleUnknown(key, reason, now: now)
        case .tooLarge(let reason):
            let error = TaskError(code: "result-too-large", detail: reason, retryable: false)
            finish(key, .conclude(key, FinalReport(ending: .finished(.failed), error: error)), now: now)
        case .reply(let reply):
            switch ExecuteVerdict(reply, isOurs: peers[id]?.nature == .fixed) {
            case .finished(let report):
                peers[id]?.refusals = 0
                finish(key, .conclude(key, report), now: now)
            case .refused(let reason, let retryAfter):
                hold(id, reason, retryAfter: retryAfter, now: now)
                // Somebody who is asked for a result may be at the very attempt, and says that it is busy.
                if isRepetition { askLater(key, now: now) } else { giveBack(key, reason, now: now) }
            case .unknown(let reason):
                peers[id]?.refusals = 0
                settleUnknown(key, reason, now: now)
            }
        }
    }

    mutating func takeStatus(_ answer: ForwardedAnswer, of key: LeaseKey, call: Int64, now: Instant) {
        guard let attempt = attempts[key], case .asking(call) = attempt.stage else { return }
        switch answer {
        case .reply(let reply) where reply.status < 500:
            attempts[key]?.unanswered = 0
            let deadline = now + settings.ttl
            if peers[attempt.executor]?.nature == .fixed { peers[attempt.executor]?.deadline = deadline }
            if reply.status == 200, AgentStatus(reply.json).names(key) {
                let next = now + settings.statusInterval
                attempts[key]?.stage = .waiting(until: next)
            } else if mayRepeat(attempt) {
                execute(key, isRepetition: true)
            } else {
                lose(key, "\(attempt.executor) is not at it, and cannot say how it ended", now: now)
            }
        case .reply(let reply): askLater(key, atLeast: reply.retryAfter, now: now)
        case .unsent, .broken, .tooLarge: askLater(key, now: now)
        }
    }

    private mutating func askLater(_ key: LeaseKey, atLeast least: Milliseconds? = nil, now: Instant) {
        guard let attempt = attempts[key] else { return }
        let next = now + delay(after: attempt.unanswered + 1, atLeast: least)
        attempts[key]?.unanswered = attempt.unanswered + 1
        attempts[key]?.stage = .waiting(until: next)
    }

    /// Whether the same request may be sent again. An executor of ours remembers what it answered until it restarts,
    /// which is enough only for work that may be repeated anyway.
    private func mayRepeat(_ attempt: Attempt) -> Bool {
        switch peers[attempt.executor]?.nature {
        case .service: peers[attempt.executor]?.isIdempotent ?? false
        case .fixed: attempt.assignment.spec.onLost == .requeue
        case nil: false
        }
    }

    /// It was sent, and its answer will not come.
    private mutating func settleUnknown(_ key: LeaseKey, _ reason: String, now: Instant) {
        guard let attempt = attempts[key] else { return }
        if mayRepeat(attempt) {
            let next = now + settings.statusInterval
            attempts[key]?.stage = .waiting(until: next)
            emit(.tell(key, "Nobody knows how it ended (\(reason)): \(attempt.executor) will be asked."))
        } else {
            lose(key, reason, now: now)
        }
    }

    // MARK: Ends

    mutating func loseAll(of id: ExecutorID, _ reason: String, now: Instant) {
        for key in leases(of: id).sorted() { lose(key, "\(id): \(reason)", now: now) }
    }

    /// How far it got is not known. An executor of ours is judged by the task's own policy; what a stranger was given is
    /// never repeated unasked.
    private mutating func lose(_ key: LeaseKey, _ reason: String, now: Instant) {
        guard let attempt = attempts[key] else { return }
        switch attempt.stage {
        case .closed, .ending: return
        case .executing, .asking, .waiting: break
        }
        guard peers[attempt.executor]?.nature == .service else { return finish(key, .lose(key, .lost), now: now) }
        let error = TaskError(
            code: "outcome-unknown",
            detail:
                "It was sent to \(attempt.executor), and how it ended is not known: \(reason). Work of a service is "
                + "not repeated unasked.",
            retryable: false
        )
        finish(key, .conclude(key, FinalReport(ending: .finished(.failed), error: error)), now: now)
    }

    /// It was not begun, and may go elsewhere.
    private mutating func giveBack(_ key: LeaseKey, _ reason: String, now: Instant) {
        guard let attempt = attempts[key] else { return }
        emit(.tell(key, "\(attempt.executor) did not take it: \(reason)"))
        finish(key, .lose(key, .declined), now: now)
    }

    /// Closes what is open and has the end stored.
    private mutating func finish(_ key: LeaseKey, _ effect: Effect, now: Instant) {
        switch attempts[key]?.stage {
        case .executing(let call, _), .asking(let call): drop(call)
        case .waiting, .closed, .ending, nil: break
        }
        attempts[key]?.stage = .ending(effect, again: now + Self.storeGrace)
        emit(effect)
    }
}
