import Testing
import YggCore

struct LifecycleTests {
    private static func order(
        _ action: LifecycleAction,
        until: Timestamp? = nil,
        drainTimeout: Milliseconds? = nil
    ) -> Lifecycle.Input {
        .ordered(.init(action: action, by: "freya", why: "update", until: until, drainTimeout: drainTimeout))
    }

    private var idle: Lifecycle { Lifecycle(since: .noon) }

    private var busy: Lifecycle {
        var lifecycle = idle
        lifecycle.markBusy()
        return lifecycle
    }

    @Test func `pause takes nothing new, resume takes work again`() {
        var lifecycle = busy
        #expect(lifecycle.handle(Self.order(.pause), now: .zero, time: .noon) == [.accepting(false)])
        #expect(lifecycle.state == .paused && lifecycle.order?.by == "freya" && lifecycle.order?.why == "update")
        #expect(lifecycle.handle(.tick, now: .at(3600), time: .noon(plus: 3600)) == [], "a pause ends nothing")
        #expect(lifecycle.handle(Self.order(.resume), now: .at(3600), time: .noon(plus: 3600)) == [.accepting(true)])
        #expect(lifecycle.state == .running && lifecycle.order == nil && lifecycle.since == .noon(plus: 3600))
    }

    @Test func `a pause until a time ends by itself`() {
        var lifecycle = idle
        _ = lifecycle.handle(Self.order(.pause, until: .noon(plus: 60)), now: .zero, time: .noon)
        #expect(lifecycle.handle(.tick, now: .at(59), time: .noon(plus: 59)) == [])
        #expect(lifecycle.handle(.tick, now: .at(60), time: .noon(plus: 60)) == [.accepting(true)])
        #expect(lifecycle.state == .running)
    }

    @Test func `a drain ends what does not finish in time and stays paused`() {
        var lifecycle = busy
        #expect(lifecycle.handle(Self.order(.drain), now: .zero, time: .noon) == [.accepting(false)])
        #expect(lifecycle.handle(.tick, now: .at(29), time: .noon(plus: 29)) == [])
        #expect(lifecycle.handle(.tick, now: .at(30), time: .noon(plus: 30)) == [.endAttempts])
        #expect(lifecycle.handle(.tick, now: .at(31), time: .noon(plus: 31)) == [], "once")
        #expect(lifecycle.handle(.idle, now: .at(32), time: .noon(plus: 32)) == [])
        #expect(lifecycle.state == .paused)
    }

    @Test func `an order can bring its own drain timeout`() {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.drain, drainTimeout: .seconds(5)), now: .zero, time: .noon)
        #expect(lifecycle.handle(.tick, now: .at(5), time: .noon(plus: 5)) == [.endAttempts])
    }

    @Test(arguments: [(LifecycleAction.stop, false), (.restart, true)])
    func `an idle executor stops at once`(action: LifecycleAction, restart: Bool) {
        var lifecycle = idle
        let effects = lifecycle.handle(Self.order(action), now: .zero, time: .noon)
        #expect(effects == [.accepting(false), .stopped])
        #expect(lifecycle.state == .stopped && lifecycle.wantsRestart == restart)
    }

    @Test(arguments: [(LifecycleAction.stop, false), (.restart, true)])
    func `a busy one finishes first`(action: LifecycleAction, restart: Bool) {
        var lifecycle = busy
        #expect(lifecycle.handle(Self.order(action), now: .zero, time: .noon) == [.accepting(false)])
        #expect(lifecycle.state == .stopping)
        #expect(lifecycle.handle(.idle, now: .at(5), time: .noon(plus: 5)) == [.stopped])
        #expect(lifecycle.since == .noon(plus: 5) && lifecycle.wantsRestart == restart)
    }

    @Test func `a stop that takes too long ends the attempts, then waits for them`() {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.stop), now: .zero, time: .noon)
        #expect(lifecycle.handle(.tick, now: .at(30), time: .noon(plus: 30)) == [.endAttempts])
        #expect(lifecycle.state == .stopping)
        #expect(lifecycle.handle(.idle, now: .at(31), time: .noon(plus: 31)) == [.stopped])
    }

    @Test func `the first signal asks to stop, the second to stop now`() {
        var lifecycle = busy
        #expect(lifecycle.handle(.terminate, now: .zero, time: .noon) == [.accepting(false)])
        #expect(lifecycle.handle(.terminate, now: .at(1), time: .noon) == [.endAttempts])
        #expect(lifecycle.handle(.tick, now: .at(60), time: .noon) == [], "they were ended already")
        #expect(lifecycle.handle(.idle, now: .at(61), time: .noon) == [.stopped])
    }

    @Test func `a signal makes a stop of a restart, and only the second one is now`() {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.restart, drainTimeout: .minutes(10)), now: .zero, time: .noon)
        #expect(lifecycle.handle(.terminate, now: .at(1), time: .noon) == [])
        #expect(!lifecycle.wantsRestart && lifecycle.order?.by == "signal")
        #expect(lifecycle.handle(.tick, now: .at(30), time: .noon) == [])
        #expect(lifecycle.handle(.tick, now: .at(31), time: .noon) == [.endAttempts], "its own timeout, not 10 min")
        _ = lifecycle.handle(.idle, now: .at(32), time: .noon)
        #expect(lifecycle.state == .stopped)
    }

    @Test func `a signal that comes after the last attempt still prevents the restart`() {
        var lifecycle = idle
        _ = lifecycle.handle(Self.order(.restart), now: .zero, time: .noon)
        #expect(lifecycle.state == .stopped && lifecycle.wantsRestart)
        #expect(lifecycle.handle(.terminate, now: .at(1), time: .noon) == [])
        #expect(!lifecycle.wantsRestart)
    }

    @Test func `a stop that is under way can be hastened, never put off`() {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.stop), now: .zero, time: .noon)
        _ = lifecycle.handle(Self.order(.stop, drainTimeout: .minutes(10)), now: .at(1), time: .noon)
        #expect(lifecycle.handle(.tick, now: .at(30), time: .noon) == [.endAttempts])
        lifecycle = busy
        _ = lifecycle.handle(Self.order(.stop), now: .zero, time: .noon)
        _ = lifecycle.handle(Self.order(.stop, drainTimeout: .zero), now: .at(1), time: .noon)
        #expect(lifecycle.handle(.tick, now: .at(1), time: .noon) == [.endAttempts])
    }

    @Test func `the same order said again changes nothing, its timeout goes on`() {
        var lifecycle = busy
        #expect(lifecycle.handle(Self.order(.resume), now: .zero, time: .noon(plus: 9)) == [])
        #expect(lifecycle.since == .noon)
        _ = lifecycle.handle(Self.order(.drain), now: .zero, time: .noon)
        #expect(lifecycle.handle(Self.order(.drain), now: .at(20), time: .noon(plus: 20)) == [])
        #expect(lifecycle.since == .noon)
        #expect(lifecycle.handle(.tick, now: .at(30), time: .noon(plus: 30)) == [.endAttempts])
    }

    @Test(arguments: LifecycleAction.allCases)
    func `nothing brings a stopping executor back`(action: LifecycleAction) {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.stop), now: .zero, time: .noon)
        #expect(lifecycle.handle(Self.order(action), now: .at(1), time: .noon) == [])
        #expect(lifecycle.state == .stopping)
        _ = lifecycle.handle(.idle, now: .at(2), time: .noon)
        #expect(lifecycle.handle(Self.order(action), now: .at(3), time: .noon) == [])
        #expect(lifecycle.state == .stopped)
    }

    @Test func `a paused executor stops when it is told to`() {
        var lifecycle = busy
        _ = lifecycle.handle(Self.order(.drain), now: .zero, time: .noon)
        _ = lifecycle.handle(.idle, now: .at(1), time: .noon)
        #expect(lifecycle.handle(Self.order(.stop), now: .at(2), time: .noon).last == .stopped)
    }
}
