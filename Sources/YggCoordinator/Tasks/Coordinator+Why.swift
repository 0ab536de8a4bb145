package import YggCore
import YggProtocol
import YggStorage

/// Why a task is where it is, for a person and for a program.
package struct Explanation: Sendable {
    package var task: FleetTask
    package var summary: String
    package var decision: Decision?
    /// What a person should look at.
    package var problem: DeclinedByAll?
    /// What a person is asked.
    package var approval: Approval?

    package var json: JSONObject {
        var object: JSONObject = [
            "task": .string(task.id.rawValue), "state": .string(task.state.rawValue), "summary": .string(summary),
        ]
        object.append("problem", problem.map { .object($0.json) })
        object.append("approval", approval.map { .object($0.view(of: task)) })
        guard let decision else { return object }
        object.append("route", decision.route.map { .object($0.json) })
        object.append("candidates", .array(decision.candidates.map { .string($0.rawValue) }))
        object.append(
            "executors",
            .array(
                decision.verdicts.map { verdict in
                    [
                        "executor": .string(verdict.executor.rawValue),
                        "unmet": .array(
                            verdict.unmet.map {
                                [
                                    "code": .string($0.code), "text": .string($0.text),
                                    "remedy": .string($0.remedy(for: verdict.executor)),
                                ]
                            }
                        ),
                    ]
                }
            )
        )
        return object
    }
}

extension Coordinator {
    package func why(_ id: TaskID) async throws -> Explanation {
        let stored = try await stored(id)
        let task = stored.task
        switch task.state {
        case .queued:
            if let waiting = try await landingSummary(task) {
                return Explanation(task: task, summary: waiting, decision: nil)
            }
            let (decision, isKnown, troubles) = withControl { control, _ in
                let lane = control.dispatcher.lane(stored.lane)
                let lanes = lane ?? Lane(kind: task.spec.kind)
                let decision = Router.route(
                    lanes,
                    routes: settings.routes,
                    executors: control.routingViews,
                    fleet: control.dispatcher.freeOfFleet
                )
                let troubles = decision.verdicts.compactMap { verdict in
                    control.forwarder.trouble(of: verdict.executor).map { (verdict.executor, $0) }
                }
                return (decision, control.kinds.isOffered(task.spec.kind), troubles)
            }
            let problem = declinedByAll(stored)
            return Explanation(
                task: task,
                summary: problem?.detail
                    ?? summary(
                        of: decision,
                        kind: task.spec.kind,
                        isOffered: isKnown,
                        troubles: Dictionary(troubles) { first, _ in first }
                    ),
                decision: decision,
                problem: problem
            )
        case .blocked:
            return Explanation(task: task, summary: try await blockedSummary(task), decision: nil)
        case .scheduled:
            let time = task.notBefore.map(\.description) ?? "its time"
            let cause = task.error.map { " The last try failed: \($0.detail)" } ?? ""
            return Explanation(task: task, summary: "It waits until \(time).\(cause)", decision: nil)
        case .running:
            let executor = task.executor.map(\.rawValue) ?? "an executor"
            let silent = task.executor.map { id in withControl { control, _ in control.leases.isSilent(id) } } ?? false
            let state =
                silent
                ? "which is not being heard at the moment; to give that attempt up: ygg task requeue \(id)"
                : "which renews its lease"
            let cancel = task.cancelRequested ? " It has been asked to stop." : ""
            return Explanation(
                task: task,
                summary: "Attempt \(task.attempt) runs on \(executor), \(state).\(cancel)",
                decision: nil
            )
        case .awaitingApproval:
            return try await explainApproval(of: stored)
        case .succeeded, .failed, .cancelled:
            let detail = task.error.map { " \($0.detail)" } ?? ""
            return Explanation(task: task, summary: "It has ended: \(task.state.rawValue).\(detail)", decision: nil)
        }
    }

    /// - Parameter troubles: why those who are called and not heard of are left alone for a while.
    private func summary(
        of decision: Decision,
        kind: TaskKind,
        isOffered: Bool,
        troubles: [ExecutorID: String]
    ) -> String {
        if let best = decision.candidates.first(where: { troubles[$0] == nil }) {
            return "It can start on \(best) at once."
        }
        if let best = decision.candidates.first, let trouble = troubles[best] {
            return "It waits for \(best), which is asked again in a while: \(trouble)."
        }
        guard isOffered else {
            let awaited = (decision.route.map { $0.executors + $0.fallback } ?? []).map(\.rawValue)
            let who = awaited.isEmpty ? "any executor" : awaited.joined(separator: " or ")
            let reasons = (decision.route.map { $0.executors + $0.fallback } ?? []).compactMap { id -> String? in
                guard let fixed = settings.agents.fixed[id] else { return nil }
                return " \(id) is configured at \(fixed.address): "
                    + (troubles[id] ?? "it is called \(settings.forwarding.registrationGrace.text) after the start")
                    + "."
            }
            return "No executor that offers \(kind) has registered yet; it waits for \(who).\(reasons.joined())"
        }
        let blocking = decision.verdicts.filter { verdict in verdict.unmet.allSatisfy(\.isPassing) }
        if let first = blocking.first(where: { !$0.unmet.isEmpty }) {
            let reasons = first.unmet.map(\.text).joined(separator: "; ")
            // Some of them are a server's own sentence.
            return "It waits for \(first.executor): \(reasons)" + (reasons.hasSuffix(".") ? "" : ".")
        }
        return "No executor can take it as things are: see what each one lacks."
    }

    /// Whose landing it waits for; nil where it waits for none.
    private func landingSummary(_ task: FleetTask) async throws -> String? {
        guard let place = task.landing else { return nil }
        let other = try await database.read { [store] tx in try store.landing(at: place, in: tx) }
        return other.map { "It was approved, and lands when \($0) has: one lands at a time at \(place)." }
    }

    private func explainApproval(of stored: StoredTask) async throws -> Explanation {
        let open = try await database.read { tx in try ApprovalStore.open(of: stored.num, in: tx) }
        let id = stored.task.id
        // Decided since the task was read.
        guard let open else {
            return Explanation(task: stored.task, summary: "It was decided just now.", decision: nil)
        }
        let end = open.expiresAt.map { " It is cancelled if nobody has by \($0)." } ?? ""
        return Explanation(
            task: stored.task,
            summary: "It waits for a person to decide about \(open.question.what): \(open.question.sentence) "
                + "Look at it with `ygg task diff \(id)`, then `ygg approve \(id)`, or `ygg reject \(id)`.\(end)",
            decision: nil,
            approval: open
        )
    }

    private func blockedSummary(_ task: FleetTask) async throws -> String {
        var open: [String] = []
        for id in task.spec.dependsOn {
            guard let dependency = try? await self.task(id), !dependency.state.isTerminal else { continue }
            open.append("\(id) (\(dependency.state.rawValue))")
        }
        return "It waits for \(open.joined(separator: ", "))."
    }
}

extension ApprovalQuestion {
    /// The summary with an end.
    fileprivate var sentence: String {
        guard let last = summary.last else { return "" }
        return ".!?".contains(last) ? summary : "\(summary)."
    }

    /// For "to decide about …".
    fileprivate var what: String {
        switch (subject, next) {
        case (.plan, _): "its plan"
        case (.diff, _): "its diff"
        case (.command, .succeed): "its result"
        case (.command, _): "its command"
        }
    }
}
