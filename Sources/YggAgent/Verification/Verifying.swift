/// Says what a work tree is worth. The harness asks it, never the model.
package protocol Verifying: Sendable {
    /// Checks the untouched base, before anything is done to it, or remembers what came of it.
    /// - Throws: ``BaseFailure`` where the base cannot be built, or `CancellationError`.
    func base() async throws -> [StepReport]

    /// Checks the work tree as it is now, and compares it with the base.
    /// - Throws: `CancellationError`.
    func check() async throws -> Verdict
}

/// Keeps states of a work tree, so that a worse one is no loss.
package protocol Checkpointing: Sendable {
    /// Keeps the work tree as it is now.
    /// - Returns: its name, equal for equal trees.
    func save(_ label: String) async throws -> String

    /// Makes the work tree what it was then, files that came since included.
    func restore(_ checkpoint: String) async throws

    /// What was changed since the base, as a unified diff; empty where nothing was.
    func diff() async throws -> String
}
