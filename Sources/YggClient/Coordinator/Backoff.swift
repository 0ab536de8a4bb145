/// How long to wait before the next try: doubled each time up to a limit, then anywhere in its upper half, so that
/// clients which lost one coordinator together do not come back together.
package struct Backoff: Sendable {
    package var first: Duration
    package var limit: Duration
    private var failures = 0

    package init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
    }

    /// - Parameter jitter: from 0 to 1.
    package mutating func next(jitter: Double) -> Duration {
        let doubled = min(first * (1 << min(failures, 16)), limit)
        failures += 1
        return doubled * (0.5 + min(max(jitter, 0), 1) / 2)
    }

    package mutating func next() -> Duration { next(jitter: Double.random(in: 0...1)) }

    /// After a success.
    package mutating func reset() { failures = 0 }
}
