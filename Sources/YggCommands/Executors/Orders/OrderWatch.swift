import YggClient
import YggCore

/// Looks at an executor until an order has come true.
struct OrderWatch: Sendable {
    let client: CoordinatorClient
    let goal: OrderGoal
    /// For what a person should know meanwhile.
    let remark: @Sendable (String) -> Void

    /// - Parameter executor: as it was when it was asked.
    /// - Returns: the executor as it is then.
    /// - Throws: `CommandFailure`, with status 4 where the limit came first.
    func wait(for id: String, from executor: JSONObject, limit: TimeLimit) async throws -> JSONObject {
        var executor = executor
        var outage: ContinuousClock.Instant?
        var pause = Duration.milliseconds(50)
        var saidLost = false
        while true {
            switch goal.verdict(on: executor) {
            case .reached: return executor
            case .missed(let message, let next): throw CommandFailure("\(message).", next: next)
            case .open: break
            }
            let state = executor["state"]?.stringValue ?? ""
            if state == ExecutorState.lost.rawValue, !saidLost {
                remark("\(id) is not heard at the moment; it is told when it is back.")
                saidLost = true
            }
            if limit.remaining == .zero {
                throw CommandFailure(
                    "\(id) is still \(state) after \(limit.limit?.text ?? "").",
                    next: "What was asked stands; look again with: ygg executor show \(id)",
                    status: .timedOut
                )
            }
            try await Task.sleep(for: min(pause, limit.remaining ?? pause))
            pause = min(pause * 3 / 2, .seconds(1)) * Double.random(in: 0.75...1)
            do {
                executor = try await client.executor(id)
                outage = nil
            } catch  where isOutage(error) {
                if outage == nil { remark("The coordinator does not answer; trying again.") }
                let began = outage ?? .now
                outage = began
                guard began.duration(to: .now) < EventStream.patience else { throw error }
                pause = max(pause, askedWait(error))
            }
        }
    }
}
