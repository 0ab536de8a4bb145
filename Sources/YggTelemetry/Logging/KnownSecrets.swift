import Synchronization
package import YggCore

/// What this process knows of secrets, and so must not write: shared by its log, its attempts and its answers.
///
/// It only grows. A secret that was replaced stays one: who has the old value may have the power that went with it.
package final class KnownSecrets: Sendable {
    private struct State {
        var secrets: [Secret] = []
        var patterns = SecretPatterns.none
    }

    private let state = Mutex(State())

    package init(_ secrets: [Secret] = []) { learn(secrets) }

    package var patterns: SecretPatterns { state.withLock { $0.patterns } }

    /// Adds what is not known yet. Empty values, and others that are too short to be found, are passed over.
    package func learn(_ secrets: [Secret]) {
        state.withLock { state in
            let new = secrets.filter { secret in
                Secret.problem(secret.value) == nil && !state.secrets.contains { $0.value == secret.value }
            }
            guard !new.isEmpty else { return }
            state.secrets += new
            state.patterns = SecretPatterns(state.secrets)
        }
    }
}
