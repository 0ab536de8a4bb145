import Testing
import YggCore

struct RateLimiterTests {
    private static let start = Instant(nanoseconds: 0)

    @Test func `so many at once, then so many over time`() {
        var limiter = RateLimiter<String>(capacity: 3, perSecond: 2)
        for _ in 0..<3 { #expect(limiter.take("a", now: Self.start) == nil) }
        #expect(limiter.take("a", now: Self.start) == .milliseconds(500))
        #expect(limiter.take("b", now: Self.start) == nil, "each key has its own")
        #expect(limiter.take("a", now: Self.start + 499) == .milliseconds(1))
        #expect(limiter.take("a", now: Self.start + 500) == nil)
        #expect(limiter.take("a", now: Self.start + .hours(1)) == nil)
    }

    @Test func `looking takes nothing`() {
        var limiter = RateLimiter<String>(capacity: 1, perSecond: 1)
        #expect(limiter.wait("a", now: Self.start) == nil)
        #expect(limiter.wait("a", now: Self.start) == nil)
        #expect(limiter.take("a", now: Self.start) == nil)
        #expect(limiter.wait("a", now: Self.start) == .seconds(1))
        #expect(limiter.wait("a", now: Self.start + .seconds(1)) == nil)
    }

    @Test func `a flood of keys takes no more memory than is set aside`() {
        var limiter = RateLimiter<Int>(capacity: 2, perSecond: 0.001)
        for key in 0..<30_000 { _ = limiter.take(key, now: Self.start) }
        #expect(limiter.count <= 10_000)
    }
}

extension Milliseconds {
    fileprivate static func milliseconds(_ count: Int64) -> Milliseconds { Milliseconds(count) }
}
