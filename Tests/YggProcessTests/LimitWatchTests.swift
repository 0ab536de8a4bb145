import Testing

@testable import YggProcess

struct LimitWatchTests {
    private let start = SuspendingClock().now

    private func at(_ seconds: Int) -> SuspendingClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    @Test
    func `without limits nothing is reached`() {
        let watch = LimitWatch(started: start, runTimeout: nil, silenceTimeout: nil)
        #expect(watch.verdict(at: at(1_000_000)) == .wait(until: at(1_086_400)))
    }

    @Test
    func `the nearer limit counts`() {
        var watch = LimitWatch(started: start, runTimeout: .seconds(10), silenceTimeout: .seconds(4))
        #expect(watch.verdict(at: at(3)) == .wait(until: at(4)))
        watch.deliveryBegan()
        watch.deliveryEnded(at: at(3))
        #expect(watch.verdict(at: at(4)) == .wait(until: at(7)))
        watch.deliveryBegan()
        watch.deliveryEnded(at: at(7))
        #expect(watch.verdict(at: at(8)) == .wait(until: at(10)))
        #expect(watch.verdict(at: at(10)) == .reached(.runTimeout))
    }

    @Test
    func `silence is counted from the last output`() {
        var watch = LimitWatch(started: start, runTimeout: nil, silenceTimeout: .seconds(4))
        watch.deliveryBegan()
        watch.deliveryEnded(at: at(3))
        #expect(watch.verdict(at: at(7)) == .reached(.silenceTimeout))
    }

    @Test
    func `nobody is silent while we take what was said`() {
        var watch = LimitWatch(started: start, runTimeout: nil, silenceTimeout: .seconds(4))
        watch.deliveryBegan()
        watch.deliveryBegan()
        watch.deliveryEnded(at: at(1))
        #expect(watch.verdict(at: at(100)) == .wait(until: at(104)))
        watch.deliveryEnded(at: at(101))
        #expect(watch.verdict(at: at(104)) == .wait(until: at(105)))
        #expect(watch.verdict(at: at(105)) == .reached(.silenceTimeout))
    }
}
