import YggCore
import YggStorage

extension Transition {
    /// Takes the last word of an attempt. Where a person must see a result before it counts, that is asked first,
    /// whatever the executor knows of it.
    mutating func end(
        _ stored: inout StoredTask,
        with report: FinalReport,
        epoch: Int64,
        events: [EventDraft]
    ) throws {
        let report = report.withOutcomeInResult
        switch report.ending {
        case .finished(.succeeded), .finished(.unverified):
            guard stored.task.phase == .run, stored.task.spec.tier.contains(.review), epoch == stored.task.epoch,
                !stored.task.cancelRequested
            else { break }
            let question = ApprovalQuestion.review(of: stored.task.spec.kind, result: report.result)
            return try ask(question, nil, report.result, of: &stored, events: events)
        default: break
        }
        try apply(.reported(report, epoch: epoch), to: &stored, events: events)
    }

    /// Ends an attempt with a question: the task waits and what is asked is stored, in one commit.
    mutating func ask(
        _ question: ApprovalQuestion,
        _ excerpt: Approval.Excerpt?,
        _ result: JSONObject,
        of stored: inout StoredTask,
        events: [EventDraft]
    ) throws {
        var result = result
        if question.next == .succeed, result["outcome"] == nil {
            result["outcome"] = .string(YggCore.Outcome.succeeded.rawValue)
        }
        let task = stored.task
        let timeout = task.spec.timeouts.approval
        let approval = Approval(
            task: task.id,
            epoch: task.epoch,
            phase: task.phase,
            question: question,
            digest: ArtifactStore.hash(of: question.canonicalBytes(result: result)),
            requestedAt: now,
            expiresAt: timeout > .zero ? now + timeout : nil,
            excerpt: excerpt
        )
        // Of a task that is being cancelled nobody is asked any more.
        let isAsked = !task.cancelRequested
        if isAsked { try ApprovalStore.add(approval, to: stored.num, in: tx) }
        try apply(
            .asked(digest: approval.digest, result: result, epoch: task.epoch),
            to: &stored,
            events: events + (isAsked ? [.asked(approval, at: now)] : [])
        )
    }

    /// Closes the question that a task waited with.
    func close(_ stored: StoredTask, _ decision: ApprovalDecision) throws -> EventDraft {
        guard let approval = try ApprovalStore.decide(decision, task: stored.num, in: tx) else {
            throw StorageError(.corrupt, "Task \(stored.task.id) waits for a person, and nothing is asked.")
        }
        return .decided(approval, decision, at: now)
    }
}

extension ApprovalDecision {
    /// What a change that no person made to a waiting task says of its question.
    static func implied(by change: TaskChange, at now: Timestamp) -> ApprovalDecision {
        ApprovalDecision(change == .approvalExpired ? .expired : .cancelled, at: now)
    }
}

extension EventDraft {
    fileprivate static func asked(_ approval: Approval, at now: Timestamp) -> EventDraft {
        var data: JSONObject = [
            "id": .string(approval.id), "subject": .string(approval.question.subject.rawValue),
            "next": .string(approval.question.next.rawValue), "digest": .string(approval.digest),
            "summary": .string(approval.question.summary),
        ]
        data.append("expiresAt", .optional(approval.expiresAt?.description))
        return EventDraft(at: now, type: .approval, data: data)
    }

    fileprivate static func decided(
        _ approval: Approval,
        _ decision: ApprovalDecision,
        at now: Timestamp
    ) -> EventDraft {
        var data: JSONObject = ["id": .string(approval.id), "digest": .string(approval.digest)]
        for member in decision.json.members where member.key != "decidedAt" { data.append(member.key, member.value) }
        return EventDraft(at: now, type: .approval, data: data)
    }
}
