import YggCore
import YggStorage

/// The memory of a coordinator: the deciding values, and what is known of each executor. One lock guards it, and
/// nothing is awaited under it.
struct Control {
    var dispatcher: Dispatcher
    var leases: LeaseKeeper
    var forwarder: Forwarder
    let agents: AgentDirectory
    var declines = Declines()
    var lanes: [Lane: LaneID] = [:]
    var executors: [ExecutorID: ExecutorRecord] = [:]
    /// Those of the executors that are services.
    var services: [ExecutorID: ServiceRecord] = [:]
    var kinds: KindCatalogue
    let machine: Machine
    /// Long polls that are held.
    var polls: [Int64: HeldPoll] = [:]
    var lastPoll: Int64 = 0
    var ids = TaskIDMaker()
    var isLeaving = false
    /// The farewell of this coordinator is being recorded, or is: the one before it is not looked at any more.
    var recordsFarewell = false

    /// What the lock's holder must do after releasing it.
    struct Work {
        var polls: [HeldPoll] = []
        var claims: [Dispatcher.ClaimOrder] = []
        var lost: [(key: LeaseKey, interruption: Interruption)] = []
        var overdueCancels: [LeaseKey] = []
        /// What the Forwarder wants sent, dropped and stored.
        var forwards: [Forwarder.Effect] = []
        /// Orders to executors that have come true.
        var settledOrders: [(id: ExecutorID, number: Int64)] = []
        /// Executors that went, and such that are back (nil).
        var absences: [(id: ExecutorID, absence: StoredExecutor.Absence?)] = []
        /// Executors of whose earlier boots nothing is left.
        var settledBoots: [(id: ExecutorID, bootID: String)] = []
    }

    /// Repository roots of all executors that ever registered.
    private(set) var repositoryRoots: Set<String> = []

    /// An executor has registered, now or before a restart.
    /// - Parameter settledBoot: the newest boot whose first word was dealt with, where that is an earlier one.
    mutating func learn(
        _ record: ExecutorRecord,
        isService: Bool = false,
        settledBoot: String? = nil,
        now: Instant,
        into work: inout Work
    ) {
        executors[record.offer.id] = record
        repositoryRoots = Set(executors.values.flatMap(\.offer.repositories))
        kinds.learn(record.offer, isService: isService)
        keep(
            .expected(record.offer.id, bootID: settledBoot ?? record.bootID, isAway: record.absence != nil),
            now: now,
            into: &work
        )
        dispatch(.executorChanged(record.offer, record.routingState), now: now, into: &work)
        if record.pending != nil { keep(.news(record.offer.id), now: now, into: &work) }
    }

    /// Every executor as the Router is shown it.
    var routingViews: [RoutingView] {
        dispatcher.views.map { view in
            var view = view
            view.shortage = executors[view.offer.id]?.shortage
            return view
        }
    }

    // MARK: Deciding

    mutating func dispatch(_ input: Dispatcher.Input, now: Instant, into work: inout Work) {
        for effect in dispatcher.handle(input, now: now) {
            switch effect {
            case .claim(let order): work.claims.append(order)
            case .wake(let id, Self.forwardedPoll):
                // The Forwarder heard of the grant with the lease; it goes on waiting.
                guard forwarder.isTaking(id) else { continue }
                dispatch(.parked(id, poll: Self.forwardedPoll, capacity: nil), now: now, into: &work)
            case .wake(_, let poll): if let held = polls.removeValue(forKey: poll) { work.polls.append(held) }
            case .grant: preconditionFailure("only a submission is answered with a grant, and takes it itself")
            }
        }
    }

    mutating func reserve(_ lane: LaneID, now: Instant) -> Dispatcher.Reservation? {
        for case .grant(let reservation) in dispatcher.handle(.submitting(lane), now: now) { return reservation }
        return nil
    }

    mutating func keep(_ input: LeaseKeeper.Input, now: Instant, into work: inout Work) {
        for effect in leases.handle(input, now: now) {
            switch effect {
            case .lose(let key, let interruption): work.lost.append((key, interruption))
            case .endCancelled(let key): work.overdueCancels.append(key)
            case .executorSilent(let id): miss(id, now: now, at: machine.time(), into: &work)
            case .executorBack(let id): welcomeBack(id, now: now, at: machine.time(), into: &work)
            case .bootSettled(let id, let bootID): work.settledBoots.append((id, bootID))
            }
        }
        if !declines.isEmpty { noteBegun(input) }
        mirror(input, now: now, into: &work)
    }

    /// What was begun, or was lost on the way, was not declined by everybody.
    private mutating func noteBegun(_ input: LeaseKeeper.Input) {
        guard case .heard(let heard) = input, !forwarder.drives(heard.executor) else { return }
        for key in heard.held ?? [] { declines.forget(key.task) }
    }

    mutating func learnLane(_ lane: Lane, id: LaneID, now: Instant, into work: inout Work) {
        guard lanes[lane] == nil else { return }
        lanes[lane] = id
        dispatch(.laneOpened(id, lane), now: now, into: &work)
    }

    /// A lease has ended without its executor: frees its slots and has it told.
    mutating func revoke(_ key: LeaseKey, now: Instant, into work: inout Work) {
        let executor = leases.terms(of: key)?.executor
        keep(.revoked(key), now: now, into: &work)
        guard let executor else { return }
        dispatch(.settled(.init(executor: executor, ended: [key])), now: now, into: &work)
        releasePoll(of: executor, into: &work)
    }

    /// Lets go of the poll of a process that is no more.
    mutating func dismissPoll(of executor: ExecutorID, now: Instant, into work: inout Work) {
        for poll in polls.values where poll.executor == executor {
            dispatch(.unparked(executor, poll: poll.number), now: now, into: &work)
        }
        releasePoll(of: executor, into: &work)
    }

    /// Lets go of the poll of an executor that has news.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func releasePoll(of executor: ExecutorID, into work: inout Work) -> Bool {
        let held = polls.values.filter { $0.executor == executor }.sorted { $0.number < $1.number }
        for poll in held {
            polls[poll.number] = nil
            work.polls.append(poll)
        }
        return !held.isEmpty
    }
}

/// What the coordinator knows of one executor beyond its offer.
struct ExecutorRecord: Sendable {
    var offer: ExecutorOffer
    var instance: String
    var bootID: String
    /// Which of the instance's lives that is; nil where it does not count them.
    var life: Int64?
    var host: String
    var registeredAt: Timestamp
    /// As it last said, or lost.
    var state: ExecutorState
    var since: Timestamp
    var lastHeard: Instant?
    var lastSeen: Timestamp
    /// What it last said of itself.
    var account = LifecycleAccount(state: .running)
    /// What it was asked and has not come true.
    var standing: StandingOrder?
    /// Why it has no room for new work; nil where it has, as far as it said.
    var shortage: String?
}

/// A long poll that waits for news.
struct HeldPoll: Sendable {
    let number: Int64
    let executor: ExecutorID
    let deadline: Instant
    let continuation: CheckedContinuation<Void, Never>
}
