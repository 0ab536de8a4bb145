import YggClient
import YggCore
import YggProtocol

/// Waits for the end of a task by reads that the coordinator holds until something changed.
struct TaskWaiter: Sendable {
    let client: CoordinatorClient
    let goal: WatchGoal
    /// For what a person should know meanwhile.
    let remark: @Sendable (String) -> Void

    /// - Returns: the task in a state that nothing follows, or, if that is the goal, waiting for an approval.
    /// - Throws: `CommandFailure` with status 4 where the limit came first.
    func wait(for id: String, limit: TimeLimit) async throws -> TaskView {
        var task = try await client.task(id)
        var outage: ContinuousClock.Instant?
        var backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
        var saidHow = false
        while true {
            if task.state?.isTerminal == true { return task }
            if task.state == .awaitingApproval {
                if goal == .approval { return task }
                if !saidHow { remark(ApprovalText.howTo(id)) }
                saidHow = true
            } else {
                saidHow = false
            }
            if limit.remaining == .zero { throw limit.failure(id, state: task.stateText) }
            do {
                task = try await client.task(
                    id,
                    waitingFor: limit.remaining ?? CoordinatorClient.longPoll,
                    index: task.version
                )
                outage = nil
                backoff.reset()
            } catch  where isOutage(error) {
                if outage == nil { remark("The coordinator does not answer; trying again.") }
                let began = outage ?? .now
                outage = began
                guard began.duration(to: .now) < EventStream.patience else { throw error }
                try await Task.sleep(for: max(backoff.next(), askedWait(error)))
            }
        }
    }
}

/// What whoever cannot just now asks to be left alone for, as far as a person waits for it.
func askedWait(_ error: any Error) -> Duration {
    .seconds(min((error as? Problem)?.retryAfter ?? 0, 30))
}

/// Whether trying again later may help: nobody answered, or somebody who cannot just now.
func isOutage(_ error: any Error) -> Bool {
    switch error {
    case ClientError.unreachable: true
    case let problem as Problem: [429, 502, 503, 504].contains(problem.status)
    default: false
    }
}
