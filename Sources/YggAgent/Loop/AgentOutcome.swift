/// How a run of a session ended, with what results and evidence say of it.
package struct AgentOutcome: Sendable, Hashable {
    package enum Ending: Sendable, Hashable {
        /// The work is there, and the verdict says what it is worth.
        case done
        case failed(RunFailure)
        /// It goes on later, here or elsewhere, from its file and its checkpoint.
        case suspended
        /// The surrounding task was cancelled. The file goes on from where it was.
        case cancelled
    }

    package var ending: Ending
    /// In the model's words: somebody else's, to be shown as such.
    package var summary: String
    /// What the work tree is worth as it was left; nil where it was not checked, or nothing was changed.
    package var verdict: Verdict?
    /// The state that the work tree was left in.
    package var checkpoint: String?
    /// The state before anything was changed.
    package var base: String?
    /// Answers of the model, over all runs of the session.
    package var steps: Int
    /// Read and written, over all runs of the session.
    package var tokens: Int64
    package var model: String
    package var provider: ProviderIdentity
    package var mode: AgentMode
    /// What the model may have been told: sha256 by name.
    package var prompts: [String: String]
    package var sessionFile: String

    /// Why nothing was verified, for the first line that a person sees; nil where something was, or nothing was done.
    package var unverified: String? {
        if case .unverified(let sentence) = verdict?.worth { sentence } else { nil }
    }

    package var failure: RunFailure? { if case .failed(let failure) = ending { failure } else { nil } }
}
