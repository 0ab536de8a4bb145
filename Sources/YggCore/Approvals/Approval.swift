/// A question to a person, bound to the digest of what they are shown, and what was decided.
///
/// It belongs to nobody's machine: what asked is over, and its lease and its slot have ended.
package struct Approval: Sendable, Hashable {
    package let task: TaskID
    /// The attempt that asked. An attempt asks at most once, so this tells the questions of a task apart.
    package let epoch: Int64
    /// What that attempt was for.
    package let phase: Phase
    package let question: ApprovalQuestion
    /// The sha256 of the question's canonical form, made where the bytes are.
    package let digest: String
    package let requestedAt: Timestamp
    /// nil where it waits for ever.
    package let expiresAt: Timestamp?
    /// The beginning of the diff, so that a list can show it.
    package let excerpt: Excerpt?
    /// nil while it is open.
    package var decision: ApprovalDecision?

    /// The beginning of a diff as text.
    package struct Excerpt: Sendable, Hashable {
        package var text: String
        /// Of the whole diff.
        package var bytes: Int64

        package init(text: String, bytes: Int64) {
            self.text = text
            self.bytes = bytes
        }

        package var isCut: Bool { Int64(text.utf8.count) < bytes }
    }

    package init(
        task: TaskID,
        epoch: Int64,
        phase: Phase,
        question: ApprovalQuestion,
        digest: String,
        requestedAt: Timestamp,
        expiresAt: Timestamp?,
        excerpt: Excerpt? = nil,
        decision: ApprovalDecision? = nil
    ) {
        self.task = task
        self.epoch = epoch
        self.phase = phase
        self.question = question
        self.digest = digest
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
        self.excerpt = excerpt
        self.decision = decision
    }

    /// No other approval has it.
    package var id: String { "\(task).\(epoch)" }

    package var isOpen: Bool { decision == nil }
}

/// How a question ended. There is exactly one for each, and it stands.
package struct ApprovalDecision: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable, CaseIterable {
        case approved
        /// Rejected with a comment for the next attempt.
        case sentBack
        case rejected
        /// Nobody decided in time.
        case expired
        /// The task was cancelled.
        case cancelled
    }

    package var verdict: Verdict
    /// Who decided; nil where the clock did.
    package var by: String?
    package var comment: String?
    package var at: Timestamp

    package init(_ verdict: Verdict, by: String? = nil, comment: String? = nil, at: Timestamp) {
        self.verdict = verdict
        self.by = by
        self.comment = comment
        self.at = at
    }
}

extension [Approval] {
    /// Where these are the decisions that an attempt is told, oldest first: the approval under which it does `next`.
    package func permission(to next: ApprovalQuestion.Next) -> Approval? {
        last { $0.decision?.verdict == .approved && $0.question.next == next }
    }

    /// What a person said when they sent the last attempt's work back; nil where that was not the last that was said.
    package var comment: String? {
        guard let decision = last?.decision, decision.verdict == .sentBack else { return nil }
        return decision.comment
    }
}
