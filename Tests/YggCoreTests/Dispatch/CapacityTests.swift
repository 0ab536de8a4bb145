import Testing
import YggCore

@Suite struct CapacityTests {
    @Test func `an executor that has lowered its capacity to nothing gets nothing, its window included`() {
        var dispatcher = Dispatcher(routes: RouteTable([], areConfigured: false), resources: [:])
        let offer = ExecutorOffer(
            id: "a",
            name: "a",
            url: nil,
            version: "1",
            kinds: [KindSpec(kind: "ops-disk", description: "")],
            slots: ["default": 2],
            window: 4,
            labels: [:],
            repositories: [],
            resources: [:]
        )
        _ = dispatcher.handle(.laneOpened(1, Lane(kind: "ops-disk", slots: ["default": 1], prefetch: true)), now: .zero)
        _ = dispatcher.handle(.executorChanged(offer, .running), now: .zero)
        _ = dispatcher.handle(.laneFilled(1), now: .zero)
        /// How many tasks of the lane the effects would take.
        func claimed(_ effects: [Dispatcher.Effect]) -> Int {
            effects.reduce(0) { sum, effect in
                guard case .claim(let order) = effect, let need = order.lanes.first, order.budget.covers(need) else {
                    return sum
                }
                return sum + order.budget.capacity(for: need)
            }
        }
        let parked = dispatcher.handle(.parked("a", poll: 1, capacity: ["default": 0]), now: .zero)
        #expect(claimed(parked) == 0)
        let reporting = dispatcher.handle(.reporting("a"), now: .zero)
        #expect(claimed(reporting) == 0)
        _ = dispatcher.handle(.claimFailed("a"), now: .zero)
        let parkedWithRoom = dispatcher.handle(.parked("a", poll: 2, capacity: nil), now: .zero)
        #expect(claimed(parkedWithRoom) == 2)
        _ = dispatcher.handle(.claimFailed("a"), now: .zero)
        let reportingWithRoom = dispatcher.handle(.reporting("a"), now: .zero)
        #expect(claimed(reportingWithRoom) == 6, "with its window")
    }
}
