/// How the loop ended, for now: a person's comment may always go on from it.
package struct AgentEnd: Sendable, Hashable {
    package enum Way: Sendable, Hashable {
        /// The verdict says that the work is sound, or that nothing could be checked.
        case done
        case failed(RunFailure)
        /// It goes on elsewhere or later.
        case suspended
    }

    package var way: Way
    /// In the model's words; empty where it said nothing.
    package var summary: String
    /// What the work tree is worth as it is left; nil where it was not checked.
    package var verdict: Verdict?
    /// The state that the work tree is left in; nil where none was kept.
    package var checkpoint: String?
    /// The state before anything was changed.
    package var base: String?

    package init(
        way: Way,
        summary: String,
        verdict: Verdict? = nil,
        checkpoint: String? = nil,
        base: String? = nil
    ) {
        self.way = way
        self.summary = summary
        self.verdict = verdict
        self.checkpoint = checkpoint
        self.base = base
    }
}
