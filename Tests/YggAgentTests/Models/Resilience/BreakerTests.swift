import Testing
import YggAgent
import YggCore

struct BreakerTests {
    private static let start = Instant(nanoseconds: 0)

    private static func broken(limits: Breaker.Limits = Breaker.Limits()) -> Breaker {
        var breaker = Breaker(limits)
        for second in 0..<5 { breaker.record(.failed, now: start + .seconds(Int64(second))) }
        return breaker
    }

    @Test func `five failures in a row within a minute are enough`() {
        var breaker = Self.broken()
        let now = Self.start + .seconds(4)
        #expect(breaker.admit(now: now) == .rest(.seconds(30)))
        #expect(breaker.failingSince == Self.start)
    }

    @Test func `an answer between them starts the count anew`() {
        var breaker = Breaker()
        for second in 0..<20 {
            breaker.record(second % 5 == 4 ? .answered : .failed, now: Self.start + .seconds(Int64(second)))
        }
        #expect(breaker.admit(now: Self.start + .seconds(20)) == .go)
        #expect(breaker.failingSince == nil)
    }

    @Test func `failures that lie far apart are not in a row`() {
        var breaker = Breaker()
        for minute in 0..<20 { breaker.record(.failed, now: Self.start + .seconds(Int64(minute) * 20)) }
        #expect(breaker.admit(now: Self.start + .minutes(10)) == .go)
    }

    @Test func `after its rest one question goes through, and all depends on it`() {
        var breaker = Self.broken()
        let later = Self.start + .seconds(34)
        #expect(breaker.admit(now: later) == .go)
        #expect(breaker.admit(now: later) == .rest(.seconds(1)))
        breaker.record(.answered, now: later)
        #expect(breaker.admit(now: later) == .go)
        #expect(breaker.state == .closed(failures: []))
    }

    @Test func `a rest doubles up to five minutes`() {
        var breaker = Self.broken()
        var now = Self.start + .seconds(4)
        var rests: [Milliseconds] = []
        for _ in 0..<6 {
            guard case .rest(let rest) = breaker.admit(now: now) else { continue }
            rests.append(rest)
            now += rest
            #expect(breaker.admit(now: now) == .go)
            breaker.record(.failed, now: now)
        }
        #expect(rests == [.seconds(30), .seconds(60), .seconds(120), .seconds(240), .seconds(300), .seconds(300)])
    }

    @Test func `a probe that nobody waited for proves nothing, and the next one may go`() {
        var breaker = Self.broken()
        let later = Self.start + .seconds(34)
        #expect(breaker.admit(now: later) == .go)
        breaker.record(.abandoned, now: later)
        #expect(breaker.admit(now: later) == .go)
    }
}
