/// So many at once and so many over time, for each key by itself.
///
/// Every key has a bucket that fills with time and from which each request takes one. Full buckets are forgotten, so
/// what is kept is about those who were busy lately.
package struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Bucket: Sendable {
        var level: Double
        var at: Instant
    }

    /// What a bucket holds.
    package let capacity: Double
    /// What flows into it in a second.
    package let perSecond: Double
    private var buckets: [Key: Bucket] = [:]

    /// Buckets that are kept at most: more keys than that are no household, and the emptiest stay.
    static var limit: Int { 10_000 }

    package init(capacity: Int, perSecond: Double) {
        self.capacity = Double(capacity)
        self.perSecond = perSecond
    }

    /// Takes one from the bucket of `key`.
    /// - Returns: nil where there was one, else how long until there is.
    package mutating func take(_ key: Key, now: Instant) -> Milliseconds? {
        var level = level(of: key, now: now)
        guard level >= 1 else { return wait(level) }
        level -= 1
        if buckets[key] == nil, buckets.count >= Self.limit { makeRoom(now: now) }
        buckets[key] = Bucket(level: level, at: now)
        return nil
    }

    /// Whether the bucket is empty: how long until it is not.
    package func wait(_ key: Key, now: Instant) -> Milliseconds? {
        let level = level(of: key, now: now)
        return level >= 1 ? nil : wait(level)
    }

    package var count: Int { buckets.count }

    private func level(of key: Key, now: Instant) -> Double {
        guard let bucket = buckets[key] else { return capacity }
        let seconds = Double(max(0, now.nanoseconds - bucket.at.nanoseconds)) / 1_000_000_000
        return min(capacity, bucket.level + seconds * perSecond)
    }

    private func wait(_ level: Double) -> Milliseconds {
        // Sums of fractions are a little off; a whole millisecond more would be told for it.
        Milliseconds(max(1, Int64(((1 - level) / perSecond * 1000 - 0.001).rounded(.up))))
    }

    private mutating func makeRoom(now: Instant) {
        buckets = buckets.filter { level(of: $0.key, now: now) < capacity }
        guard buckets.count >= Self.limit else { return }
        let fullest = buckets.keys.sorted { level(of: $0, now: now) > level(of: $1, now: now) }
        for key in fullest.prefix(buckets.count - Self.limit / 2) { buckets[key] = nil }
    }
}
