import YggCore
import YggProtocol
import YggStorage

/// A repeatable request: its key, scoped by principal and route, and what it asked for.
package struct IdempotencyKey: Sendable {
    package var key: String
    /// Equal for equal requests.
    package var fingerprint: String

    package init(key: String, fingerprint: String) {
        self.key = key
        self.fingerprint = fingerprint
    }

    /// The key of one item of a batch. No client's key has a space in it.
    func item(_ index: Int) -> IdempotencyKey { IdempotencyKey(key: "\(key) \(index)", fingerprint: fingerprint) }

    /// The task that the same request was answered with before; nil where it is new.
    /// - Throws: a problem where another request came under this key.
    func answer(in tx: any SQLTransaction) throws -> TaskID? {
        guard let known = try IdempotencyStore.find(key, in: tx) else { return nil }
        guard known.fingerprint == fingerprint else {
            let what = known.task.rawValue.isEmpty ? "another batch" : "another request, for task \(known.task)"
            throw Problem(
                status: 422,
                code: "idempotency-key-reused",
                title: "Idempotency-Key reused",
                detail: "This Idempotency-Key was used with \(what).",
                nextAction: "Use a new key for a new request."
            )
        }
        return known.task
    }

    func remember(_ task: TaskID, at time: Timestamp, in tx: any SQLTransaction) throws {
        try IdempotencyStore.save(key, fingerprint: fingerprint, task: task, at: time, in: tx)
    }
}
