/// How long each kind of waiting may last. Zero means for ever.
package struct Timeouts: Sendable, Hashable {
    /// From submission until the first grant.
    package var queue: Milliseconds
    /// One attempt.
    package var run: Milliseconds
    /// An attempt without any event.
    package var silence: Milliseconds
    /// An open approval.
    package var approval: Milliseconds

    package init(
        queue: Milliseconds = .zero,
        run: Milliseconds = .hours(2),
        silence: Milliseconds = .zero,
        approval: Milliseconds = .days(7)
    ) {
        self.queue = queue
        self.run = run
        self.silence = silence
        self.approval = approval
    }

    /// The defaults of a prefix: what its work usually needs, and a bound for what it never should.
    package static func defaults(forPrefix prefix: String) -> Timeouts {
        switch prefix {
        case "code-", "plan-": Timeouts(run: .hours(4), silence: .minutes(15))
        case "dev-": Timeouts(run: .hours(2), silence: .minutes(30))
        case "llm-", "ollama-": Timeouts(run: .hours(2), silence: .minutes(10))
        case "git-": Timeouts(run: .minutes(30), silence: .minutes(10))
        case "ops-", "power-": Timeouts(run: .minutes(30))
        case "bench-": Timeouts(run: .minutes(5))
        default: Timeouts()
        }
    }
}

/// When a failed attempt is tried again.
package struct RetryPolicy: Sendable, Hashable {
    /// Tries of one phase that may fail, the first included.
    package var maxAttempts: Int
    package var backoff: Milliseconds
    package var maxBackoff: Milliseconds
    /// Error codes after which no further try makes sense.
    package var nonRetryable: [String]

    package init(
        maxAttempts: Int = 3,
        backoff: Milliseconds = .seconds(1),
        maxBackoff: Milliseconds = .seconds(60),
        nonRetryable: [String] = []
    ) {
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.maxBackoff = maxBackoff
        self.nonRetryable = nonRetryable
    }

    /// Exponential backoff with full jitter: anywhere from zero to the doubled limit, so that tasks which failed
    /// together do not come back together.
    /// - Parameters:
    ///   - failures: failed tries so far, at least 1.
    ///   - jitter: a random number from 0 to 1.
    package func delay(afterFailures failures: Int, jitter: Double) -> Milliseconds {
        let doublings = min(max(0, failures - 1), 32)
        let (product, overflow) = backoff.rawValue.multipliedReportingOverflow(by: 1 << Int64(doublings))
        let limit = overflow ? maxBackoff.rawValue : min(product, maxBackoff.rawValue)
        return Milliseconds(Int64(Double(limit) * min(max(jitter, 0), 1)))
    }
}

/// What it means for a task that the executor of its attempt vanished.
package enum OnLost: String, Sendable, Hashable, CaseIterable {
    /// The work can be repeated.
    case requeue
    /// It acts on the world and must not be repeated: fails with `outcome-unknown`.
    case fail
    /// The vanishing is the success (`power-off`).
    case succeed
}

/// What a task does when one that it waits for did not succeed.
package enum OnDependencyFailure: String, Sendable, Hashable, CaseIterable {
    case fail, run
}
