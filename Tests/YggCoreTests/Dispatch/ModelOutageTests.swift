import Testing
import YggCore

/// Work that asks a model, where nobody answers for one.
@Suite struct ModelOutageTests {
    private static func offer(isReachable: Bool) -> ExecutorOffer {
        let endpoint = ModelReport.Endpoint(
            provider: "ollama",
            url: "http://surtr:11434",
            isReachable: isReachable,
            since: Timestamp(milliseconds: 0)
        )
        return ExecutorOffer(
            id: "surtr",
            name: "surtr",
            url: nil,
            version: "1",
            kinds: [
                KindSpec(kind: "llm-prompt", description: "", asksModel: true),
                KindSpec(kind: "ollama-list", description: ""),
            ],
            slots: ["default": 2],
            window: 0,
            labels: [:],
            repositories: [],
            resources: ["models": .object(ModelReport(defaultModel: "ollama/x", endpoints: [endpoint]).json)]
        )
    }

    private static func lanes(_ effects: [Dispatcher.Effect]) -> [LaneID] {
        effects.flatMap { effect -> [LaneID] in
            if case .claim(let order) = effect { order.lanes.map(\.id) } else { [] }
        }
    }

    @Test func `it stays queued, and is looked for in the moment in which the server is back`() {
        var dispatcher = Dispatcher(routes: RouteTable([], areConfigured: false), resources: [:])
        _ = dispatcher.handle(.laneOpened(1, Lane(kind: "llm-prompt")), now: .zero)
        _ = dispatcher.handle(.laneOpened(2, Lane(kind: "ollama-list")), now: .zero)
        _ = dispatcher.handle(.executorChanged(Self.offer(isReachable: false), .running), now: .zero)
        #expect(dispatcher.handle(.parked("surtr", poll: 1, capacity: nil), now: .zero).isEmpty)
        // Neither by the way of a submission nor by that of a queued row.
        #expect(dispatcher.handle(.submitting(1), now: .zero).isEmpty)
        #expect(dispatcher.handle(.laneFilled(1), now: .zero).isEmpty)
        #expect(dispatcher.handle(.reporting("surtr"), now: .zero).isEmpty)
        #expect(dispatcher.handle(.sweep, now: .zero).isEmpty)
        // The server itself may be asked how it is.
        #expect(dispatcher.handle(.submitting(2), now: .zero).count == 1)

        let back = dispatcher.handle(.executorChanged(Self.offer(isReachable: true), .running), now: .zero)
        #expect(Self.lanes(back) == [1])
    }

    @Test func `an executor that says nothing of models is taken as it is`() {
        var dispatcher = Dispatcher(routes: RouteTable([], areConfigured: false), resources: [:])
        var offer = Self.offer(isReachable: false)
        for resources in [JSONObject(), ["models": "?"], ["models": ["default": 5]]] {
            offer.resources = resources
            _ = dispatcher.handle(.executorChanged(offer, .running), now: .zero)
            #expect(
                Router.eligible(
                    Lane(kind: "llm-prompt"),
                    routes: RouteTable([], areConfigured: false),
                    executors: dispatcher.views
                ) == ["surtr"]
            )
        }
    }
}
