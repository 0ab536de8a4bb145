import Testing
import YggCore

/// What counts as a try, what does not, and when a task has had enough.
struct CountingTests {
    @Test func `the epoch counts grants, the attempt counts tries of the phase`() throws {
        var task = try FleetTask.sample(in: .running)
        #expect(task.epoch == 1 && task.attempt == 1)
        task = try task.after(.reported(.interrupted(.drained), epoch: 1), .granted(to: "surtr"))
        #expect(task.epoch == 2 && task.attempt == 1 && task.interruptions == 1)
        task = try task.after(.reported(.failure, epoch: 2), .granted(to: "surtr"))
        #expect(task.epoch == 3 && task.attempt == 2)
        #expect(task.executor == "surtr")
    }

    @Test(arguments: [1, 2, 3, 7])
    func `a task fails with its last allowed try`(maxAttempts: Int) throws {
        var task = try FleetTask.sample(in: .queued, spec: .sample(retry: RetryPolicy(maxAttempts: maxAttempts)))
        for attempt in 1...maxAttempts {
            task = try task.after(.granted(to: "fenrir"))
            #expect(task.attempt == attempt)
            task = try task.after(.reported(.failure, epoch: task.epoch))
        }
        #expect(task.state == .failed)
        #expect(task.error?.code == "exit-code")
    }

    @Test func `some failures are not tried again`() throws {
        let spec = TaskSpec.sample(retry: RetryPolicy(nonRetryable: ["exit-code"]))
        #expect(try FleetTask.sample(in: .running, spec: spec).after(.reported(.failure, epoch: 1)).state == .failed)
        #expect(try FleetTask.sample(in: .running).after(.reported(.finalFailure, epoch: 1)).state == .failed)
    }

    @Test func `a failure without a reason is named as that and tried again`() throws {
        let task = try FleetTask.sample(in: .running)
            .after(.reported(FinalReport(ending: .finished(.failed)), epoch: 1))
        #expect(task.state == .queued)
        #expect(task.error?.code == "unexplained")
    }

    @Test func `a failed try waits for its backoff and keeps its error until the next grant`() throws {
        let task = try FleetTask.sample(in: .running).after(.reported(.failure, epoch: 1), at: .noon, jitter: 1)
        #expect(task.state == .scheduled)
        #expect(task.notBefore == .noon(plus: 1) && task.wakeAt == .noon(plus: 1))
        #expect(task.error?.code == "exit-code")
        let running = try task.after(.due, .granted(to: "fenrir"))
        #expect(running.error == nil && running.notBefore == nil && running.attempt == 2)
    }

    @Test(arguments: [
        TaskChange.lost(.lost), .lost(.declined), .reported(.interrupted(.drained), epoch: 0),
        .reported(.interrupted(.suspended), epoch: 0), .reported(.interrupted(.notLanded), epoch: 0),
    ])
    func `an interruption is not counted, but the sixth ends the task`(change: TaskChange) throws {
        var task = try FleetTask.sample(in: .queued, spec: .sample(retry: RetryPolicy(maxAttempts: 1)))
        for count in 1...FleetTask.maxInterruptions {
            task = try task.after(.granted(to: "fenrir")).interrupted(by: change)
            #expect(task.state == .queued && task.interruptions == count)
            #expect(task.attempt == 1, "no try was counted")
        }
        task = try task.after(.granted(to: "fenrir")).interrupted(by: change)
        #expect(task.state == .failed)
        #expect(task.error?.code == "interrupted-too-often")
        #expect(task.error?.retryable == false)
    }

    @Test func `what a person has in the way is waited for as long as it takes, and stays visible`() throws {
        var task = try FleetTask.sample(in: .running)
        let obstacle = TaskError(code: "target-in-use", detail: "main is checked out.", retryable: true)
        for _ in 0...FleetTask.maxInterruptions {
            let report = FinalReport(ending: .interrupted(.inTheWay), error: obstacle)
            task = try task.after(.reported(report, epoch: task.epoch), at: .noon)
            #expect(task.state == .scheduled && task.notBefore == .noon + FleetTask.wayDelay)
            #expect(task.error == obstacle && task.attempt == 1 && task.interruptions == 0)
            task = try task.after(.due, .granted(to: "fenrir"))
        }
        let report = FinalReport(ending: .interrupted(.inTheWay), error: obstacle)
        #expect(try task.after(.cancel, .reported(report, epoch: task.epoch)).state == .cancelled)
    }

    @Test(arguments: OnLost.allCases)
    func `what a person requeues is queued, as often as they like and whatever the policy`(policy: OnLost) throws {
        var task = try FleetTask.sample(in: .running, spec: .sample(onLost: policy))
        for _ in 0...FleetTask.maxInterruptions {
            let epoch = task.epoch
            task = try task.after(.requeued)
            #expect(task.state == .queued && task.attempt == 1 && task.interruptions == 0)
            #expect(task.epoch == epoch + 1, "whoever ran it is refused from here on")
            task = try task.after(.granted(to: "surtr"))
        }
        #expect(try task.after(.cancel, .requeued).state == .cancelled)
    }

    // MARK: onLost

    @Test(arguments: [(OnLost.requeue, TaskState.queued), (.fail, .failed), (.succeed, .succeeded)])
    func `what a vanished executor means is the kind's policy`(policy: OnLost, state: TaskState) throws {
        let task = try FleetTask.sample(in: .running, spec: .sample(onLost: policy)).after(.lost(.lost))
        #expect(task.state == state)
        #expect(task.epoch == 2, "whoever vanished is refused from here on")
        if policy == .fail { #expect(task.error?.code == "outcome-unknown") }
    }

    @Test(arguments: OnLost.allCases, [Interruption.declined, .drained, .suspended])
    func `work that was given back is repeated whatever the policy`(policy: OnLost, why: Interruption) throws {
        let task = try FleetTask.sample(in: .running, spec: .sample(onLost: policy)).after(.lost(why))
        #expect(task.state == .queued)
    }

    // MARK: Backoff

    @Test(
        arguments: [
            (1, 1000), (2, 2000), (3, 4000), (6, 32_000), (7, 60_000), (8, 60_000), (70, 60_000), (Int.max, 60_000),
        ] as [(Int, Int64)]
    )
    func `the backoff doubles up to its limit`(failures: Int, milliseconds: Int64) {
        #expect(RetryPolicy().delay(afterFailures: failures, jitter: 1) == Milliseconds(milliseconds))
    }

    @Test(arguments: Seeds.all)
    func `full jitter lies between zero and the doubled limit`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var smallest = Int64.max
        var largest: Int64 = 0
        for _ in 0..<2_000 {
            let failures = Int.random(in: 1...8, using: &random)
            let policy = RetryPolicy(
                backoff: Milliseconds(.random(in: 0...100_000, using: &random)),
                maxBackoff: Milliseconds(.random(in: 0...100_000, using: &random))
            )
            let limit = policy.delay(afterFailures: failures, jitter: 1)
            let delay = policy.delay(afterFailures: failures, jitter: .random(in: 0...1, using: &random))
            #expect(delay >= .zero && delay <= limit && limit <= policy.maxBackoff)
            let third = RetryPolicy().delay(afterFailures: 3, jitter: .random(in: 0...1, using: &random)).rawValue
            smallest = min(smallest, third)
            largest = max(largest, third)
        }
        #expect(smallest < 200 && largest > 3_800, "the whole range is used: \(smallest) to \(largest)")
    }

    @Test(arguments: [(-1.0, 0), (0, 0), (0.5, 500), (1, 1000), (7, 1000)] as [(Double, Int64)])
    func `jitter outside its range is taken as its nearest end`(jitter: Double, milliseconds: Int64) {
        #expect(RetryPolicy().delay(afterFailures: 1, jitter: jitter).rawValue == milliseconds)
    }

    // MARK: Times

    @Test func `the queue timeout runs until the first grant and from the time asked for`() throws {
        let timeouts = Timeouts(queue: .minutes(5))
        let task = FleetTask(submitted: .sample(timeouts: timeouts))
        #expect(task.wakeAt == .noon(plus: 300))
        let later = FleetTask(submitted: .sample(notBefore: .noon(plus: 60), timeouts: timeouts))
        #expect(later.wakeAt == .noon(plus: 60) && later.queueDeadline == .noon(plus: 360))
        let again = try task.after(.granted(to: "fenrir"), .reported(.interrupted(.drained), epoch: 1))
        #expect(again.state == .queued && again.wakeAt == nil)
        #expect(FleetTask(submitted: .sample()).wakeAt == nil, "no timeout, nothing to wake for")
    }

    @Test func `the queue timeout says that it was the one`() throws {
        let task = try FleetTask(submitted: .sample(timeouts: Timeouts(queue: .minutes(5)))).after(.waitedTooLong)
        #expect(task.error?.code == "queue-timeout")
        #expect(task.error?.detail.contains("5m") == true)
    }

    @Test func `times never run backwards`() throws {
        let task = try FleetTask.sample(in: .queued).after(.granted(to: "fenrir"), at: .noon(plus: 10))
        let after = try task.after(.reported(.success, epoch: 1), at: .noon(plus: 5))
        #expect(after.updatedAt == .noon(plus: 10))
        #expect(after.startedAt == .noon(plus: 10))
        let finished = try #require(after.finishedAt)
        #expect(finished >= .noon(plus: 10), "a task does not end before it began")
    }

    @Test func `the first start of a task is kept`() throws {
        let task = try FleetTask.sample(in: .running)
            .after(.reported(.interrupted(.drained), epoch: 1), at: .noon(plus: 5))
            .after(.granted(to: "surtr"), at: .noon(plus: 9))
        #expect(task.startedAt == .noon)
    }
}

extension FleetTask {
    /// `change`, with the epoch the task is at.
    fileprivate func interrupted(by change: TaskChange) throws -> FleetTask {
        if case .reported(let report, _) = change { return try after(.reported(report, epoch: epoch)) }
        return try after(change)
    }
}
