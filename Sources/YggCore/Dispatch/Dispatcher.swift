/// Decides which executor gets work, and when to look for it.
///
/// It knows executors with their slots, lanes, and which lanes may hold queued rows; the rows themselves are in the
/// store. A slot is counted as taken from the moment a claim or grant is ordered, so that two orders never count on
/// the same one. Whoever performs an order answers it with `.settled`.
package struct Dispatcher: Sendable {
    package enum Input: Sendable {
        case laneOpened(LaneID, Lane)
        /// A commit left a queued row in the lane.
        case laneFilled(LaneID)
        /// A claim saw the end of the lane.
        case laneDrained(LaneID)
        case executorChanged(ExecutorOffer, ExecutorState)
        case executorRemoved(ExecutorID)
        /// A long poll is held. `capacity` can lower the declared slots.
        case parked(ExecutorID, poll: Int64, capacity: Slots?)
        case unparked(ExecutorID, poll: Int64)
        /// A task is about to be stored: whoever is named by the answer may be granted it in the same commit.
        case submitting(LaneID)
        /// A report is about to be stored: the answer names what may be claimed in the same commit.
        case reporting(ExecutorID)
        case settled(Settlement)
        /// A claim could not be carried out: the next sweep looks again.
        case claimFailed(ExecutorID)
        /// The safety net: looks at everything that waits.
        case sweep
        /// Leases that live on from before a restart.
        case restored(ExecutorID, LeaseKey, LaneID)
        /// The configuration was reloaded: who may take what, and the slots of the fleet. Leases go on as they are.
        case configured(RouteTable, resources: Slots)
    }

    package enum Effect: Sendable, Equatable {
        /// The submitted task may be granted to this executor.
        case grant(Reservation)
        /// Look for work in the store.
        case claim(ClaimOrder)
        /// Answer the long poll.
        case wake(ExecutorID, poll: Int64)
    }

    /// One task's worth of slots, kept for one submission.
    package struct Reservation: Sendable, Equatable {
        package var executor: ExecutorID
        package var lane: LaneID
    }

    /// All free capacity of one executor, and where to look for work for it.
    package struct ClaimOrder: Sendable, Equatable {
        package var executor: ExecutorID
        package var lanes: [LaneNeed]
        package var budget: Budget
    }

    package struct LaneNeed: Sendable, Equatable {
        package var id: LaneID
        package var slots: Slots
        package var prefetch: Bool
    }

    /// How a reservation or a claim ended: granted what, saw which lanes' ends, ended which leases.
    package struct Settlement: Sendable {
        package var executor: ExecutorID
        package var reservation: Reservation?
        /// Whether a claim order is hereby answered.
        package var isClaim: Bool
        /// Whether the answer to a report tells of it: then the poll need not be spent on it.
        package var isReport: Bool
        package var granted: [(key: LeaseKey, lane: LaneID)]
        package var ended: [LeaseKey]

        package init(
            executor: ExecutorID,
            reservation: Reservation? = nil,
            isClaim: Bool = false,
            isReport: Bool = false,
            granted: [(key: LeaseKey, lane: LaneID)] = [],
            ended: [LeaseKey] = []
        ) {
            self.executor = executor
            self.reservation = reservation
            self.isClaim = isClaim
            self.isReport = isReport
            self.granted = granted
            self.ended = ended
        }
    }

    private struct Node {
        var offer: ExecutorOffer
        var state: ExecutorState
        var capacity: Slots?
        /// Slots of live leases and reservations.
        var used = Slots()
        var poll: Int64?
        var isClaiming = false
        /// Lanes whose tasks it may take.
        var lanes: [LaneID] = []

        var free: Slots {
            var free = offer.slots.local
            if let capacity {
                for count in capacity.counts { free[count.name] = min(free[count.name], count.amount) }
            }
            free -= used
            return free
        }

        /// Leases beyond its slots. One that has lowered its capacity to nothing takes none.
        var window: Int { capacity.map(\.isEmpty) == true ? 0 : offer.window }
    }

    private struct LaneState {
        var lane: Lane
        var need: LaneNeed
        var mayHoldRows: Bool
        /// Those that may take its tasks.
        var eligible: [ExecutorID]
        /// Where the next look among them begins.
        var cursor = 0
    }

    /// Fitting executors that are compared for one task.
    private static let maxCandidates = 16

    private var routes: RouteTable
    /// Slots of the fleet, whoever holds them.
    private var resources: Slots
    private let sabotage: Sabotage
    private var nodes: [ExecutorID: Node] = [:]
    private var lanes: [LaneID: LaneState] = [:]
    private var fleetFree: Slots
    /// Only one claim at a time may count on slots of the fleet.
    private var fleetClaimant: ExecutorID?
    private var leases: [LeaseKey: (executor: ExecutorID, slots: Slots)] = [:]

    /// - Parameter resources: slots of the whole fleet.
    package init(routes: RouteTable, resources: Slots, sabotage: Sabotage = []) {
        self.routes = routes
        self.resources = resources
        self.sabotage = sabotage
        fleetFree = resources
    }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        switch input {
        case .laneOpened(let id, let lane):
            guard lanes[id] == nil else { return [] }
            let need = LaneNeed(id: id, slots: lane.slots, prefetch: lane.prefetch)
            lanes[id] = LaneState(lane: lane, need: need, mayHoldRows: false, eligible: [])
            refreshEligibility(of: id, among: views)
            return []
        case .laneFilled(let id):
            lanes[id]?.mayHoldRows = true
            return claimForLane(id)
        case .laneDrained(let id):
            lanes[id]?.mayHoldRows = false
            return []
        case .executorChanged(let offer, let state):
            nodes[offer.id, default: Node(offer: offer, state: state)].offer = offer
            nodes[offer.id]?.state = state
            refreshEligibility()
            return claimEverywhere()
        case .executorRemoved(let id):
            nodes[id] = nil
            // What still ends of it gives back no slot of whoever comes under its name.
            for (key, lease) in leases where lease.executor == id {
                leases[key] = nil
                fleetFree += lease.slots.fleet
            }
            refreshEligibility()
            return []
        case .parked(let id, let poll, let capacity):
            nodes[id]?.poll = poll
            if sabotage.makes(.takesSlotsFromParkedSync) { nodes[id]?.used = Slots() }
            nodes[id]?.capacity = capacity
            return claim(for: id)
        case .unparked(let id, let poll):
            if nodes[id]?.poll == poll { nodes[id]?.poll = nil }
            return []
        case .submitting(let lane): return reserve(lane)
        case .reporting(let id): return order(for: id, isReporting: true).map { [.claim($0)] } ?? []
        case .settled(let settlement): return settle(settlement)
        case .claimFailed(let id):
            endClaim(of: id)
            return []
        case .sweep: return claimEverywhere()
        case .restored(let executor, let key, let lane):
            take(key, executor: executor, slots: lanes[lane]?.need.slots ?? .one)
            return []
        case .configured(let routes, let resources):
            self.routes = routes
            // Fewer than are held leave less than none free, until enough of them have ended.
            fleetFree += resources
            fleetFree -= self.resources
            self.resources = resources
            refreshEligibility()
            return claimEverywhere()
        }
    }

    /// What the Router is shown of every executor, in the order of their names.
    package var views: [RoutingView] {
        nodes.sorted { $0.key < $1.key }.map { RoutingView(offer: $1.offer, state: $1.state, free: $1.free) }
    }

    package func lane(_ id: LaneID) -> Lane? { lanes[id]?.lane }

    /// Slots of the whole fleet that nobody holds.
    package var freeOfFleet: Slots { fleetFree }

    package func free(of executor: ExecutorID) -> Slots? { nodes[executor]?.free }

    // MARK: Eligibility

    private mutating func refreshEligibility() {
        let views = views
        for id in lanes.keys.sorted() { refreshEligibility(of: id, among: views) }
    }

    private mutating func refreshEligibility(of id: LaneID, among views: [RoutingView]) {
        guard let lane = lanes[id]?.lane else { return }
        let eligible = Router.eligible(lane, routes: routes, executors: views)
        lanes[id]?.eligible = eligible
        let chosen = Set(eligible)
        for executor in nodes.keys {
            let isListed = nodes[executor]?.lanes.contains(id) ?? false
            if chosen.contains(executor), !isListed { nodes[executor]?.lanes.append(id) }
            if !chosen.contains(executor), isListed { nodes[executor]?.lanes.removeAll { $0 == id } }
        }
    }

    // MARK: Orders

    private mutating func reserve(_ id: LaneID) -> [Effect] {
        // A lane that may hold older rows is claimed from, not jumped over.
        guard let lane = lanes[id], !lane.mayHoldRows, fleetCovers(lane.need.slots.fleet) else { return [] }
        guard let executor = bestParked(for: id) else { return [] }
        nodes[executor]?.used += lane.need.slots.local
        fleetFree -= lane.need.slots.fleet
        return [.grant(Reservation(executor: executor, lane: id))]
    }

    private func fleetCovers(_ need: Slots) -> Bool { need.isEmpty || fleetClaimant == nil && fleetFree.covers(need) }

    /// Reserves everything that is free on an executor, where a lane it may take from could hold rows.
    /// - Parameter isReporting: the commit that follows will free slots, so every lane is looked at; and its answer
    ///   travels anyway, so it may fill the window. A poll is answered for a free slot alone: waking an executor that
    ///   is busy, for work that it can only put in line, would cost more than it brings.
    private mutating func order(for id: ExecutorID, isReporting: Bool) -> ClaimOrder? {
        guard let node = nodes[id], node.state == .running, !node.isClaiming else { return nil }
        let free = node.free
        var needs: [LaneNeed] = []
        var needsFleet = false
        for lane in node.lanes.compactMap({ lanes[$0] }) where lane.mayHoldRows {
            guard fleetCovers(lane.need.slots.fleet) else { continue }
            guard isReporting || free.covers(lane.need.slots.local) else { continue }
            needs.append(lane.need)
            if !lane.need.slots.fleet.isEmpty { needsFleet = true }
        }
        guard !needs.isEmpty else { return nil }
        nodes[id]?.isClaiming = true
        if needsFleet { fleetClaimant = id }
        var budgetSlots = free
        if needsFleet { budgetSlots += fleetFree }
        return ClaimOrder(
            executor: id,
            lanes: needs,
            budget: Budget(free: budgetSlots, window: isReporting ? node.window : 0)
        )
    }

    private mutating func claim(for id: ExecutorID) -> [Effect] {
        guard nodes[id]?.poll != nil, let order = order(for: id, isReporting: false) else { return [] }
        return [.claim(order)]
    }

    private mutating func claimForLane(_ id: LaneID) -> [Effect] {
        bestParked(for: id).map { claim(for: $0) } ?? []
    }

    /// The best of the executors that wait with a free slot for the lane.
    ///
    /// It looks at a bounded number of fitting ones, going round from where it stopped the last time, so that a task
    /// costs the same in a large fleet.
    private mutating func bestParked(for id: LaneID) -> ExecutorID? {
        guard let lane = lanes[id], !lane.eligible.isEmpty else { return nil }
        var best: RoutingView?
        var found = 0
        var next = lane.cursor
        for step in 0..<lane.eligible.count where found < Self.maxCandidates {
            next = (lane.cursor + step) % lane.eligible.count
            guard let node = nodes[lane.eligible[next]], node.poll != nil, !node.isClaiming, node.state == .running,
                case let free = node.free, free.covers(lane.need.slots.local)
            else { continue }
            found += 1
            let view = RoutingView(offer: node.offer, state: node.state, free: free)
            if best.map({ Router.isBetter(view, than: $0, for: lane.lane) }) ?? true { best = view }
        }
        if found == Self.maxCandidates { lanes[id]?.cursor = next + 1 }
        return best?.offer.id
    }

    private mutating func claimEverywhere() -> [Effect] {
        nodes.keys.sorted().flatMap { claim(for: $0) }
    }

    // MARK: Settling

    private mutating func settle(_ settlement: Settlement) -> [Effect] {
        if let reservation = settlement.reservation, let need = lanes[reservation.lane]?.need {
            nodes[reservation.executor]?.used -= need.slots.local
            fleetFree += need.slots.fleet
        }
        if settlement.isClaim { endClaim(of: settlement.executor) }
        var effects: [Effect] = []
        var freedFleetSlots = false
        var toClaim: Set<ExecutorID> = [settlement.executor]
        for key in settlement.ended {
            guard let lease = leases.removeValue(forKey: key) else { continue }
            nodes[lease.executor]?.used -= lease.slots.local
            fleetFree += lease.slots.fleet
            if !lease.slots.fleet.isEmpty { freedFleetSlots = true }
            toClaim.insert(lease.executor)
        }
        for grant in settlement.granted {
            take(grant.key, executor: settlement.executor, slots: lanes[grant.lane]?.need.slots ?? .one)
        }
        if !settlement.granted.isEmpty, !settlement.isReport, let poll = nodes[settlement.executor]?.poll {
            nodes[settlement.executor]?.poll = nil
            effects.append(.wake(settlement.executor, poll: poll))
        }
        if freedFleetSlots { return effects + claimEverywhere() }
        effects += toClaim.sorted().flatMap { claim(for: $0) }
        // What one claim could not take, the next executor may.
        if settlement.isClaim {
            for lane in nodes[settlement.executor]?.lanes ?? [] where lanes[lane]?.mayHoldRows == true {
                effects += claimForLane(lane)
            }
        }
        return effects
    }

    private mutating func endClaim(of id: ExecutorID) {
        nodes[id]?.isClaiming = false
        if fleetClaimant == id { fleetClaimant = nil }
    }

    private mutating func take(_ key: LeaseKey, executor: ExecutorID, slots: Slots) {
        guard leases.updateValue((executor, slots), forKey: key) == nil else { return }
        nodes[executor]?.used += slots.local
        fleetFree -= slots.fleet
    }
}

/// What a claim may spend.
package struct Budget: Sendable, Equatable {
    package var free: Slots
    /// How far work that may wait on the executor may overdraw.
    package var window: Int

    package init(free: Slots, window: Int) {
        self.free = free
        self.window = window
    }

    package func covers(_ need: Dispatcher.LaneNeed) -> Bool {
        free.local.covers(need.slots.local, extra: need.prefetch ? window : 0) && free.covers(need.slots.fleet)
    }

    /// How many tasks of a lane the budget could pay for, at least 1.
    package func capacity(for need: Dispatcher.LaneNeed) -> Int {
        let extra = need.prefetch ? window : 0
        let counts = need.slots.counts.filter { $0.amount > 0 }.map { count in
            (free[count.name] + (count.name.contains("@") ? 0 : extra)) / count.amount
        }
        return max(1, counts.min() ?? Self.maxClaim)
    }

    /// Tasks that one claim takes at most where slots set no bound.
    private static let maxClaim = 64

    package mutating func spend(_ need: Dispatcher.LaneNeed) { free -= need.slots }
}
