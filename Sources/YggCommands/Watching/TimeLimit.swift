import YggCore

/// A bound on watching: the task goes on, whoever watched is told how to come back.
struct TimeLimit: Sendable {
    let limit: Milliseconds?
    private let deadline: ContinuousClock.Instant?

    init(_ limit: Milliseconds?) {
        self.limit = limit
        deadline = limit.map { .now + $0.duration }
    }

    /// nil without a limit, never below zero.
    var remaining: Duration? { deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) } }

    func failure(_ id: String, state: String) -> CommandFailure {
        CommandFailure(
            "\(id) is still \(state) after \(limit?.text ?? "")",
            next: "It goes on without you; come back with `ygg task wait \(id)` or `ygg task logs --follow \(id)`.",
            status: .timedOut
        )
    }

    /// Runs `operation` until the limit.
    /// - Returns: nil where the limit came first; the operation was cancelled then.
    func run<Value: Sendable>(_ operation: @Sendable @escaping () async throws -> Value) async throws -> Value? {
        guard let remaining else { return try await operation() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: remaining)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
