import Testing
import YggCore

struct DeclinesTests {
    private static let routes = RouteTable(
        [Route(prefix: "paint-", executors: ["a", "b"], fallback: ["c"])],
        areConfigured: true
    )

    private var declines = Declines()

    private static func view(_ id: ExecutorID, _ state: ExecutorState = .running, short: String? = nil) -> RoutingView {
        RoutingView(
            offer: ExecutorOffer(
                id: id,
                name: id.rawValue,
                url: nil,
                version: "1",
                kinds: [KindSpec(kind: "paint-wall", description: "")],
                slots: ["default": 1],
                window: 0,
                labels: [:],
                repositories: [],
                resources: [:]
            ),
            state: state,
            free: ["default": 1],
            shortage: short
        )
    }

    private func problem(of executors: [RoutingView], at second: Int64) -> DeclinedByAll? {
        declines.problem(
            of: "t",
            lane: Lane(kind: "paint-wall"),
            routes: Self.routes,
            executors: executors,
            now: .at(second)
        )
    }

    private mutating func decline(by executor: ExecutorID, at second: Int64) {
        declines.note("t", by: executor, reason: "no paint", now: .at(second))
    }

    @Test
    mutating func `a minute after the last of its executors has declined it, it is a problem`() throws {
        decline(by: "a", at: 0)
        decline(by: "b", at: 30)
        let both = [Self.view("a"), Self.view("b"), Self.view("c")]
        #expect(problem(of: both, at: 89) == nil)
        let problem = try #require(self.problem(of: both, at: 90))
        #expect(problem.refusals.map(\.executor) == ["a", "b"] && problem.age == .minutes(1))
        #expect(problem.detail.contains("no paint") && problem.json["code"] == "declined-by-all")
    }

    @Test
    mutating func `one that declines again and again has declined since its first time`() {
        for second in 0...70 { decline(by: "a", at: Int64(second)) }
        #expect(problem(of: [Self.view("a")], at: 70)?.age == .seconds(70))
    }

    @Test
    mutating func `while somebody may yet take it there is none`() {
        decline(by: "a", at: 0)
        #expect(problem(of: [Self.view("a"), Self.view("b")], at: 600) == nil)
        #expect(problem(of: [Self.view("a"), Self.view("b", .paused)], at: 600) != nil)
        #expect(problem(of: [Self.view("a"), Self.view("b", short: "full")], at: 600) != nil)
    }

    @Test
    mutating func `who does not run has not declined`() {
        decline(by: "a", at: 0)
        for state in [ExecutorState.paused, .stopping, .stopped, .lost] {
            #expect(problem(of: [Self.view("a", state)], at: 600) == nil, "\(state)")
        }
    }

    @Test
    mutating func `what was begun starts anew`() {
        decline(by: "a", at: 0)
        declines.forget("t")
        #expect(declines.isEmpty)
        decline(by: "a", at: 50)
        #expect(problem(of: [Self.view("a")], at: 100) == nil)
    }
}
