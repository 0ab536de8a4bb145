/// What a person answers, and what it comes to: the pure part of `approve` and `reject`.
package enum ApprovalAnswer: String, Sendable, Hashable, CaseIterable {
    case approve, reject

    /// What an answer meets.
    package enum Outcome: Sendable, Hashable {
        /// It decides this question.
        case decides(Approval)
        /// The same was answered before, and stands.
        case stands(Approval)
    }

    /// Why an answer decides nothing.
    package enum Refusal: Error, Sendable, Hashable {
        /// It does not say what it is about; these wait.
        case digestRequired(pending: Approval?)
        /// It is about something that is no longer asked; this is.
        case stale(pending: Approval)
        /// The question it is about was decided otherwise.
        case decidedOtherwise(Approval)
        /// Nothing is asked.
        case nothingAsked
    }

    /// Holds the answer against what was ever asked about the task. Whoever comes second is told what stands, and an
    /// answer that is repeated because nobody heard the first is the same answer.
    /// - Parameter approvals: all of one task, in any order; one of them at most is open.
    package func meet(_ digest: String?, among approvals: [Approval]) throws(Refusal) -> Outcome {
        let pending = approvals.first { $0.isOpen }
        guard let digest else {
            if approvals.isEmpty { throw .nothingAsked }
            throw .digestRequired(pending: pending)
        }
        if let pending, pending.digest == digest { return .decides(pending) }
        let known = approvals.filter { $0.digest == digest }.max { $0.epoch < $1.epoch }
        if let known, let verdict = known.decision?.verdict, isSame(as: verdict) { return .stands(known) }
        if let pending { throw .stale(pending: pending) }
        if let known { throw .decidedOtherwise(known) }
        throw .nothingAsked
    }

    private func isSame(as verdict: ApprovalDecision.Verdict) -> Bool {
        switch verdict {
        case .approved: self == .approve
        case .sentBack, .rejected: self == .reject
        case .expired, .cancelled: false
        }
    }

    /// What deciding `question` with this answer does to its task, and the words of the decision.
    ///
    /// A comment of somebody who rejects goes to whoever can do better; a command can only be rejected.
    package func change(for question: ApprovalQuestion, comment: String?) -> (TaskChange, ApprovalDecision.Verdict) {
        switch self {
        case .approve:
            let next: ApprovedNext =
                switch question.next {
                case .run: .run
                case .land: .land(at: question.landingPlace ?? "")
                case .succeed: .nothing
                }
            return (.approved(next), .approved)
        case .reject:
            guard let comment, !comment.isEmpty, question.subject.isRevisable else {
                return (.rejected(comment: comment), .rejected)
            }
            return (.sentBack, .sentBack)
        }
    }
}
