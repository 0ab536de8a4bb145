/// What the Router knows of one executor.
package struct RoutingView: Sendable {
    package var offer: ExecutorOffer
    package var state: ExecutorState
    /// Free slots at the moment; below zero where the window is used.
    package var free: Slots
    /// Why it has no room for new work, whatever its slots; nil where it has.
    package var shortage: String?

    package init(offer: ExecutorOffer, state: ExecutorState, free: Slots, shortage: String? = nil) {
        self.offer = offer
        self.state = state
        self.free = free
        self.shortage = shortage
    }
}

/// Why an executor does not take a task at the moment.
package enum UnmetCondition: Sendable, Hashable {
    case notOnRoute(prefix: String, allowed: [ExecutorID])
    /// It is a fallback, and one of these runs.
    case standsBy(for: [ExecutorID])
    case kindNotOffered(TaskKind)
    /// It runs what it is sent at once: a service, or an executor of an older version.
    case cannotPlan
    case label(key: String, value: String, has: String?)
    case repository(roots: [String])
    case pinned(to: ExecutorID)
    case state(ExecutorState)
    case slots(name: String, need: Int, free: Int)
    /// It takes no new work at the moment, and says why.
    case shortage(String)
    /// The server of the model that the task asks does not answer it.
    case noModel(ModelReport.Endpoint)

    /// Whether the task starts by itself when it is over.
    package var isPassing: Bool {
        switch self {
        case .slots, .standsBy, .noModel: true
        default: false
        }
    }

    /// For programs: what ends it, as far as somebody could wait for that.
    package var code: String {
        switch self {
        case .slots: "slots"
        case .standsBy: "standsBy"
        case .state(let state): state.rawValue
        case .noModel: "model"
        default: "unsuitable"
        }
    }

    package var text: String {
        switch self {
        case .notOnRoute(let prefix, let allowed):
            "the route \(prefix) names \(allowed.map(\.rawValue).joined(separator: ", "))"
        case .standsBy(let others):
            "it is a fallback and stands by while \(others.map(\.rawValue).joined(separator: ", ")) runs"
        case .kindNotOffered(let kind): "it does not offer \(kind)"
        case .cannotPlan: "it cannot show what it is going to do before it does it"
        case .label(let key, let value, let has):
            "it has \(has.map { "\(key)=\($0)" } ?? "no label \(key)"), not \(key)=\(value)"
        case .repository(let roots): "none of its repository roots is \(roots.joined(separator: " or "))"
        case .pinned(let executor): "the task is pinned to \(executor)"
        case .state(let state): "it is \(state.rawValue)"
        case .shortage(let sentence): "it has no room: \(sentence)"
        case .noModel(let endpoint): "it cannot ask a model: \(endpoint.sentence)"
        case .slots(let name, let need, let free): "it needs \(need) of slot \(name), \(max(0, free)) are free"
        }
    }

    /// What would change it.
    /// - Parameter executor: the one that does not take the task.
    package func remedy(for executor: ExecutorID) -> String {
        switch self {
        case .notOnRoute(let prefix, _): "add it to the executors or the fallback of the route \(prefix)"
        case .standsBy: "nothing to do: it takes over when they stop"
        case .kindNotOffered: "start it with a handler set that includes the kind, or declare the kind there"
        case .cannotPlan: "register an executor of this version that offers the kind"
        case .label(let key, let value, _): "give it that label with executor.labels, or --label \(key)=\(value)"
        case .repository: "add the root to its repositories, or name the repository by URL"
        case .pinned(let executor): "start \(executor), or submit the task without the label executor=\(executor)"
        case .state(.paused): "ygg executor resume \(executor)"
        case .state(.lost), .state(.stopped), .state(.unregistered): "start it"
        case .state: "wait until it runs again"
        case .shortage: "free space on its disk"
        case .noModel(let endpoint):
            "start the server at \(endpoint.url), or correct models.providers.\(endpoint.provider) on \(executor); "
                + "the task then starts by itself"
        case .slots: "wait for a running task to end, or give it more slots"
        }
    }
}

/// Where a task can go, and for every executor why not.
package struct Decision: Sendable {
    package struct Verdict: Sendable {
        package var executor: ExecutorID
        package var unmet: [UnmetCondition]
    }

    /// The prefix of the route that decided, nil where none fits the kind.
    package var route: Route?
    /// Those that can take it now, best first.
    package var candidates: [ExecutorID]
    package var verdicts: [Verdict]
}

/// Pure routing: no state, no clock.
package enum Router {
    /// Explains for every executor whether it could take a task of `lane`, and ranks those that could.
    /// - Parameter fleet: free slots of the whole fleet.
    package static func route(
        _ lane: Lane,
        routes: RouteTable,
        executors: [RoutingView],
        fleet: Slots = Slots()
    ) -> Decision {
        let route = routes.route(for: lane.kind)
        let standing = Standing(lane, route: route, executors: executors)
        var candidates: [RoutingView] = []
        var verdicts: [Decision.Verdict] = []
        for view in executors.sorted(by: { $0.offer.id < $1.offer.id }) {
            var unmet = permanentConditions(lane, view: view, standing: standing)
            if view.state != .running { unmet.append(.state(view.state)) }
            if let shortage = view.shortage { unmet.append(.shortage(shortage)) }
            for need in lane.slots.local.counts where need.amount > 0 {
                let extra = lane.prefetch ? view.offer.window : 0
                if view.free[need.name] + extra < need.amount {
                    unmet.append(.slots(name: need.name, need: need.amount, free: view.free[need.name]))
                }
            }
            for need in lane.slots.fleet.counts where need.amount > 0 && fleet[need.name] < need.amount {
                unmet.append(.slots(name: need.name, need: need.amount, free: fleet[need.name]))
            }
            if unmet.isEmpty { candidates.append(view) }
            verdicts.append(.init(executor: view.offer.id, unmet: unmet))
        }
        candidates.sort { isBetter($0, than: $1, for: lane) }
        return Decision(route: route, candidates: candidates.map(\.offer.id), verdicts: verdicts)
    }

    /// Those whose claims may include the lane, whatever they are busy with.
    package static func eligible(_ lane: Lane, routes: RouteTable, executors: [RoutingView]) -> [ExecutorID] {
        let standing = Standing(lane, route: routes.route(for: lane.kind), executors: executors)
        return executors.filter { permanentConditions(lane, view: $0, standing: standing).isEmpty }.map(\.offer.id)
    }

    /// A resident model first, then the most free slots, then the name, so that equal histories decide equally.
    package static func isBetter(_ left: RoutingView, than right: RoutingView, for lane: Lane) -> Bool {
        if lane.model != nil || lane.kind.asksModel {
            let isWarm = (left.hasResident(lane.model), right.hasResident(lane.model))
            if isWarm.0 != isWarm.1 { return isWarm.0 }
        }
        let free = (left.free["default"], right.free["default"])
        return free.0 == free.1 ? left.offer.id < right.offer.id : free.0 > free.1
    }

    /// What neither time nor finished work changes, and what the executor tells of when it does.
    private static func permanentConditions(
        _ lane: Lane,
        view: RoutingView,
        standing: Standing
    ) -> [UnmetCondition] {
        var unmet: [UnmetCondition] = []
        if let condition = standing.condition(for: view.offer.id) { unmet.append(condition) }
        if let pinned = lane.pinned, pinned != view.offer.id { unmet.append(.pinned(to: pinned)) }
        unmet += capabilityConditions(lane, offer: view.offer)
        if let endpoint = missingModel(lane, offer: view.offer) { unmet.append(.noModel(endpoint)) }
        return unmet + labelConditions(standing.route?.labels ?? [:], offer: view.offer)
    }

    fileprivate static func capabilityConditions(_ lane: Lane, offer: ExecutorOffer) -> [UnmetCondition] {
        var unmet: [UnmetCondition] = []
        if !offer.offers(lane.kind) { unmet.append(.kindNotOffered(lane.kind)) }
        if lane.needsPlan, !offer.phases.contains(.plan) { unmet.append(.cannotPlan) }
        unmet += labelConditions(lane.labels, offer: offer)
        if !lane.repositoryRoots.isEmpty, !offer.repositories.contains(where: lane.repositoryRoots.contains) {
            unmet.append(.repository(roots: lane.repositoryRoots))
        }
        return unmet
    }

    /// What a declared command asks is its own affair.
    private static func missingModel(_ lane: Lane, offer: ExecutorOffer) -> ModelReport.Endpoint? {
        guard lane.kind.asksModel, offer.kinds.first(where: { $0.kind == lane.kind })?.asksModel == true else {
            return nil
        }
        return ModelReport(in: offer.resources)?.unreachable(for: lane.model)
    }

    fileprivate static func labelConditions(_ labels: [String: String], offer: ExecutorOffer) -> [UnmetCondition] {
        labels.sorted { $0.key < $1.key }.filter { offer.labels[$0.key] != $0.value }.map { key, value in
            .label(key: key, value: value, has: offer.labels[key])
        }
    }
}

/// Who of a route's executors is in charge: the named ones, their fallback while none of those runs, or anybody
/// while none of the named ones ever registered and no fallback could take the task.
private struct Standing {
    let route: Route?
    let isOpenToAll: Bool
    let inCharge: [ExecutorID]

    init(_ lane: Lane, route: Route?, executors: [RoutingView]) {
        self.route = route
        guard let route else {
            isOpenToAll = true
            inCharge = []
            return
        }
        let known = Set(executors.filter { $0.state != .unregistered }.map(\.offer.id))
        isOpenToAll =
            known.isDisjoint(with: route.executors)
            && !executors.contains { view in
                route.fallback.contains(view.offer.id) && known.contains(view.offer.id)
                    && Router.capabilityConditions(lane, offer: view.offer).isEmpty
            }
        inCharge = executors.filter { view in
            view.state == .running && route.executors.contains(view.offer.id)
                && lane.pinned.map { $0 == view.offer.id } ?? true
                && Router.capabilityConditions(lane, offer: view.offer).isEmpty
                && Router.labelConditions(route.labels, offer: view.offer).isEmpty
        }.map(\.offer.id)
    }

    func condition(for executor: ExecutorID) -> UnmetCondition? {
        guard !isOpenToAll, let route, !route.executors.contains(executor) else { return nil }
        guard route.fallback.contains(executor) else {
            return .notOnRoute(prefix: route.prefix, allowed: route.executors + route.fallback)
        }
        return inCharge.isEmpty ? nil : .standsBy(for: inCharge)
    }
}

extension RoutingView {
    fileprivate func hasResident(_ model: String?) -> Bool {
        ModelReport(in: offer.resources)?.holds(model) ?? false
    }
}
