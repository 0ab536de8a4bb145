import Testing
import YggCore

/// Random lives of tasks: whatever happens in whatever order, some things stay true.
@Suite(.timeLimit(.minutes(1)))
struct StateMachineProperties {
    private static let runs = 800
    private static let maxSteps = 60

    @Test(arguments: Seeds.all)
    func `no sequence of changes breaks a task`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var ended = 0
        var seen: Set<TaskState> = []
        for run in 0..<Self.runs {
            var task = Self.submitted(&random)
            var now = Timestamp.noon
            var story: [String] = ["\(task.state)"]
            for _ in 0..<Self.maxSteps {
                now = now + Milliseconds(.random(in: -2_000...30_000, using: &random))
                let change = Self.change(for: task, &random)
                let jitter = Double.random(in: 0...1, using: &random)
                let result = Result { try task.applying(change, at: now, jitter: jitter) }
                story.append("\(change)")
                if let problem = Self.problem(task, change, result) {
                    Issue.record("seed \(seed), run \(run): \(problem), after \(story.joined(separator: " → "))")
                    return
                }
                if case .success(let next) = result { task = next }
                seen.insert(task.state)
            }
            if task.state.isTerminal { ended += 1 }
        }
        #expect(
            seen == Set(TaskState.allCases),
            "seed \(seed) never reached \(Set(TaskState.allCases).subtracting(seen))"
        )
        #expect(ended > Self.runs / 2, "seed \(seed): the lives are long enough to end")
    }

    // MARK: Rules

    private static func problem(
        _ before: FleetTask,
        _ change: TaskChange,
        _ result: Result<FleetTask, any Error>
    ) -> String? {
        switch result {
        case .failure(let error):
            if !(error is TransitionError) { return "an error of another kind: \(error)" }
            return nil
        case .success(let after):
            return illegalChange(before, change, after) ?? illegalState(after)
        }
    }

    private static func illegalChange(_ before: FleetTask, _ change: TaskChange, _ after: FleetTask) -> String? {
        if before.state.isTerminal { return "a terminal task changed by \(change)" }
        if after.version != before.version + 1 { return "the version went from \(before.version) to \(after.version)" }
        if after.epoch < before.epoch { return "the epoch went back" }
        if after.epoch > before.epoch + 1 { return "the epoch skipped" }
        if after.updatedAt < before.updatedAt { return "updatedAt went back" }
        if case .granted = change, after.epoch != before.epoch + 1 { return "a grant without a new epoch" }
        if let epoch = change.reportedEpoch {
            if epoch != before.epoch { return "a report of epoch \(epoch) was taken at epoch \(before.epoch)" }
            if before.state != .running { return "a report was taken while \(before.state)" }
        }
        if change == .requeued, after.epoch == before.epoch { return "a requeued attempt kept its epoch" }
        if case .lost = change, after.epoch == before.epoch { return "a lost lease kept its epoch" }
        if before.state == .running, after.state == .running, after.epoch != before.epoch {
            return "an attempt changed its epoch under way"
        }
        if after.phase == before.phase, after.attempt < before.attempt, change != .sentBack {
            if case .approved = change { return nil }
            return "the attempt went back within its phase"
        }
        return nil
    }

    private static func illegalState(_ task: FleetTask) -> String? {
        if task.interruptions > FleetTask.maxInterruptions, task.state != .failed { return "interrupted without end" }
        if task.interruptions > FleetTask.maxInterruptions + 1 { return "interrupted more often than bounded" }
        if task.attempt > task.spec.retry.maxAttempts { return "more attempts than allowed" }
        if (task.finishedAt != nil) != task.state.isTerminal { return "finishedAt of a task that is \(task.state)" }
        if let started = task.startedAt, let finished = task.finishedAt, finished < started {
            return "ended before it began"
        }
        if (task.pendingDigest != nil) != (task.state == .awaitingApproval) { return "a digest while \(task.state)" }
        if (task.approvalSince != nil) != (task.state == .awaitingApproval) { return "a wait while \(task.state)" }
        if (task.landing != nil) != (task.phase == .land && !task.state.isTerminal) { return "lands in \(task.phase)" }
        if task.cancelRequested, task.state != .running { return "a cancel is pending while \(task.state)" }
        if task.state == .running, task.epoch == 0 || task.attempt == 0 || task.executor == nil || task.startedAt == nil
        {
            return "runs without having been granted"
        }
        if task.state == .blocked, task.openDependencies <= 0 { return "blocked by nothing" }
        if !task.state.isTerminal, task.state != .blocked, task.openDependencies != 0 {
            return "\(task.state) with open dependencies"
        }
        if task.openDependencies < 0 { return "fewer than no dependencies" }
        if task.state == .scheduled, task.notBefore == nil { return "scheduled for no time" }
        if task.state == .failed, task.error == nil { return "failed without a reason" }
        if task.state == .cancelled, task.error == nil { return "cancelled without a reason" }
        if task.state == .succeeded, task.error != nil { return "succeeded with an error" }
        if task.state.isTerminal, task.wakeAt != nil { return "ended and yet woken" }
        return nil
    }

    // MARK: Random lives

    private static func submitted(_ random: inout SeededRandom) -> FleetTask {
        let spec = TaskSpec.sample(
            notBefore: random.chance(30) ? .noon(plus: .random(in: -60...60, using: &random)) : nil,
            timeouts: Timeouts(queue: random.chance(50) ? .minutes(1) : .zero),
            retry: RetryPolicy(
                maxAttempts: .random(in: 1...4, using: &random),
                nonRetryable: random.chance(20) ? ["exit-code"] : []
            ),
            onLost: random.pick(OnLost.allCases),
            onDependencyFailure: random.pick(OnDependencyFailure.allCases),
            needsPlan: random.chance(40)
        )
        return FleetTask(submitted: spec, openDependencies: random.chance(30) ? random.int(0..<4) : 0)
    }

    /// Mostly what could happen next, sometimes anything.
    private static func change(for task: FleetTask, _ random: inout SeededRandom) -> TaskChange {
        if random.chance(15) { return anything(task, &random) }
        switch task.state {
        case .blocked:
            if task.epoch > 0 { return .childrenEnded(failed: random.chance(30) ? "kid" : nil) }
            return .dependencyEnded("d", succeeded: random.chance(80))
        case .scheduled: return .due
        case .queued: return .granted(to: random.pick(["fenrir", "surtr"]))
        case .running:
            return random.chance(20) ? .lost(random.pick(Interruption.allCases)) : report(task, &random)
        case .awaitingApproval:
            return random.chance(20) ? .sentBack : .approved(next(&random))
        case .succeeded, .failed, .cancelled: return anything(task, &random)
        }
    }

    private static func anything(_ task: FleetTask, _ random: inout SeededRandom) -> TaskChange {
        switch random.int(0..<15) {
        case 0: .dependencyEnded("d", succeeded: random.chance(50))
        case 1: .due
        case 2: .waitedTooLong
        case 3, 4: .cancel
        case 5: .cancelDeadlinePassed
        case 6: .granted(to: "fenrir")
        case 7: report(task, &random)
        case 8: .lost(random.pick(Interruption.allCases))
        case 9: .approved(next(&random))
        case 10: .sentBack
        case 11: .rejected(comment: random.chance(50) ? "no" : nil)
        case 12: .approvalExpired
        case 13: .requeued
        default: .childrenEnded(failed: random.chance(50) ? "kid" : nil)
        }
    }

    private static func report(_ task: FleetTask, _ random: inout SeededRandom) -> TaskChange {
        let epoch = random.chance(85) ? task.epoch : .random(in: 0...(task.epoch + 1), using: &random)
        if random.int(0..<4) == 0 { return .asked(digest: "d", result: [:], epoch: epoch) }
        let ending: FinalReport.Ending =
            switch random.int(0..<3) {
            case 0: .interrupted(random.pick(Interruption.allCases))
            default: .finished(random.pick(Outcome.allCases))
            }
        let error = TaskError(code: random.pick(["exit-code", "oom"]), detail: "", retryable: random.chance(80))
        return .reported(FinalReport(ending: ending, error: random.chance(80) ? error : nil), epoch: epoch)
    }

    private static func next(_ random: inout SeededRandom) -> ApprovedNext {
        random.pick([.run, .land(at: "/r main"), .nothing, .children(0), .children(3)])
    }
}

extension TaskChange {
    /// Of the last word of an attempt.
    fileprivate var reportedEpoch: Int64? {
        switch self {
        case .reported(_, let epoch), .asked(_, _, let epoch): epoch
        default: nil
        }
    }
}
