import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

/// How a submission was answered.
package struct SubmitResult: Sendable {
    package enum Kind: Sendable {
        case created
        /// The same task was there already: same id and body, or same `dedupeKey`.
        case existing
        /// The same request was answered before.
        case replayed
    }

    package var kind: Kind
    package var task: FleetTask
}

/// A repeatable request: its key, scoped by principal and route, and what it asked for.
package struct IdempotencyKey: Sendable {
    package var key: String
    package var fingerprint: String

    package init(key: String, fingerprint: String) {
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// A submission that was checked as far as it can be without the store.
struct PreparedTask: Sendable {
    var spec: TaskSpec
    var lane: Lane
    var laneID: LaneID?
    var idempotency: IdempotencyKey?
    /// Whether the client chose the id, and so may mean one that is there.
    var hasOwnID: Bool
}

extension Coordinator {
    /// Stores a task, and where an executor waits for one like it, grants it in the same commit.
    package func submit(
        _ submission: TaskSubmission,
        idempotency: IdempotencyKey? = nil,
        submittedBy: String = "local"
    ) async throws -> SubmitResult {
        let now = machine.time()
        let (prepared, reservation) = try withControl { control, _ in
            var prepared = try prepare(submission, by: submittedBy, at: now, &control)
            prepared.idempotency = idempotency
            let waits = !prepared.spec.dependsOn.isEmpty || (prepared.spec.notBefore ?? now) > now
            let reservation = waits ? nil : prepared.laneID.flatMap { control.reserve($0, now: machine.now()) }
            return (prepared, reservation)
        }
        return try await store(prepared, reservation: reservation, at: now)
    }

    /// Stores many tasks in one commit; each gets an answer of its own.
    package func submit(
        batch: [Result<TaskSubmission, Problem>],
        submittedBy: String = "local"
    ) async throws -> [Result<SubmitResult, Problem>] {
        let now = machine.time()
        let prepared = withControl { control, _ in
            batch.map { item -> Result<PreparedTask, Problem> in
                item.flatMap { submission in
                    Result { () throws(Problem) in try prepare(submission, by: submittedBy, at: now, &control) }
                }
            }
        }
        return try await database.write { [self] tx in
            var effects = StoreEffects()
            let results = prepared.map { item -> Result<SubmitResult, any Error> in
                switch item {
                case .failure(let problem): .failure(problem)
                case .success(let prepared):
                    Result { try insert(prepared, reservation: nil, at: now, &effects, in: tx) }
                }
            }
            let final = effects
            tx.afterCommit { self.follow(final, reservation: nil) }
            return try results.map { result in
                do { return .success(try result.get()) } catch let problem as Problem { return .failure(problem) }
            }
        }
    }

    private func store(
        _ prepared: PreparedTask,
        reservation: Dispatcher.Reservation?,
        at now: Timestamp
    ) async throws -> SubmitResult {
        do {
            return try await database.write { [self] tx in
                var effects = StoreEffects()
                let result = try insert(prepared, reservation: reservation, at: now, &effects, in: tx)
                let final = effects
                tx.afterCommit { self.follow(final, reservation: reservation) }
                return result
            }
        } catch {
            // Nothing was stored: whoever was reserved is free again.
            if let reservation {
                withControl { control, work in
                    control.dispatch(
                        .settled(.init(executor: reservation.executor, reservation: reservation)),
                        now: machine.now(),
                        into: &work
                    )
                }
            }
            throw error
        }
    }

    // MARK: Inside the transaction

    /// What a commit of new tasks means outside the store.
    private struct StoreEffects: Sendable {
        var lanes: [(Lane, LaneID)] = []
        var outcome = Transition.Outcome()
        var granted: [StoredTask] = []
    }

    /// Looks at key, id and dedupe key in this order, then inserts.
    private func insert(
        _ prepared: PreparedTask,
        reservation: Dispatcher.Reservation?,
        at now: Timestamp,
        _ effects: inout StoreEffects,
        in tx: any SQLTransaction
    ) throws -> SubmitResult {
        if let existing = try findExisting(prepared, in: tx) { return existing }
        let spec = prepared.spec
        let laneID = try prepared.laneID ?? LaneStore.identifier(of: prepared.lane, in: tx)
        if prepared.laneID == nil { effects.lanes.append((prepared.lane, laneID)) }
        var (task, dependencies) = try resolveDependencies(of: spec, at: now, in: tx)
        var events = [EventDraft.state(of: task, at: now)]
        let isGranted = try reservation != nil && task.state == .queued && !store.hasQueued(in: laneID, in: tx)
        if isGranted, let reservation {
            task = try task.applying(.granted(to: reservation.executor), at: now, jitter: 0)
            events.append(.state(of: task, at: now))
        }
        let stored = try store.insert(task, lane: laneID, events: events, in: tx)
        for dependency in dependencies { try store.addEdge(from: dependency, to: stored.num, in: tx) }
        if let idempotency = prepared.idempotency {
            try IdempotencyStore.save(
                idempotency.key,
                fingerprint: idempotency.fingerprint,
                task: spec.id,
                at: now,
                in: tx
            )
        }
        if isGranted { effects.granted.append(stored) }
        effects.outcome.note(stored)
        return SubmitResult(kind: .created, task: task)
    }

    private func findExisting(_ prepared: PreparedTask, in tx: any SQLTransaction) throws -> SubmitResult? {
        if let idempotency = prepared.idempotency, let known = try IdempotencyStore.find(idempotency.key, in: tx) {
            guard known.fingerprint == idempotency.fingerprint else {
                throw Problem(
                    status: 422,
                    code: "idempotency-key-reused",
                    title: "Idempotency-Key reused",
                    detail: "This Idempotency-Key was used with another body, for task \(known.task).",
                    nextAction: "Use a new key for a new request."
                )
            }
            if let stored = try store.task(known.task, in: tx) {
                return SubmitResult(kind: .replayed, task: stored.task)
            }
        }
        if prepared.hasOwnID, let stored = try store.task(prepared.spec.id, in: tx) {
            guard stored.task.spec.asksTheSame(as: prepared.spec) else {
                throw Problem(
                    status: 409,
                    code: "task-exists",
                    title: "Task exists",
                    detail: "There is a task \(prepared.spec.id) already, and it asks for something else.",
                    nextAction: "Choose another id, or leave it out."
                )
            }
            return SubmitResult(kind: .existing, task: stored.task)
        }
        if let key = prepared.spec.dedupeKey, let stored = try store.liveTask(dedupeKey: key, in: tx) {
            return SubmitResult(kind: .existing, task: stored.task)
        }
        return nil
    }

    /// The task in its first state, and the rows of the tasks that it waits for.
    private func resolveDependencies(
        of spec: TaskSpec,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws -> (FleetTask, [Int64]) {
        var open: [Int64] = []
        var failed: TaskID?
        for id in spec.dependsOn {
            guard id != spec.id else {
                throw Problem(
                    status: 422,
                    code: "dependency-cycle",
                    title: "Dependency cycle",
                    detail: "Task \(id) would wait for itself.",
                    nextAction: "Remove it from its own dependsOn."
                )
            }
            guard let dependency = try store.task(id, in: tx) else {
                throw Problem(
                    status: 422,
                    code: "unknown-dependency",
                    title: "Unknown dependency",
                    detail: "There is no task \(id) to wait for.",
                    nextAction: "Submit it first; in a batch, put it before those that wait for it."
                )
            }
            if !dependency.task.state.isTerminal {
                open.append(dependency.num)
            } else if !dependency.task.isSuccess {
                failed = failed ?? id
            }
        }
        guard let failed, spec.onDependencyFailure == .fail else {
            return (FleetTask(submitted: spec, openDependencies: open.count), open)
        }
        let task = FleetTask(submitted: spec, openDependencies: open.count + 1)
        return (try task.applying(.dependencyEnded(failed, succeeded: false), at: now, jitter: 0), [])
    }

    // MARK: After the commit

    private func follow(_ effects: StoreEffects, reservation: Dispatcher.Reservation?) {
        withControl { control, work in
            let now = machine.now()
            for (lane, id) in effects.lanes { control.learnLane(lane, id: id, now: now, into: &work) }
            if let reservation {
                let granted = begin(effects.granted, on: reservation.executor, now: now, &control, &work)
                control.dispatch(
                    .settled(.init(executor: reservation.executor, reservation: reservation, granted: granted)),
                    now: now,
                    into: &work
                )
            }
            follow(effects.outcome, &control, &work)
        }
        events.notify(effects.outcome.touched)
    }
}

extension TaskSpec {
    /// Whether two specifications of one id mean the same work, whenever and by whatever way they came.
    fileprivate func asksTheSame(as other: TaskSpec) -> Bool {
        kind == other.kind && title == other.title && description == other.description && params == other.params
            && labels == other.labels && priority == other.priority && notBefore == other.notBefore
            && timeouts == other.timeouts && retry == other.retry && dependsOn == other.dependsOn
            && onDependencyFailure == other.onDependencyFailure && dedupeKey == other.dedupeKey
    }
}
