import Synchronization
package import YggCore

/// How an executor is, for its HTTP and for whoever embeds it.
package struct ExecutorStatus: Sendable {
    package struct Work: Sendable {
        package var key: LeaseKey
        package var kind: TaskKind
        package var title: String
        package var since: Timestamp
    }

    package var lifecycle: Lifecycle
    package var work: [Work]
    package var free: Slots
    package var isRegistered: Bool
    /// How long ago the coordinator last answered; nil where it never did.
    package var heardAgo: Milliseconds?
    package var leaseTTL: Milliseconds
    package var spooledBytes: Int
    /// Why the outbox cannot be written.
    package var spoolFailure: String?
    package var disks = DiskGuard(floor: 0)
    /// nil where nobody looks after them.
    package var models: ModelReport?
    package var uptime: Milliseconds
}

/// Why work without a lease was not begun, or not carried to its end.
package enum ExecutionRefusal: Error, Sendable, Hashable {
    case unknownKind
    /// A person must see first what it would do.
    case mustBeShown
    case paused, stopping, noSlot
    /// The drain timeout ended it: it can be done again.
    case drained
    /// A disk is too full; the sentence says which.
    case noRoom(String)
    /// It is not running yet, or changes to another store.
    case notReady
}

extension Executor {
    package var status: ExecutorStatus {
        let now = runtime.clock.now()
        let work = runtime.attempts.all.map { attempt in
            ExecutorStatus.Work(
                key: attempt.key,
                kind: attempt.assignment.spec.kind,
                title: attempt.assignment.spec.title,
                since: attempt.acceptedAt
            )
        }
        var status = ExecutorStatus(
            lifecycle: lifecycle,
            work: work,
            free: settings.slots,
            isRegistered: false,
            leaseTTL: .zero,
            spooledBytes: 0,
            uptime: now - startedAt
        )
        guard let tenure = state.withLock({ $0.tenure }) else { return status }
        tenure.seat.withLock { seat in
            status.free = seat.control.freeSlots
            status.isRegistered = seat.isRegistered
            status.heardAgo = seat.heardAt.map { now - $0 }
            status.leaseTTL = seat.ttl
            status.spooledBytes = seat.control.spooledBytes
            status.disks = seat.disks
            status.models = seat.control.models
        }
        status.spoolFailure = tenure.journal.failure?.description
        return status
    }

    /// Whether the thread that renews leases answers. Does not return while it hangs.
    package func answers() async -> Bool {
        await withCheckedContinuation { continuation in
            runtime.machine.thread.run { continuation.resume(returning: true) }
        }
    }

    package var lifecycle: Lifecycle {
        state.withLock { state in
            state.tenure.map { tenure in tenure.seat.withLock { $0.control.lifecycle } } ?? state.lifecycle
        }
    }

    /// Asks it to stop; asked again, it stops now. Returns at once.
    package func terminate() { tell(.terminate) { $0.handle(.terminate, now: $1, time: $2) } }

    /// Whether it has stopped in order to be started anew.
    package var wantsRestart: Bool {
        let lifecycle = lifecycle
        return lifecycle.state == .stopped && lifecycle.wantsRestart
    }

    /// Asks it to pause, resume, drain, stop or restart. Returns at once.
    package func order(_ order: Lifecycle.Order) {
        tell(.ordered(order)) { $0.handle(.ordered(order), now: $1, time: $2) }
    }

    private func tell(
        _ input: ExecutorControl.Input,
        without: (inout Lifecycle, Instant, Timestamp) -> [Lifecycle.Effect]
    ) {
        let tenure = state.withLock { state in
            if let tenure = state.tenure {
                tenure.post(input)
                return Optional(tenure)
            }
            // Nothing runs, so nothing follows.
            _ = without(&state.lifecycle, runtime.clock.now(), runtime.clock.time())
            return nil
        }
        tenure?.perform()
    }

    /// Runs a task now, without a lease, in slots of this executor.
    ///
    /// It goes on to its end also where nobody waits for the result any more.
    /// - Parameter own: whose attempt it is, where a coordinator asks; else it gets a name of its own.
    /// - Throws: `ExecutionRefusal`, also where it was begun and drained; or `InvalidInput` for its parameters.
    package func execute(
        _ kind: TaskKind,
        params: JSONObject,
        runTimeout: Milliseconds? = nil,
        as own: LeaseKey? = nil
    ) async throws -> FinalReport {
        try await admit(kind, params: params, at: "/parameters", runTimeout: runTimeout, as: own).report { _, _ in }
    }

    /// Takes work without a lease, and the slots for it. It is to be run at once.
    /// - Parameters:
    ///   - pointer: where the parameters stand in what the caller sent.
    ///   - call: what the caller wants of a session.
    func admit(
        _ kind: TaskKind,
        params: JSONObject,
        at pointer: String,
        runTimeout: Milliseconds?,
        as own: LeaseKey?,
        call: SessionCall? = nil
    ) throws -> AdmittedWork {
        guard let handler = settings.handlers.handler(for: kind) else { throw ExecutionRefusal.unknownKind }
        _ = try handler.spec.validate(params, at: pointer)
        // Nobody is here to be shown what it would do.
        guard !handler.spec.tier.contains(.plan) else { throw ExecutionRefusal.mustBeShown }
        let (tenure, number) = state.withLock { state in
            state.executedCount += 1
            return (state.tenure, state.executedCount)
        }
        guard let tenure else { throw ExecutionRefusal.notReady }
        switch tenure.seat.withLock({ $0.control.admit(handler.spec.slots) }) {
        case .granted: break
        case .paused: throw ExecutionRefusal.paused
        case .stopping: throw ExecutionRefusal.stopping
        case .noSlot: throw ExecutionRefusal.noSlot
        case .noRoom(let sentence): throw ExecutionRefusal.noRoom(sentence)
        }
        tenure.syncBell.ring()
        let key = own ?? LeaseKey(task: TaskID(trusted: "local-\(tenure.bootID.prefix(8))-\(number)"), epoch: 0)
        let assignment = Assignment.local(
            key.task,
            handler.spec,
            params: params,
            runTimeout: runTimeout,
            at: runtime.clock.time()
        )
        let attempt = Attempt(
            key: key,
            handler: handler,
            assignment: assignment,
            acceptedAt: runtime.clock.time(),
            call: call
        )
        return AdmittedWork(tenure: tenure, attempt: attempt)
    }
}

/// Work without a lease that has its slots.
struct AdmittedWork: Sendable {
    fileprivate let tenure: Tenure
    fileprivate let attempt: Attempt

    /// Runs it to its end, and gives its slots back. To be called once.
    /// - Parameter emit: is told what would be in a task's log.
    /// - Throws: `ExecutionRefusal.drained`.
    func report(
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) async throws(ExecutionRefusal) -> FinalReport {
        let report = await tenure.execute(attempt, emit: emit)
        if case .interrupted = report.ending { throw .drained }
        return report
    }
}

extension Assignment {
    /// An attempt that nobody leased.
    /// - Parameter seen: what of the kind's tier is shown; as a rule nothing, because whoever asks is who is answered.
    static func local(
        _ id: TaskID,
        _ spec: KindSpec,
        params: JSONObject,
        runTimeout: Milliseconds?,
        showing seen: Set<Tier> = [],
        at time: Timestamp
    ) -> Assignment {
        var timeouts = Timeouts.defaults(forPrefix: spec.kind.prefix)
        if let timeout = runTimeout ?? spec.timeout { timeouts.run = timeout }
        return Assignment(
            spec: TaskSpec(
                id: id,
                kind: spec.kind,
                title: spec.kind.rawValue,
                params: params,
                createdAt: time,
                timeouts: timeouts,
                skippedTier: Tier.allCases.filter { !seen.contains($0) }
            ),
            phase: .run,
            attempt: 1,
            slots: spec.slots,
            offline: .continue
        )
    }
}
