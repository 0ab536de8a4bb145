import Testing
import YggCore

struct RouterTests {
    /// An executor in a few words.
    private static func view(
        _ id: ExecutorID,
        kinds: [TaskKind] = ["dev-test", "code-fix", "git-log"],
        state: ExecutorState = .running,
        free: Slots = ["default": 4],
        window: Int = 0,
        labels: [String: String] = [:],
        repositories: [String] = [],
        resident: [String] = [],
        missing: ModelReport.Endpoint? = nil
    ) -> RoutingView {
        RoutingView(
            offer: ExecutorOffer(
                id: id,
                name: id.rawValue,
                url: nil,
                version: "1",
                kinds: kinds.map { KindSpec(kind: $0, description: "", asksModel: $0.asksModel) },
                slots: ["default": 4],
                window: window,
                labels: labels,
                repositories: repositories,
                resources: [
                    "models": .object(
                        ModelReport(
                            defaultModel: "ollama/llama",
                            endpoints: missing.map { [$0] } ?? [],
                            resident: resident
                        ).json
                    )
                ]
            ),
            state: state,
            free: free
        )
    }

    private static func unmet(_ decision: Decision, _ executor: ExecutorID) -> [UnmetCondition]? {
        decision.verdicts.first { $0.executor == executor }?.unmet
    }

    private static let routes = RouteTable(
        [
            Route(prefix: "code-", executors: ["agent"], fallback: ["fenrir", "huginn"]),
            Route(prefix: "code-fix", executors: ["surtr"]), Route(prefix: "git-", executors: ["fenrir"]),
            Route(prefix: "dev-", executors: ["fenrir", "surtr"], labels: ["os": "linux"]),
        ],
        areConfigured: true
    )

    // MARK: Routes

    @Test(
        arguments: [
            ("code-fix", "code-fix"), ("code-fixup", "code-fix"), ("code-plan", "code-"), ("git-log", "git-"),
        ] as [(TaskKind, String)]
    )
    func `the longest prefix decides`(kind: TaskKind, prefix: String) {
        #expect(Self.routes.route(for: kind)?.prefix == prefix)
    }

    @Test func `a kind without a route is open to all who offer it`() {
        let decision = Router.route(
            Lane(kind: "weather-report"),
            routes: Self.routes,
            executors: [Self.view("a", kinds: ["weather-report"]), Self.view("b")]
        )
        #expect(decision.route == nil)
        #expect(decision.candidates == ["a"])
        #expect(Self.unmet(decision, "b") == [.kindNotOffered("weather-report")])
    }

    @Test func `what begins with a plan goes to whoever can show one`() {
        let service = Self.view("service", kinds: ["weather-report"])
        var executor = Self.view("executor", kinds: ["weather-report"])
        executor.offer.phases = Set(Phase.allCases)
        let lane = Lane(kind: "weather-report", needsPlan: true)
        let decision = Router.route(lane, routes: Self.routes, executors: [service, executor])
        #expect(decision.candidates == ["executor"])
        #expect(Self.unmet(decision, "service") == [.cannotPlan])
        #expect(Lane(kind: "weather-report").key != lane.key)
        #expect(
            Router.route(Lane(kind: "weather-report"), routes: Self.routes, executors: [service]).candidates.count == 1
        )
    }

    @Test func `a route is open to all while none that it names ever registered`() {
        let strangers = [Self.view("x"), Self.view("fenrir", state: .unregistered)]
        #expect(Router.route(Lane(kind: "git-log"), routes: Self.routes, executors: strangers).candidates == ["x"])
        let known = [Self.view("x"), Self.view("fenrir", state: .lost)]
        let decision = Router.route(Lane(kind: "git-log"), routes: Self.routes, executors: known)
        #expect(decision.candidates == [])
        #expect(Self.unmet(decision, "x") == [.notOnRoute(prefix: "git-", allowed: ["fenrir"])])
        #expect(Self.unmet(decision, "fenrir") == [.state(.lost)])
    }

    @Test func `a fallback that registered closes the route too`() {
        let views = [Self.view("x", kinds: ["code-plan"]), Self.view("huginn", kinds: ["code-plan"])]
        let decision = Router.route(Lane(kind: "code-plan"), routes: Self.routes, executors: views)
        #expect(decision.candidates == ["huginn"])
        #expect(
            Self.unmet(decision, "x")?.first == .notOnRoute(prefix: "code-", allowed: ["agent", "fenrir", "huginn"])
        )
    }

    @Test func `a fallback that could not take it leaves the route open`() {
        let views = [Self.view("x", kinds: ["code-plan"]), Self.view("huginn", kinds: ["git-log"])]
        let decision = Router.route(Lane(kind: "code-plan"), routes: Self.routes, executors: views)
        #expect(decision.candidates == ["x"])
    }

    @Test(arguments: [ExecutorState.paused, .stopping, .stopped, .lost])
    func `a fallback stands by while the named executor runs, and steps in when it does not`(state: ExecutorState) {
        let lane = Lane(kind: "code-plan")
        func decide(_ state: ExecutorState) -> Decision {
            Router.route(
                lane,
                routes: Self.routes,
                executors: [
                    Self.view("agent", kinds: ["code-plan"], state: state), Self.view("fenrir", kinds: ["code-plan"]),
                ]
            )
        }
        #expect(decide(.running).candidates == ["agent"])
        #expect(Self.unmet(decide(.running), "fenrir") == [.standsBy(for: ["agent"])])
        #expect(decide(state).candidates == ["fenrir"])
        #expect(Self.unmet(decide(state), "agent") == [.state(state)])
    }

    @Test func `a named executor that runs but cannot do it does not hold its fallback back`() {
        let views = [Self.view("agent", kinds: ["git-log"]), Self.view("fenrir", kinds: ["code-plan"])]
        let decision = Router.route(Lane(kind: "code-plan"), routes: Self.routes, executors: views)
        #expect(decision.candidates == ["fenrir"])
    }

    @Test func `a named executor that is only busy does hold its fallback back`() {
        let views = [
            Self.view("agent", kinds: ["code-plan"], free: ["default": 0]), Self.view("fenrir", kinds: ["code-plan"]),
        ]
        let decision = Router.route(Lane(kind: "code-plan"), routes: Self.routes, executors: views)
        #expect(decision.candidates == [])
        #expect(Self.unmet(decision, "agent") == [.slots(name: "default", need: 1, free: 0)])
        #expect(Self.unmet(decision, "fenrir") == [.standsBy(for: ["agent"])])
    }

    // MARK: Conditions

    @Test func `labels of the task and of the route must be there`() {
        let views = [
            Self.view("fenrir", labels: ["os": "linux", "cpu": "arm"]), Self.view("surtr", labels: ["os": "mac"]),
        ]
        let decision = Router.route(
            Lane(kind: "dev-test", labels: ["cpu": "arm"]),
            routes: Self.routes,
            executors: views
        )
        #expect(decision.candidates == ["fenrir"])
        #expect(
            Self.unmet(decision, "surtr")
                == [.label(key: "cpu", value: "arm", has: nil), .label(key: "os", value: "linux", has: "mac")]
        )
    }

    @Test func `a repository by path asks for one of its roots`() {
        let lane = Lane(kind: "git-log", repositoryRoots: ["/srv", "/srv/git"])
        let views = [Self.view("fenrir", repositories: ["/home"])]
        let decision = Router.route(lane, routes: Self.routes, executors: views)
        #expect(Self.unmet(decision, "fenrir") == [.repository(roots: ["/srv", "/srv/git"])])
        let there = Router.route(lane, routes: Self.routes, executors: [Self.view("fenrir", repositories: ["/srv"])])
        #expect(there.candidates == ["fenrir"])
    }

    @Test func `a pinned task goes there or nowhere`() {
        let views = [Self.view("fenrir", labels: ["os": "linux"]), Self.view("surtr", labels: ["os": "linux"])]
        let decision = Router.route(Lane(kind: "dev-test", pinned: "surtr"), routes: Self.routes, executors: views)
        #expect(decision.candidates == ["surtr"])
        #expect(Self.unmet(decision, "fenrir") == [.pinned(to: "surtr")])
    }

    @Test(arguments: [
        (1, 0, false, true), (0, 8, false, false), (0, 8, true, true), (-7, 8, true, true), (-8, 8, true, false),
    ])
    func `slots must be free, or the window open to work that may wait`(
        free: Int,
        window: Int,
        prefetch: Bool,
        fits: Bool
    ) {
        let view = Self.view("fenrir", free: ["default": free], window: window)
        let decision = Router.route(Lane(kind: "git-log", prefetch: prefetch), routes: Self.routes, executors: [view])
        #expect(decision.candidates == (fits ? ["fenrir"] : []))
    }

    @Test func `every counter that is short is named`() {
        let lane = Lane(kind: "git-log", slots: ["default": 1, "disk": 3, "gpu@surtr": 1])
        let view = Self.view("fenrir", free: ["default": 0, "disk": 1])
        let decision = Router.route(lane, routes: Self.routes, executors: [view], fleet: ["gpu@surtr": 0])
        #expect(
            Self.unmet(decision, "fenrir")
                == [
                    .slots(name: "default", need: 1, free: 0), .slots(name: "disk", need: 3, free: 1),
                    .slots(name: "gpu@surtr", need: 1, free: 0),
                ]
        )
    }

    @Test func `a decision lists everything that is wrong, and every executor`() {
        let lane = Lane(
            kind: "git-log",
            labels: ["cpu": "arm"],
            slots: ["disk": 1],
            repositoryRoots: ["/srv"],
            pinned: "fenrir"
        )
        let views = [
            Self.view("surtr", kinds: ["dev-test"], state: .paused), Self.view("fenrir", state: .unregistered),
            Self.view("huginn"),
        ]
        let decision = Router.route(
            lane,
            routes: RouteTable([Route(prefix: "git-", executors: ["huginn"])], areConfigured: true),
            executors: views
        )
        #expect(decision.verdicts.map(\.executor) == ["fenrir", "huginn", "surtr"])
        #expect(
            Self.unmet(decision, "surtr") == [
                .notOnRoute(prefix: "git-", allowed: ["huginn"]), .pinned(to: "fenrir"), .kindNotOffered("git-log"),
                .label(key: "cpu", value: "arm", has: nil), .repository(roots: ["/srv"]), .state(.paused),
                .slots(name: "disk", need: 1, free: 0),
            ]
        )
    }

    static let conditions: [UnmetCondition] =
        [
            .notOnRoute(prefix: "git-", allowed: ["fenrir"]), .standsBy(for: ["agent", "surtr"]),
            .kindNotOffered("git-log"), .label(key: "os", value: "linux", has: nil),
            .label(key: "os", value: "linux", has: "mac"), .repository(roots: ["/a", "/b"]), .pinned(to: "surtr"),
            .slots(name: "gpu", need: 2, free: -3), .noModel(missing),
        ] + ExecutorState.allCases.map(UnmetCondition.state)

    @Test(arguments: conditions)
    func `every condition says what it is and what would change it`(condition: UnmetCondition) {
        #expect(!condition.text.isEmpty && !condition.remedy(for: "huginn").isEmpty)
        #expect(!condition.text.contains("-3"), "nobody has fewer than no slots")
        switch condition {
        case .notOnRoute: #expect(condition.text.contains("git-") && condition.text.contains("fenrir"))
        case .standsBy: #expect(condition.text.contains("agent, surtr") && condition.isPassing)
        case .label(_, _, let has): #expect(condition.text.contains(has.map { "os=\($0)" } ?? "no label os"))
        case .slots, .noModel: #expect(condition.isPassing)
        case .pinned: #expect(condition.remedy(for: "huginn").contains("surtr"))
        default: #expect(!condition.isPassing)
        }
    }

    // MARK: Order

    @Test func `a resident model counts more than free slots, those more than the name`() {
        let views = [
            Self.view("b", free: ["default": 2]), Self.view("a", free: ["default": 2]),
            Self.view("d", free: ["default": 4]),
            Self.view("c", free: ["default": 1], resident: ["ollama/llama:latest", "ollama/qwen3:4b"]),
        ]
        let open = RouteTable([], areConfigured: false)
        func order(_ model: String?) -> [ExecutorID] {
            Router.route(Lane(kind: "code-fix", model: model), routes: open, executors: views).candidates
        }
        for warm in ["ollama/qwen3:4b", "qwen3:4b", "ollama/llama", nil] {
            #expect(order(warm) == ["c", "d", "a", "b"])
        }
        for cold in ["ollama/qwen3", "other/llama"] { #expect(order(cold) == ["d", "a", "b", "c"]) }
        // What asks no model does not care.
        #expect(Router.route(Lane(kind: "git-log"), routes: open, executors: views).candidates == ["d", "a", "b", "c"])
    }

    // MARK: Models

    static let missing = ModelReport.Endpoint(
        provider: "ollama",
        url: "http://surtr:11434",
        isReachable: false,
        since: Timestamp(milliseconds: 1_767_225_600_000),
        detail: "Nobody is there."
    )

    @Test func `where the server of its model does not answer, a task is not granted, and that is said`() {
        let open = RouteTable([], areConfigured: false)
        let views = [Self.view("a", missing: Self.missing), Self.view("b")]
        func decide(_ kind: TaskKind, _ model: String? = nil) -> Decision {
            Router.route(Lane(kind: kind, model: model), routes: open, executors: views)
        }
        #expect(decide("code-fix").candidates == ["b"])
        #expect(Self.unmet(decide("code-fix"), "a") == [.noModel(Self.missing)])
        #expect(Router.eligible(Lane(kind: "code-fix"), routes: open, executors: views) == ["b"])
        #expect(Self.unmet(decide("code-fix", "llama"), "a") == [.noModel(Self.missing)])
        // Another provider is not missing, and git asks no model.
        #expect(decide("code-fix", "demo/x").candidates == ["a", "b"])
        #expect(decide("git-log").candidates == ["a", "b"])
        let condition = UnmetCondition.noModel(Self.missing)
        #expect(condition.text.contains("http://surtr:11434 (ollama) has not answered since 2026-01-01T00:00:00"))
        #expect(condition.remedy(for: "a").contains("http://surtr:11434"))
    }

    @Test func `a command that a household declared may be called as it likes`() {
        var view = Self.view("a", missing: Self.missing)
        view.offer.kinds = [KindSpec(kind: "llm-mine", description: "", origin: .declared)]
        let open = RouteTable([], areConfigured: false)
        #expect(Router.route(Lane(kind: "llm-mine"), routes: open, executors: [view]).candidates == ["a"])
        // Its own kind of work on code is no command.
        view.offer.kinds[0].asksModel = true
        #expect(Router.route(Lane(kind: "llm-mine"), routes: open, executors: [view]).candidates == [])
    }

    @Test(arguments: Seeds.all)
    func `who is eligible does not depend on being busy, and candidates are eligible`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let names: [ExecutorID] = ["agent", "fenrir", "huginn", "surtr", "x"]
        let kinds: [TaskKind] = ["code-plan", "code-fix", "git-log", "dev-test", "misc-x"]
        for _ in 0..<400 {
            var views = names.shuffled(using: &random).prefix(random.int(0..<6)).map { name in
                Self.view(
                    name,
                    kinds: kinds.filter { _ in random.chance(70) },
                    state: random.pick(ExecutorState.allCases),
                    free: ["default": random.int(0..<4) - 1],
                    labels: random.chance(70) ? ["os": "linux"] : [:]
                )
            }
            let lane = Lane(kind: random.pick(kinds), pinned: random.chance(10) ? random.pick(names) : nil)
            let eligible = Set(Router.eligible(lane, routes: Self.routes, executors: views))
            let decision = Router.route(lane, routes: Self.routes, executors: views)
            #expect(eligible.isSuperset(of: decision.candidates))
            #expect(decision.verdicts.count == views.count)
            for verdict in decision.verdicts {
                #expect(verdict.unmet.isEmpty == decision.candidates.contains(verdict.executor))
            }
            for index in views.indices { views[index].free = Slots() }
            #expect(Set(Router.eligible(lane, routes: Self.routes, executors: views)) == eligible)
        }
    }

    // MARK: The table

    @Test func `the standard routes are those of the household`() {
        let table = RouteTable.standard
        for (kind, executor) in [
            ("dev-test", "fenrir"), ("git-log", "fenrir"), ("plan-create", "fenrir"), ("llm-ask", "surtr"),
            ("ollama-pull", "surtr"), ("ops-disk", "huginn"), ("power-off", "huginn"), ("code-fix", "code-agent"),
        ] as [(TaskKind, ExecutorID)] {
            #expect(table.route(for: kind)?.executors == [executor])
        }
        #expect(table.route(for: "bench-noop") == nil)
    }

    @Test(
        arguments: [
            ("code-fix", OfflinePolicy.continue), ("dev-test", .continue), ("git-log", .stop), ("misc-x", .stop),
        ] as [(TaskKind, OfflinePolicy)]
    )
    func `what goes on offline is the route's policy`(kind: TaskKind, policy: OfflinePolicy) {
        #expect(RouteTable.standard.offline(for: kind).policy == policy)
        #expect(RouteTable.standard.offline(for: kind).lostAfter == .hours(6))
        let own = RouteTable(
            [Route(prefix: kind.prefix, executors: [], offline: .continue, lostAfter: .hours(1))],
            areConfigured: true
        )
        #expect(own.offline(for: kind) == (.continue, .hours(1)))
    }

    @Test func `one more fallback is added where it is not named yet`() {
        let table = Self.routes.addingFallback("fenrir")
        #expect(table.route(for: "git-log")?.fallback == [])
        #expect(table.route(for: "code-plan")?.fallback == ["fenrir", "huginn"])
        #expect(table.route(for: "code-fix")?.fallback == ["fenrir"])
        #expect(table.areConfigured)
    }
}
