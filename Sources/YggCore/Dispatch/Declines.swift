/// Which executors gave a queued task back without beginning it.
///
/// One executor that declines is how routing works. All of them, for a while, is a task that nobody does and nobody
/// would look at: it is queued, its executors run, and their slots are free.
package struct Declines: Sendable {
    /// How long nobody has to have taken a task before a person should know.
    package static let patience = Milliseconds.minutes(1)

    private struct Refusal {
        /// Its first one since anybody began the task.
        var since: Instant
        /// The words of its last one.
        var reason: String
    }

    private var refusals: [TaskID: [ExecutorID: Refusal]] = [:]

    package init() {}

    package mutating func note(_ task: TaskID, by executor: ExecutorID, reason: String, now: Instant) {
        let since = refusals[task]?[executor]?.since ?? now
        refusals[task, default: [:]][executor] = Refusal(since: since, reason: reason)
    }

    /// Somebody has begun it, or it has ended.
    package mutating func forget(_ task: TaskID) { refusals[task] = nil }

    package var isEmpty: Bool { refusals.isEmpty }

    /// Tasks that somebody has declined, whoever else might take them.
    package var tasks: [TaskID] { refusals.keys.sorted() }

    /// What a person should know of a queued task; nil while an executor that runs may yet take it.
    ///
    /// One that is paused, lost or full has not declined: the router says of it what the task waits for.
    package func problem(
        of task: TaskID,
        lane: Lane,
        routes: RouteTable,
        executors: [RoutingView],
        now: Instant
    ) -> DeclinedByAll? {
        guard let refusals = refusals[task] else { return nil }
        let running = executors.filter { $0.state == .running && $0.shortage == nil }
        let could = Set(Router.eligible(lane, routes: routes, executors: executors))
            .intersection(running.map(\.offer.id))
        guard !could.isEmpty else { return nil }
        var said: [DeclinedByAll.Refusal] = []
        var since: Instant?
        for executor in could.sorted() {
            guard let refusal = refusals[executor] else { return nil }
            said.append(.init(executor: executor, reason: refusal.reason))
            since = max(since ?? refusal.since, refusal.since)
        }
        guard let since, now - since >= Self.patience else { return nil }
        return DeclinedByAll(task: task, age: now - since, refusals: said)
    }
}

/// A queued task that every executor which could take it has declined.
package struct DeclinedByAll: Sendable, Hashable {
    package struct Refusal: Sendable, Hashable {
        package var executor: ExecutorID
        package var reason: String
    }

    package static let code = "declined-by-all"

    package var task: TaskID
    /// How long the last of them has declined it.
    package var age: Milliseconds
    package var refusals: [Refusal]

    package var detail: String {
        let words = refusals.map { "\($0.executor) (\($0.reason))" }.joined(separator: ", ")
        return "Every executor that could take it has declined it for \((age / 1000 * 1000).text): \(words)."
    }

    package var json: JSONObject {
        [
            "code": .string(Self.code), "detail": .string(detail), "forMs": .int(age.rawValue),
            "declinedBy": .array(
                refusals.map { ["executor": .string($0.executor.rawValue), "reason": .string($0.reason)] }
            ),
        ]
    }
}
