package import YggCore

/// Leaves one model of one endpoint alone after it failed too often in a row, and lets a single question through now and
/// then to see whether it is back.
package struct Breaker: Sendable, Hashable {
    package struct Limits: Sendable, Hashable {
        /// So many failures in a row, within `window`, and it rests.
        package var failures: Int
        package var window: Milliseconds
        package var firstRest: Milliseconds
        package var longestRest: Milliseconds

        package init(
            failures: Int = 5,
            window: Milliseconds = .seconds(60),
            firstRest: Milliseconds = .seconds(30),
            longestRest: Milliseconds = .minutes(5)
        ) {
            self.failures = failures
            self.window = window
            self.firstRest = firstRest
            self.longestRest = longestRest
        }
    }

    package enum State: Sendable, Hashable {
        /// Asked freely. When it failed lately, oldest first.
        case closed(failures: [Instant])
        /// Not asked before `until`.
        case open(until: Instant, rest: Milliseconds)
        /// One question is under way, and all depends on it.
        case probing(rest: Milliseconds)
    }

    package enum Admission: Sendable, Hashable {
        case go
        case rest(Milliseconds)
    }

    package enum Outcome: Sendable, Hashable {
        /// It answered, be it that the question was wrong.
        case answered
        case failed
        /// Nobody waited for the answer, so nothing is known.
        case abandoned
    }

    package private(set) var state = State.closed(failures: [])
    /// Since when it has not answered; nil while it does.
    package private(set) var failingSince: Instant?
    private let limits: Limits

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package mutating func admit(now: Instant) -> Admission {
        switch state {
        case .closed: return .go
        case .open(let until, let rest):
            guard now >= until else { return .rest(until - now) }
            state = .probing(rest: rest)
            return .go
        // The probe says soon enough how it is.
        case .probing: return .rest(.seconds(1))
        }
    }

    package mutating func record(_ outcome: Outcome, now: Instant) {
        switch (outcome, state) {
        case (.answered, _):
            state = .closed(failures: [])
            failingSince = nil
        case (.failed, .closed(let failures)):
            failingSince = failingSince ?? now
            let recent = failures.filter { now - $0 < limits.window } + [now]
            state =
                recent.count >= limits.failures
                ? .open(until: now + limits.firstRest, rest: limits.firstRest) : .closed(failures: recent)
        case (.failed, .probing(let rest)):
            let longer = min(rest * 2, limits.longestRest)
            state = .open(until: now + longer, rest: longer)
        // A question that was asked before the others failed changes nothing.
        case (.failed, .open): break
        case (.abandoned, .probing(let rest)): state = .open(until: now, rest: rest)
        case (.abandoned, _): break
        }
    }
}
