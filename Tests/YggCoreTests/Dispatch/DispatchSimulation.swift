import Testing
import YggCore

/// A dispatcher with an in-memory queue behind it. Claims, submissions and reports are answered late and in any order,
/// as a store would; whatever is granted is checked against a model of who holds what.
struct DispatchSimulation {
    struct Waiting {
        var num: Int
        var priority: Int
        var task: TaskID
    }

    struct Held {
        var key: LeaseKey
        var executor: ExecutorID
        var lane: LaneID
    }

    enum Pending {
        case claim(Dispatcher.ClaimOrder)
        case submission(Waiting, lane: LaneID, Dispatcher.Reservation?)
        case report(ExecutorID, Dispatcher.ClaimOrder?)
    }

    static let resources: Slots = ["gpu@fleet": 2, "license@fleet": 1]
    static let lanes: [LaneID: Lane] = [
        1: Lane(kind: "dev-test"),
        2: Lane(kind: "dev-test", slots: ["default": 2]),
        3: Lane(kind: "llm-run", slots: ["default": 1, "gpu@fleet": 1]),
        4: Lane(kind: "dev-test", slots: ["gpu": 1, "license@fleet": 1]),
        5: Lane(kind: "ops-disk", slots: ["default": 1], prefetch: true),
        6: Lane(kind: "ops-disk", slots: ["default": 1], pinned: "b"),
        7: Lane(kind: "dev-test", labels: ["arch": "arm"], slots: ["gpu@fleet": 2]),
        8: Lane(kind: "llm-run", slots: ["default": 1, "gpu": 1], prefetch: true),
    ]

    var random: SeededRandom
    let routes: RouteTable
    var dispatcher: Dispatcher
    var offers: [ExecutorID: ExecutorOffer] = [:]
    var capacities: [ExecutorID: Slots] = [:]
    var polls: [ExecutorID: Int64] = [:]
    var queues: [LaneID: [Waiting]] = [:]
    var held: [TaskID: Held] = [:]
    var epochs: [TaskID: Int64] = [:]
    var pending: [Pending] = []
    var lastNumber = 0
    var problems: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        routes = RouteTable(
            random.chance(50) ? [Route(prefix: "llm-", executors: ["a", "b"], fallback: ["c"])] : [],
            areConfigured: false
        )
        dispatcher = Dispatcher(routes: routes, resources: Self.resources)
        for id in ["a", "b", "c", "d"] as [ExecutorID] {
            let kinds = (["dev-test", "llm-run", "ops-disk"] as [TaskKind]).filter { _ in random.chance(75) }
            offers[id] = ExecutorOffer(
                id: id,
                name: id.rawValue,
                url: nil,
                version: "1",
                kinds: kinds.map { KindSpec(kind: $0, description: "") },
                slots: ["default": random.int(0..<4), "gpu": random.int(0..<3)],
                window: random.int(0..<3),
                labels: random.chance(50) ? ["arch": "arm"] : [:],
                repositories: [],
                resources: [:]
            )
        }
        for (id, lane) in Self.lanes.sorted(by: { $0.key < $1.key }) { send(.laneOpened(id, lane)) }
        for offer in offers.values.sorted(by: { $0.id < $1.id }) { send(.executorChanged(offer, .running)) }
    }

    // MARK: What happens

    mutating func step() {
        let id = random.pick(["a", "b", "c", "d"] as [ExecutorID])
        switch random.int(0..<100) {
        case 0..<30: submit()
        case 30..<58: if !pending.isEmpty { answer(pending.remove(at: random.int(0..<pending.count))) }
        case 58..<73: park(id)
        case 73..<77: unpark(id)
        case 77..<90:
            var order: Dispatcher.ClaimOrder?
            for case .claim(let claim) in dispatcher.handle(.reporting(id), now: .zero) { order = claim }
            pending.append(.report(id, order))
        case 90..<94:
            guard let offer = offers[id] else { return }
            send(.executorChanged(offer, random.pick([.running, .running, .paused, .lost])))
        case 94..<97:
            guard let lease = held.values.sorted(by: { $0.key < $1.key }).first else { return }
            end(lease)
            send(.settled(.init(executor: lease.executor, ended: [lease.key])))
            enqueue(Waiting(num: lastNumber, priority: 2, task: lease.key.task), in: lease.lane)
        default: send(.sweep)
        }
        check()
    }

    /// Answers all that is open, then sweeps until nothing comes of it.
    mutating func settle() {
        for _ in 0..<100 {
            while !pending.isEmpty { answer(pending.removeFirst(), mayFail: false) }
            send(.sweep)
            if pending.isEmpty { break }
        }
        check()
        for (id, lane) in Self.lanes where !(queues[id] ?? []).isEmpty {
            for view in dispatcher.views where polls[view.offer.id] != nil && view.state == .running {
                let isEligible = Router.route(lane, routes: routes, executors: dispatcher.views, fleet: fleetFree)
                    .candidates
                    .contains(view.offer.id)
                if isEligible, view.free.covers(lane.slots.local), fleetFree.covers(lane.slots.fleet) {
                    problems.append("lane \(id) is left queued while \(view.offer.id) is parked and free")
                }
            }
        }
    }

    private mutating func submit() {
        lastNumber += 1
        let lane = random.pick(Self.lanes.keys.sorted())
        let waiting = Waiting(num: lastNumber, priority: random.int(0..<5), task: TaskID(trusted: "t\(lastNumber)"))
        var reservation: Dispatcher.Reservation?
        for case .grant(let granted) in dispatcher.handle(.submitting(lane), now: .zero) {
            reservation = granted
            let free = dispatcher.free(of: granted.executor)
            if Self.lanes[lane]?.slots.local.counts.contains(where: { free?[$0.name] ?? -1 < 0 }) ?? true {
                problems.append("\(granted.executor) is reserved for a submission without a free slot")
            }
        }
        pending.append(.submission(waiting, lane: lane, reservation))
    }

    private mutating func park(_ id: ExecutorID) {
        let poll = Int64(random.int(0..<1 << 30))
        polls[id] = poll
        capacities[id] = random.chance(15) ? ["default": random.int(0..<3)] : nil
        send(.parked(id, poll: poll, capacity: capacities[id]))
    }

    private mutating func unpark(_ id: ExecutorID) {
        guard let poll = polls[id] else { return }
        // An old poll's end says nothing of the new one.
        send(.unparked(id, poll: poll &+ 1))
        guard random.chance(50) else { return }
        polls[id] = nil
        send(.unparked(id, poll: poll))
    }

    // MARK: The store

    private mutating func send(_ input: Dispatcher.Input) {
        for effect in dispatcher.handle(input, now: .zero) {
            switch effect {
            case .claim(let order): pending.append(.claim(order))
            case .wake(let id, let poll):
                if polls[id] != poll { problems.append("\(id) is woken by a poll that it does not hold") }
                polls[id] = nil
            case .grant: problems.append("a grant nobody asked for")
            }
        }
    }

    private mutating func answer(_ answered: Pending, mayFail: Bool = true) {
        let fails = mayFail && random.chance(5)
        switch answered {
        case .claim(let order):
            if fails { return send(.claimFailed(order.executor)) }
            let granted = grant(order, budget: order.budget, window: 0)
            send(.settled(.init(executor: order.executor, isClaim: true, granted: granted)))
        case .submission(let waiting, let lane, let reservation):
            var granted: [(key: LeaseKey, lane: LaneID)] = []
            if let reservation, (queues[lane] ?? []).isEmpty, !fails {
                // The slot was free when it was reserved; a report may have filled the window since.
                let window = offers[reservation.executor]?.window ?? 0
                granted = [(begin(waiting.task, on: reservation.executor, lane, window: window), lane)]
            }
            if let reservation {
                send(.settled(.init(executor: reservation.executor, reservation: reservation, granted: granted)))
            }
            if granted.isEmpty, !fails { enqueue(waiting, in: lane) }
        case .report(let id, let order):
            if fails {
                if let order { send(.claimFailed(order.executor)) }
                return
            }
            var budget = order?.budget
            let mine = held.values.filter { $0.executor == id }.sorted { $0.key < $1.key }
            let ended = mine.filter { _ in random.chance(50) }
            for lease in ended {
                end(lease)
                budget?.free += Self.lanes[lease.lane]?.slots ?? .one
            }
            var granted: [(key: LeaseKey, lane: LaneID)] = []
            if let order, let budget { granted = grant(order, budget: budget, window: offers[id]?.window ?? 0) }
            send(
                .settled(
                    .init(
                        executor: id,
                        isClaim: order != nil,
                        isReport: true,
                        granted: granted,
                        ended: ended.map(\.key)
                    )
                )
            )
        }
    }

    private mutating func enqueue(_ waiting: Waiting, in lane: LaneID) {
        queues[lane, default: []].append(waiting)
        queues[lane]?.sort { ($0.priority, $0.num) < ($1.priority, $1.num) }
        send(.laneFilled(lane))
    }

    /// Grants the heads of the order's lanes, most urgent first, as the coordinator does.
    private mutating func grant(
        _ order: Dispatcher.ClaimOrder,
        budget: Budget,
        window: Int
    ) -> [(key: LeaseKey, lane: LaneID)] {
        var budget = budget
        var granted: [(key: LeaseKey, lane: LaneID)] = []
        let looked = order.lanes.filter { budget.covers($0) }
        while true {
            let heads = looked.filter { budget.covers($0) }.compactMap { need in
                queues[need.id]?.first.map { (need: need, head: $0) }
            }
            let next = heads.min { ($0.head.priority, $0.head.num) < ($1.head.priority, $1.head.num) }
            guard let next else { break }
            budget.spend(next.need)
            queues[next.need.id]?.removeFirst()
            let key = begin(next.head.task, on: order.executor, next.need.id, window: next.need.prefetch ? window : 0)
            granted.append((key, next.need.id))
        }
        for need in looked where (queues[need.id] ?? []).isEmpty { send(.laneDrained(need.id)) }
        return granted
    }

    private mutating func begin(_ task: TaskID, on id: ExecutorID, _ lane: LaneID, window: Int) -> LeaseKey {
        if held[task] != nil { problems.append("\(task) is granted twice") }
        epochs[task, default: 0] += 1
        let key = LeaseKey(task: task, epoch: epochs[task] ?? 0)
        held[task] = Held(key: key, executor: id, lane: lane)
        let used = used(on: id)
        for need in Self.lanes[lane]?.slots.local.counts ?? [] {
            let declared = offers[id]?.slots[need.name] ?? 0
            if used[need.name] > declared + window {
                problems.append(
                    "\(id) has \(declared) of \(need.name) and a window of \(window), holds \(used[need.name])"
                )
            }
        }
        return key
    }

    private mutating func end(_ lease: Held) { held[lease.key.task] = nil }

    // MARK: The model

    private func used(on id: ExecutorID) -> Slots {
        var used = Slots()
        for lease in held.values where lease.executor == id { used += Self.lanes[lease.lane]?.slots.local ?? .one }
        return used
    }

    private var fleetFree: Slots {
        var free = Self.resources
        for lease in held.values { free -= Self.lanes[lease.lane]?.slots.fleet ?? [:] }
        for case .submission(_, _, let reservation?) in pending {
            free -= Self.lanes[reservation.lane]?.slots.fleet ?? [:]
        }
        return free
    }

    private mutating func check() {
        for count in fleetFree.counts where count.amount < 0 {
            problems.append("the fleet is short of \(-count.amount) \(count.name)")
        }
        for (id, offer) in offers {
            var expected = offer.slots
            for count in capacities[id]?.counts ?? [] {
                expected[count.name] = min(expected[count.name], count.amount)
            }
            expected -= used(on: id)
            for case .submission(_, _, let reservation?) in pending where reservation.executor == id {
                expected -= Self.lanes[reservation.lane]?.slots.local ?? [:]
            }
            guard let free = dispatcher.free(of: id), free.counts.allSatisfy({ $0.amount == expected[$0.name] }) else {
                let counted = dispatcher.free(of: id).map { "\($0.counts)" } ?? "nothing"
                problems.append("\(id): the dispatcher counts \(counted), not \(expected.counts)")
                continue
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DispatcherProperties {
    @Test(arguments: Seeds.all)
    func `no history overdraws slots, counts one twice or leaves work beside a free executor`(seed: UInt64) {
        var seeds = SeededRandom(seed: seed)
        for _ in 0..<30 {
            let run = seeds.next()
            var simulation = DispatchSimulation(seed: run)
            for step in 0..<200 {
                simulation.step()
                if step % 50 == 49 { simulation.settle() }
                guard let problem = simulation.problems.first else { continue }
                Issue.record("simulation seed \(run), step \(step): \(problem)")
                return
            }
        }
    }
}
