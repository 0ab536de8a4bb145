import YggCore
import YggProtocol

extension Control {
    /// The number under which the Forwarder waits for work. Long polls are counted from 1.
    static let forwardedPoll: Int64 = 0
    /// The boot id of those who have none of their own.
    static let forwardedBoot = "forwarded"

    /// Feeds the Forwarder, and does what it decided as far as that is memory. The rest is the lock's holder's.
    mutating func forward(_ input: Forwarder.Input, now: Instant, into work: inout Work) {
        for effect in forwarder.handle(input, now: now, jitter: machine.jitter) {
            switch effect {
            case .park(let id):
                dispatch(.parked(id, poll: Self.forwardedPoll, capacity: nil), now: now, into: &work)
            case .unpark(let id): dispatch(.unparked(id, poll: Self.forwardedPoll), now: now, into: &work)
            case .renew(let id, let held):
                let heard = LeaseKeeper.Heard(executor: id, bootID: Self.forwardedBoot, seen: 0, held: held)
                keep(.heard(heard), now: now, into: &work)
            case .show(let id, .lost): miss(id, now: now, at: machine.time(), into: &work)
            case .show(let id, let state):
                hear(LifecycleAccount(state: state), of: id, now: now, at: machine.time(), into: &work)
            case .introduce(let id, let reply): meet(id, reply, now: now, into: &work)
            case .lose(let key, let interruption):
                noteLoss(of: key, interruption, now: now)
                work.lost.append((key, interruption))
            case .call, .drop, .conclude, .tell: work.forwards.append(effect)
            }
        }
    }

    private mutating func noteLoss(of key: LeaseKey, _ interruption: Interruption, now: Instant) {
        guard interruption == .declined, let executor = leases.terms(of: key)?.executor else {
            return declines.forget(key.task)
        }
        let reason = forwarder.trouble(of: executor) ?? "it did not take it"
        declines.note(key.task, by: executor, reason: reason, now: now)
    }

    /// What a change of leases means for attempts that the Forwarder carries out.
    mutating func mirror(_ input: LeaseKeeper.Input, now: Instant, into work: inout Work) {
        switch input {
        case .granted(let key, let terms) where forwarder.drives(terms.executor):
            forward(.granted(key, terms.executor, terms.assignment), now: now, into: &work)
        case .restored(let key, let terms, let isCancelled) where forwarder.drives(terms.executor):
            forward(
                .restored(key, terms.executor, terms.assignment, isCancelled: isCancelled),
                now: now,
                into: &work
            )
        case .cancelled(let key) where forwarder.holds(key): forward(.cancelled(key), now: now, into: &work)
        case .ended(let key) where forwarder.holds(key),
            .revoked(let key) where forwarder.holds(key):
            forward(.ended(key), now: now, into: &work)
        default: break
        }
    }

    // MARK: Services

    /// A service has registered, now or before a restart.
    /// - Parameter heard: when it was last heard by this process.
    mutating func learn(
        _ stored: StoredService,
        heard: Instant?,
        now: Instant,
        into work: inout Work
    ) {
        let service = stored.service
        services[service.id] = ServiceRecord(service: service, lastSeenAt: stored.lastSeenAt)
        let record = ExecutorRecord(
            offer: stored.offer,
            instance: "",
            bootID: Self.forwardedBoot,
            host: service.address.host,
            registeredAt: service.registeredAt,
            state: .running,
            since: machine.time(),
            lastHeard: heard,
            lastSeen: stored.lastSeenAt
        )
        learn(record, isService: true, now: now, into: &work)
        forward(
            .joined(service.id, slots: stored.offer.slots["default"], isIdempotent: service.isIdempotent),
            now: now,
            into: &work
        )
    }

    mutating func forgetService(_ id: ExecutorID, now: Instant, into work: inout Work) {
        services[id] = nil
        executors[id] = nil
        kinds.forget(id)
        keep(.forgotten(id), now: now, into: &work)
        dispatch(.executorRemoved(id), now: now, into: &work)
    }

    // MARK: Fixed addresses

    /// An executor that the configuration gives an address and that never registered.
    mutating func expect(_ fixed: AgentDirectory.Fixed, now: Instant, into work: inout Work) {
        // Known to the Dispatcher already, so that slots of leases from before a restart are counted.
        dispatch(.executorChanged(fixed.placeholder, .unregistered), now: now, into: &work)
        forward(.configured(fixed.id), now: now, into: &work)
    }

    private mutating func meet(_ id: ExecutorID, _ reply: AgentReply, now: Instant, into work: inout Work) {
        guard let fixed = agents.fixed[id] else { return }
        var offer: ExecutorOffer
        do {
            var reader = try ObjectReader(reply.json ?? .null)
            offer = try ExecutorOffer(reading: &reader)
            guard offer.id == id else {
                throw InvalidInput("/id", "is \(offer.id): another executor lives at \(fixed.address)")
            }
        } catch {
            return forward(
                .misunderstood(id, reason: "its /info is not an executor's: \(error)"),
                now: now,
                into: &work
            )
        }
        offer.url = fixed.address.url
        offer.window = 0
        if fixed.name != id.rawValue { offer.name = fixed.name }
        let record = ExecutorRecord(
            offer: offer,
            instance: "",
            bootID: Self.forwardedBoot,
            host: fixed.address.host,
            registeredAt: machine.time(),
            state: .running,
            since: machine.time(),
            lastHeard: now,
            lastSeen: machine.time()
        )
        learn(record, now: now, into: &work)
        forward(.understood(id, slots: offer.slots["default"]), now: now, into: &work)
    }
}

extension AgentDirectory.Fixed {
    /// What is known of it before it was asked.
    var placeholder: ExecutorOffer {
        .unknown(id, name: name, url: address.url)
    }
}

/// A service with what it takes.
struct StoredService: Sendable {
    var service: AgentService
    var offer: ExecutorOffer
    var lastSeenAt: Timestamp
}

/// What the coordinator knows of one service beyond what every executor has.
struct ServiceRecord: Sendable {
    var service: AgentService
    /// The words of its last heartbeat.
    var status: String?
    var currentTask: JSON?
    var lastSeenAt: Timestamp
}
