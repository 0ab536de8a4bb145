import YggCore

/// When an order has come true, told from how its executor is listed.
struct OrderGoal: Sendable {
    enum Verdict: Sendable, Hashable {
        case open
        case reached
        /// Waiting on is of no use: why, and what to do next.
        case missed(String, next: String)
    }

    /// How long a process may be gone that is to come back by itself.
    private static let comeback = Milliseconds.minutes(1)

    private let action: LifecycleAction
    /// The process that was asked.
    private let bootID: String?
    /// Since when it is as it is: what tells processes apart that have no boot id, because they are called.
    private let since: String?

    /// - Parameter executor: as it was when it was asked.
    init(_ action: LifecycleAction, of executor: JSONObject) {
        self.action = action
        bootID = executor["bootId"]?.stringValue
        since = executor["since"]?.stringValue
    }

    func verdict(on executor: JSONObject) -> Verdict {
        let id = executor["id"]?.stringValue ?? ""
        let state = executor["state"]?.stringValue.flatMap(ExecutorState.init(rawValue:))
        let isSameProcess =
            bootID == nil
            ? executor["since"]?.stringValue == since : executor["bootId"]?.stringValue == bootID
        if action == .stop, state == .lost {
            return .missed(
                "\(id) is not heard any more, and nobody can say whether it stopped",
                next: "Look at its machine; if it comes back, it is told to stop."
            )
        }
        guard executor["pending"] == nil else { return .open }
        switch (action, state) {
        case (.pause, .paused), (.resume, .running), (.stop, .stopped): return .reached
        case (.drain, .paused): return executor["tasks"]?.arrayValue?.isEmpty == false ? .open : .reached
        case (.pause, .running), (.drain, .running):
            return .missed(
                "\(id) has been paused and runs again already",
                next: "Its log on its machine says since when."
            )
        // It has stopped, and somebody has started it again.
        case (.stop, _) where !isSameProcess: return .reached
        case (.restart, .running): return isSameProcess ? .open : .reached
        case (.restart, .stopped):
            let isGone = executor["lastSeenMs"]?.intValue ?? 0 > Self.comeback.rawValue
            return isGone
                ? .missed("\(id) stopped and did not come back", next: "Its log on its machine says why.") : .open
        case (.pause, .stopping), (.drain, .stopping), (.resume, .stopping), (.pause, .stopped), (.drain, .stopped),
            (.resume, .stopped):
            return .missed("\(id) is \(state?.rawValue ?? "")", next: "Start it again on its machine.")
        default: return .open
        }
    }
}
