package import YggCore
import YggProtocol
package import YggStorage

/// An approval with the task it is about.
package struct ShownApproval: Sendable {
    package var approval: Approval
    package var task: FleetTask
}

extension Coordinator {
    /// A page of what waits for a person, oldest first, and the cursor of the next.
    package func approvals(
        after cursor: Int64?,
        limit: Int
    ) async throws -> (items: [ShownApproval], next: Int64?) {
        try await database.read { [store] tx in
            let found = try ApprovalStore.open(after: cursor, limit: limit + 1, in: tx)
            let items = try found.prefix(limit).compactMap { _, approval in
                try store.task(approval.task, in: tx).map { ShownApproval(approval: approval, task: $0.task) }
            }
            return (items, found.count > limit ? found.prefix(limit).last?.num : nil)
        }
    }

    /// All that was ever asked about a task, newest first.
    package func approvals(of id: TaskID) async throws -> [ShownApproval] {
        try await database.read { [store] tx in
            let stored = try Self.find(id, store, tx)
            return try ApprovalStore.all(of: stored.num, in: tx).map { ShownApproval(approval: $0, task: stored.task) }
        }
    }

    /// How much waits for people.
    package func approvalBacklog() async throws -> [ApprovalStore.Backlog] {
        try await database.read { tx in try ApprovalStore.backlog(in: tx) }
    }

    /// Decides what a task waits with, or tells how it was decided before. Exactly one decision counts for a question:
    /// the first that is committed.
    /// - Parameter digest: of what the person was shown.
    package func answer(
        _ answer: ApprovalAnswer,
        _ id: TaskID,
        digest: String?,
        comment: String? = nil,
        by author: Author = .local
    ) async throws -> ShownApproval {
        let now = machine.time()
        return try await database.write { [self] tx in
            var stored = try Self.find(id, store, tx)
            let approvals = try ApprovalStore.all(of: stored.num, in: tx)
            let open: Approval
            do throws(ApprovalAnswer.Refusal) {
                let isOpen = { (approval: Approval) in approval.isOpen }
                let meant = sabotage.makes(.ignoresDigest) ? approvals.first(where: isOpen)?.digest ?? digest : digest
                switch try answer.meet(meant, among: approvals) {
                case .stands(let approval): return ShownApproval(approval: approval, task: stored.task)
                case .decides(let approval): open = approval
                }
            } catch {
                throw Problem(error, task: stored.task, digest: digest)
            }
            let (change, verdict) = answer.change(for: open.question, comment: comment)
            let decision = ApprovalDecision(verdict, by: author.name, comment: comment, at: now)
            var transition = transition(in: tx, at: now)
            try transition.apply(change, to: &stored, decision: decision)
            try AuditStore.append(
                AuditEntry(
                    answer == .approve ? .taskApprove : .taskReject,
                    by: author,
                    at: now,
                    task: id,
                    detail: [verdict.rawValue, open.digest, comment].compactMap(\.self).joined(separator: " ")
                ),
                in: tx
            )
            let outcome = transition.outcome
            tx.afterCommit { self.settle(outcome) }
            var decided = open
            decided.decision = decision
            return ShownApproval(approval: decided, task: stored.task)
        }
    }
}

extension Problem {
    /// Why an answer decided nothing, with what it would have to be about.
    /// - Parameter digest: that the answer named.
    fileprivate init(_ refusal: ApprovalAnswer.Refusal, task: FleetTask, digest: String?) {
        let id = task.id
        switch refusal {
        case .digestRequired(let pending):
            self.init(
                status: 400,
                code: "digest-required",
                title: "Digest required",
                detail: pending == nil
                    ? task.waitsForNobody
                    : "An answer says what it is about: the digest of what you were shown.",
                nextAction: pending.map { "Look at it, then send its digest: \($0.digest)" } ?? task.afterAll,
                extensions: ["pending": .array(pending.map { [.object($0.view(of: task))] } ?? [])]
            )
        case .stale(let pending):
            self.init(
                status: 409,
                code: "approval-stale",
                title: "Approval stale",
                detail: "What waits now is not what that digest stands for: it was replaced by \(pending.digest).",
                nextAction: "Look at what waits now, then decide about it: ygg task diff \(id)",
                extensions: [
                    "digest": .string(pending.digest), "pending": .array([.object(pending.view(of: task))]),
                ]
            )
        case .decidedOtherwise(let approval):
            let decision = approval.decision
            let who = decision?.by.map { " by \($0)" } ?? ""
            self.init(
                status: 409,
                code: "already-decided",
                title: "Already decided",
                detail: "It was \(decision?.verdict.words ?? "decided")\(who), and that stands.",
                nextAction: task.state.isTerminal
                    ? "Submit it again with: ygg task retry \(id)" : "See where it is now: ygg why \(id)",
                extensions: ["approval": .object(approval.view(of: task))]
            )
        case .nothingAsked:
            self.init(
                status: 409,
                code: "nothing-to-approve",
                title: "Nothing to approve",
                detail: task.waitsForNobody
                    + (digest == nil ? "" : " Nothing with that digest was ever asked about it."),
                nextAction: task.afterAll
            )
        }
    }
}

extension FleetTask {
    fileprivate var waitsForNobody: String {
        "Task \(id) is \(state.rawValue) and does not wait for anybody: there is nothing to approve or to reject."
    }

    /// What can be done with a task that asks nothing.
    fileprivate var afterAll: String {
        guard state.isTerminal else { return "See where it is: ygg why \(id)" }
        let look = spec.kind.prefix == "code-" ? "evidence" : "show"
        return "See what it did: ygg task \(look) \(id). Then submit it again: changed, or as it was with "
            + "ygg task retry \(id)"
    }
}

extension ApprovalDecision.Verdict {
    /// For "it was …".
    fileprivate var words: String {
        switch self {
        case .approved: "approved"
        case .sentBack: "sent back"
        case .rejected: "rejected"
        case .expired: "left until it expired"
        case .cancelled: "cancelled with its task"
        }
    }
}
