import Testing
import YggCore

struct StandingOrderTests {
    private static func standing(_ action: LifecycleAction, until: Timestamp? = nil) -> StandingOrder {
        StandingOrder(number: 7, order: .init(action: action, by: "freya", until: until), bootID: "b1")
    }

    private static func account(_ state: ExecutorState, order: Int64) -> LifecycleAccount {
        LifecycleAccount(state: state, order: order)
    }

    @Test(arguments: [
        (LifecycleAction.pause, false), (.drain, false), (.resume, false), (.stop, true), (.restart, true),
    ])
    func `a pause and its end outlive the process they were asked of`(action: LifecycleAction, isSettled: Bool) {
        let standing = Self.standing(action)
        #expect(standing.isSettled(byBoot: "b2") == isSettled)
        #expect(!standing.isSettled(byBoot: "b1"))
    }

    @Test(arguments: LifecycleAction.allCases, [ExecutorState.running, .paused, .stopping, .stopped])
    func `what has not been heard stands`(action: LifecycleAction, state: ExecutorState) {
        #expect(!Self.standing(action).isSettled(by: Self.account(state, order: 6), at: .noon))
    }

    /// The states in which an order that was obeyed is over.
    @Test(arguments: [
        (LifecycleAction.pause, [ExecutorState.running]), (.drain, [.running]),
        (.resume, [.running, .paused, .stopping, .stopped]), (.stop, []), (.restart, []),
    ])
    func `what was obeyed is over when the executor says so`(action: LifecycleAction, over: [ExecutorState]) {
        for state in [ExecutorState.running, .paused, .stopping, .stopped] {
            let isSettled = Self.standing(action).isSettled(by: Self.account(state, order: 7), at: .noon)
            #expect(isSettled == over.contains(state), "\(action) of one that is \(state)")
        }
    }

    @Test func `a pause whose time passed before it was heard need not begin`() {
        let standing = Self.standing(.pause, until: .noon)
        #expect(!standing.isSettled(by: Self.account(.running, order: 6), at: .noon(plus: -1)))
        #expect(standing.isSettled(by: Self.account(.running, order: 6), at: .noon))
        #expect(!standing.isSettled(by: Self.account(.paused, order: 7), at: .noon), "it ends it by itself")
    }

    @Test func `an account says what was ordered last`() {
        var lifecycle = Lifecycle(since: .noon)
        #expect(lifecycle.account(order: 0) == LifecycleAccount(state: .running, since: .noon))
        let order = Lifecycle.Order(action: .pause, by: "freya", why: "lunch", until: .noon(plus: 60))
        _ = lifecycle.handle(.ordered(order), now: .zero, time: .noon(plus: 1))
        let account = lifecycle.account(order: 3)
        #expect(account.state == .paused && account.since == .noon(plus: 1) && account.order == 3)
        #expect(account.by == "freya" && account.why == "lunch" && account.until == .noon(plus: 60))
    }
}
