package import YggCore

/// Bounds for asking again by itself.
package struct ModelRetryPolicy: Sendable, Hashable {
    /// All tries together.
    package var maxTries: Int
    package var firstPause: Milliseconds
    package var longestPause: Milliseconds
    /// From the first question on; no try begins after it.
    package var budget: Milliseconds
    /// A server that wants to be left alone for longer is not waited for.
    package var longestRetryAfter: Milliseconds

    package init(
        maxTries: Int = 5,
        firstPause: Milliseconds = 500,
        longestPause: Milliseconds = .seconds(30),
        budget: Milliseconds = .minutes(15),
        longestRetryAfter: Milliseconds = .seconds(120)
    ) {
        self.maxTries = maxTries
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.budget = budget
        self.longestRetryAfter = longestRetryAfter
    }
}

/// Decides after each failure of one question whether it is asked again, and when.
package struct ModelRetryPlan: Sendable {
    private let policy: ModelRetryPolicy
    private var failures = 0

    package init(_ policy: ModelRetryPolicy) { self.policy = policy }

    /// The pause before the next try: anywhere between nothing and a limit that doubles, so that those who failed
    /// together do not come back together, and never shorter than the server asked for. nil: give up.
    package mutating func pause(
        after failure: ModelFailure,
        elapsed: Milliseconds,
        random: inout SeededRandom
    ) -> Milliseconds? {
        failures += 1
        switch failure.retry {
        case .never: return nil
        case .once where failures > 1: return nil
        case .once, .backOff: break
        }
        guard failures < policy.maxTries else { return nil }
        let asked = failure.retryAfter ?? .zero
        guard asked <= policy.longestRetryAfter else { return nil }
        let limit = min(policy.longestPause, policy.firstPause * (1 << Int64(min(failures - 1, 20))))
        let pause = max(asked, random.milliseconds(0..<Int(limit.rawValue) + 1))
        return elapsed + pause < policy.budget ? pause : nil
    }
}
