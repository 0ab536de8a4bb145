import Testing
import YggCore

/// A configuration that is reloaded moves queued work, and no lease.
@Suite struct ConfiguredTests {
    private static func offer(_ id: ExecutorID) -> ExecutorOffer {
        ExecutorOffer(
            id: id,
            name: "",
            url: nil,
            version: "1",
            kinds: [KindSpec(kind: "ops-disk", description: "")],
            slots: ["default": 2],
            window: 0,
            labels: [:],
            repositories: [],
            resources: [:]
        )
    }

    private static func routes(_ executor: ExecutorID) -> RouteTable {
        RouteTable([Route(prefix: "ops-", executors: [executor])], areConfigured: true)
    }

    /// Who is asked to look for work.
    private static func claimants(_ effects: [Dispatcher.Effect]) -> [ExecutorID] {
        effects.compactMap { effect in
            guard case .claim(let order) = effect else { return nil }
            return order.executor
        }
    }

    @Test func `what waits for one executor goes to the one that a new route names`() {
        var dispatcher = Dispatcher(routes: Self.routes("a"), resources: [:])
        for id in ["a", "b"] as [ExecutorID] {
            _ = dispatcher.handle(.executorChanged(Self.offer(id), .running), now: .zero)
        }
        _ = dispatcher.handle(.executorChanged(Self.offer("a"), .paused), now: .zero)
        _ = dispatcher.handle(.laneOpened(1, Lane(kind: "ops-disk", slots: .one)), now: .zero)
        _ = dispatcher.handle(.parked("b", poll: 1, capacity: nil), now: .zero)
        #expect(Self.claimants(dispatcher.handle(.laneFilled(1), now: .zero)).isEmpty)
        let effects = dispatcher.handle(.configured(Self.routes("b"), resources: [:]), now: .zero)
        #expect(Self.claimants(effects) == ["b"])
    }

    @Test func `slots of the fleet that are held stay held, however few there are now`() {
        let gpu: Slots = ["gpu@surtr": 1]
        var dispatcher = Dispatcher(routes: RouteTable([], areConfigured: false), resources: ["gpu@surtr": 2])
        _ = dispatcher.handle(.executorChanged(Self.offer("a"), .running), now: .zero)
        _ = dispatcher.handle(.laneOpened(1, Lane(kind: "ops-disk", slots: gpu)), now: .zero)
        for task in ["x", "y"] as [TaskID] {
            _ = dispatcher.handle(.restored("a", LeaseKey(task: task, epoch: 1), 1), now: .zero)
        }
        #expect(dispatcher.freeOfFleet["gpu@surtr"] == 0)
        _ = dispatcher.handle(.configured(RouteTable([], areConfigured: false), resources: gpu), now: .zero)
        #expect(dispatcher.freeOfFleet["gpu@surtr"] == -1)
        for (task, free) in [("x", 0), ("y", 1)] as [(TaskID, Int)] {
            _ = dispatcher.handle(
                .settled(.init(executor: "a", ended: [LeaseKey(task: task, epoch: 1)])),
                now: .zero
            )
            #expect(dispatcher.freeOfFleet["gpu@surtr"] == free)
        }
    }
}
