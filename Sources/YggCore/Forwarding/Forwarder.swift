/// Drives those who do not dial in: services, and executors at fixed addresses that never registered.
///
/// To the Dispatcher and the LeaseKeeper they are executors like any other: the Forwarder waits for work in their name
/// while they can take it, renews their leases while they are heard, and turns what they answer into last words. It
/// sends nothing and stores nothing itself; whoever performs its effects tells it what came of them.
///
/// Nothing is executed twice unasked. What was not sent goes back to the queue. What was sent, and whose answer never
/// came, ends as the task's policy for vanished executors says, unless the agent promised to remember what it answered.
package struct Forwarder: Sendable {
    package struct Settings: Sendable {
        /// How long anybody may be silent.
        package var ttl: Milliseconds
        /// How long after the start a fixed executor may register before it is called.
        package var registrationGrace: Milliseconds
        /// The waits after failures in a row: doubled from the first to the last.
        package var backoff: ClosedRange<Milliseconds>
        /// How long the answer to a question may take.
        package var callTimeout: Milliseconds
        /// How far apart an agent is asked about one attempt.
        package var statusInterval: Milliseconds
        /// How often `.tick` comes.
        package var tickInterval: Milliseconds

        package init(
            ttl: Milliseconds = .seconds(30),
            registrationGrace: Milliseconds = .minutes(1),
            backoff: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.minutes(1),
            callTimeout: Milliseconds = .seconds(10),
            statusInterval: Milliseconds = .seconds(2),
            tickInterval: Milliseconds = .seconds(1)
        ) {
            self.ttl = ttl
            self.registrationGrace = registrationGrace
            self.backoff = backoff
            self.callTimeout = callTimeout
            self.statusInterval = statusInterval
            self.tickInterval = tickInterval
        }
    }

    /// Who is driven.
    package enum Nature: Sendable, Hashable {
        /// It registered, and says by itself that it lives.
        case service
        /// It is asked whether it lives, and what it offers.
        case fixed
    }

    package enum Input: Sendable {
        /// A service registered, or is known from the store.
        case joined(ExecutorID, slots: Int, isIdempotent: Bool)
        /// An executor that never registered has a fixed address.
        case configured(ExecutorID)
        /// It was introduced, and what it offers was understood; or why not.
        case understood(ExecutorID, slots: Int)
        case misunderstood(ExecutorID, reason: String)
        /// A heartbeat, with the state that it told.
        case heard(ExecutorID, ExecutorState)
        /// It was asked to pause, resume or stop, and agreed: this is how it is until it says otherwise.
        case agreed(ExecutorID, ExecutorState)
        /// It is not to be driven any more. What it was sent is lost where it left, and goes on to its end where it
        /// registered as an executor.
        case left(ExecutorID, hasRegistered: Bool)
        case granted(LeaseKey, ExecutorID, Assignment)
        /// A lease from before a restart: whether the attempt was ever sent is unknown.
        case restored(LeaseKey, ExecutorID, Assignment, isCancelled: Bool)
        case cancelled(LeaseKey)
        /// The lease is over, whoever ended it.
        case ended(LeaseKey)
        case answered(Int64, ForwardedAnswer)
        case tick
        /// The coordinator stops: nothing new is begun.
        case leaving
    }

    package enum Effect: Sendable, Equatable {
        case call(ForwardedCall)
        /// Close the connection of a call; its answer is of no interest.
        case drop(Int64)
        /// Wait for work in its name, or no longer.
        case park(ExecutorID)
        case unpark(ExecutorID)
        case renew(ExecutorID, Set<LeaseKey>)
        case show(ExecutorID, ExecutorState)
        /// What an executor at a fixed address said of itself.
        case introduce(ExecutorID, AgentReply)
        case conclude(LeaseKey, FinalReport)
        case lose(LeaseKey, Interruption)
        /// A sentence for the task's log.
        case tell(LeaseKey, String)
    }

    struct Peer {
        var nature: Nature
        var slots = 1
        /// Of a service: whether it promised to answer a repeated request with the result it gave.
        var isIdempotent = false
        /// Silent from then on.
        var deadline: Instant
        var isSilent = false
        /// What it says of itself.
        var state = ExecutorState.running
        /// Whether what it offers is known.
        var isKnown = false
        /// Whether only what it was sent before is still of interest.
        var isRetired = false
        var isParked = false
        /// Left alone until then, and why.
        var hold: (until: Instant, reason: String)?
        /// Refusals and broken calls since it last took an attempt.
        var refusals = 0
        /// Of a fixed executor: when it is asked again, and how often in a row it did not answer.
        var nextLook: Instant?
        var missedLooks = 0
        /// The question under way, one at a time.
        var question: Int64?
    }

    struct Attempt {
        enum Stage {
            /// `/execute` is under way. A repetition asks for the result of what was sent before a restart.
            case executing(call: Int64, isRepetition: Bool)
            case asking(call: Int64)
            /// To be asked about again.
            case waiting(until: Instant)
            /// Cancelled, with its connection closed: the LeaseKeeper ends it at the deadline.
            case closed
            /// Its end is being stored; told again where that takes long.
            case ending(Effect, again: Instant)
        }

        var executor: ExecutorID
        var assignment: Assignment
        var stage: Stage
        /// When its run timeout is over.
        var deadline: Instant?
        /// Questions about it in a row that were not answered.
        var unanswered = 0
    }

    let settings: Settings
    var peers: [ExecutorID: Peer] = [:]
    var attempts: [LeaseKey: Attempt] = [:]
    var calls: [Int64: ForwardedCall] = [:]
    private var lastCall: Int64 = 0
    private var lastTick: Instant?
    private var isLeaving = false
    /// Gathered while one input is handled.
    private var effects: [Effect] = []
    private(set) var jitter = 0.5

    package init(settings: Settings = Settings()) { self.settings = settings }

    /// Whether leases of this executor are the Forwarder's to carry out.
    package func drives(_ executor: ExecutorID) -> Bool { peers[executor].map { !$0.isRetired } ?? false }

    /// Whether an attempt under this lease is carried out here.
    package func holds(_ key: LeaseKey) -> Bool { attempts[key] != nil }

    /// A call that was not answered yet.
    package func call(_ number: Int64) -> ForwardedCall? { calls[number] }

    package func nature(of executor: ExecutorID) -> Nature? { peers[executor]?.nature }

    package func isTaking(_ executor: ExecutorID) -> Bool { peers[executor]?.isParked ?? false }

    /// What was sent to an executor and is not over.
    package func leases(of executor: ExecutorID) -> Set<LeaseKey> {
        guard peers[executor] != nil else { return [] }
        return Set(attempts.filter { $0.value.executor == executor }.keys)
    }

    /// Why an agent that runs is given nothing at the moment.
    package func trouble(of executor: ExecutorID) -> String? { peers[executor]?.hold?.reason }

    /// - Parameter jitter: a random number from 0 to 1.
    package mutating func handle(_ input: Input, now: Instant, jitter: Double = 0.5) -> [Effect] {
        self.jitter = jitter
        effects = []
        switch input {
        case .joined(let id, let slots, let isIdempotent):
            join(id, slots: slots, isIdempotent: isIdempotent, now: now)
        case .configured(let id): configure(id, now: now)
        case .understood(let id, let slots): understand(id, slots: slots)
        case .misunderstood(let id, let reason): hold(id, reason, retryAfter: nil, now: now)
        case .heard(let id, let state): hear(id, state, now: now)
        case .agreed(let id, let state): agree(id, state, now: now)
        case .left(let id, let hasRegistered): leave(id, hasRegistered: hasRegistered, now: now)
        case .granted(let key, let executor, let assignment): begin(key, executor, assignment, now: now)
        case .restored(let key, let executor, let assignment, let isCancelled):
            restore(key, executor, assignment, isCancelled: isCancelled, now: now)
        case .cancelled(let key): cancel(key)
        case .ended(let key): end(key)
        case .answered(let number, let answer): take(answer, of: number, now: now)
        case .tick: tick(now: now)
        case .leaving: isLeaving = true
        }
        parkThoseWhoCan()
        return effects
    }

    // MARK: What both halves use

    mutating func emit(_ effect: Effect) { effects.append(effect) }

    mutating func call(_ executor: ExecutorID, _ purpose: ForwardedCall.Purpose, timeout: Milliseconds) -> Int64 {
        lastCall += 1
        let call = ForwardedCall(number: lastCall, executor: executor, purpose: purpose, timeout: timeout)
        calls[lastCall] = call
        emit(.call(call))
        return lastCall
    }

    mutating func drop(_ call: Int64) {
        if calls.removeValue(forKey: call) != nil { emit(.drop(call)) }
    }

    /// The wait after so many failures in a row: anywhere in the upper half of the doubled one, so that agents which
    /// failed together are not called together.
    /// - Parameter least: what the agent itself asked for with `Retry-After`; an hour is believed.
    func delay(after failures: Int, atLeast least: Milliseconds? = nil) -> Milliseconds {
        let doubled = settings.backoff.lowerBound * (1 << Int64(min(max(0, failures - 1), 16)))
        let limit = min(doubled, settings.backoff.upperBound)
        let wait = Milliseconds(Int64(Double(limit.rawValue) * (0.5 + min(max(jitter, 0), 1) / 2)))
        return max(wait, min(least ?? .zero, .hours(1)))
    }

    private mutating func take(_ answer: ForwardedAnswer, of number: Int64, now: Instant) {
        // The answer of a call that was dropped means nothing any more.
        guard let call = calls.removeValue(forKey: number) else { return }
        switch call.purpose {
        case .execute(let key, _): takeExecution(answer, of: key, call: number, now: now)
        case .status(let key): takeStatus(answer, of: key, call: number, now: now)
        case .probe, .info, .health: takeQuestion(answer, call, now: now)
        }
    }

    private mutating func tick(now: Instant) {
        forgiveGap(now: now)
        for id in peers.keys.sorted() { look(after: id, now: now) }
        for key in attempts.keys.sorted() { look(after: key, now: now) }
        for (id, peer) in peers where !peer.isSilent && !peer.isRetired {
            let held = leases(of: id)
            if peer.isKnown || !held.isEmpty { emit(.renew(id, held)) }
        }
    }

    /// A coordinator that was itself stopped or starved has heard nobody in that time, and judges nobody for it.
    private mutating func forgiveGap(now: Instant) {
        defer { lastTick = now }
        guard let lastTick, case let gap = now - lastTick, gap > settings.tickInterval * 3 else { return }
        for id in peers.keys { peers[id]?.deadline += gap }
    }

    private mutating func parkThoseWhoCan() {
        for (id, peer) in peers {
            let mayTake =
                !isLeaving && peer.isKnown && !peer.isRetired && !peer.isSilent && peer.state == .running
                && peer.hold == nil
            guard mayTake != peer.isParked else { continue }
            peers[id]?.isParked = mayTake
            emit(mayTake ? .park(id) : .unpark(id))
        }
    }
}
