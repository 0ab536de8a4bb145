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

/// A submission that was checked as far as it can be without the store.
struct PreparedTask: Sendable {
    var spec: TaskSpec
    var lane: Lane
    var author: Author
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
        by author: Author = .local
    ) async throws -> SubmitResult {
        try checkRoom()
        let now = machine.time()
        var prepared: PreparedTask
        do throws(Problem) {
            prepared = try await prepare(submission, by: author, at: now)
        } catch {
            // What is refused now may have been taken before: its kind can have changed since.
            guard let known = try await replay(idempotency) else { throw error }
            return known
        }
        prepared.idempotency = idempotency
        let waits = !prepared.spec.dependsOn.isEmpty || (prepared.spec.notBefore ?? now) > now
        let reservation = withControl { control, _ in
            prepared.laneID = control.lanes[prepared.lane]
            return waits ? nil : prepared.laneID.flatMap { control.reserve($0, now: machine.now()) }
        }
        return try await store(prepared, reservation: reservation, at: now)
    }

    private func replay(_ idempotency: IdempotencyKey?) async throws -> SubmitResult? {
        guard let idempotency else { return nil }
        return try await database.read { [store] tx in
            guard let known = try idempotency.answer(in: tx), let stored = try store.task(known, in: tx) else {
                return nil
            }
            return SubmitResult(kind: .replayed, task: stored.task)
        }
    }

    /// Stores many tasks in one commit; each gets an answer of its own. Sent again under the same key, what was stored
    /// is answered and what was refused is tried anew.
    package func submit(
        batch: [Result<TaskSubmission, Problem>],
        idempotency: IdempotencyKey? = nil,
        by author: Author = .local
    ) async throws -> [Result<SubmitResult, Problem>] {
        try checkRoom()
        let now = machine.time()
        var items: [Result<PreparedTask, Problem>] = []
        for (index, item) in batch.enumerated() {
            do throws(Problem) {
                var prepared = try await prepare(try item.get(), by: author, at: now)
                prepared.idempotency = idempotency?.item(index)
                items.append(.success(prepared))
            } catch {
                items.append(.failure(error))
            }
        }
        let prepared = withControl { control, _ in
            items.map { item in
                item.map { prepared in
                    var prepared = prepared
                    prepared.laneID = control.lanes[prepared.lane]
                    return prepared
                }
            }
        }
        return try await database.write { [self] tx in
            var effects = StoreEffects()
            // A mark for the whole: another body under the same key is refused whatever its items are.
            if let idempotency, try idempotency.answer(in: tx) == nil {
                try idempotency.remember(TaskID(trusted: ""), at: now, in: tx)
            }
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
        if let existing = try findExisting(prepared, at: now, in: tx) { return existing }
        let spec = prepared.spec
        try checkShare(of: prepared.author, in: tx)
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
        try prepared.idempotency?.remember(spec.id, at: now, in: tx)
        try noteSubmission(stored, by: prepared.author, .taskSubmit, at: now, in: tx)
        if isGranted { effects.granted.append(stored) }
        effects.outcome.note(stored)
        return SubmitResult(kind: .created, task: task)
    }

    private func findExisting(
        _ prepared: PreparedTask,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws -> SubmitResult? {
        if let idempotency = prepared.idempotency, let known = try idempotency.answer(in: tx),
            let stored = try store.task(known, in: tx)
        {
            return SubmitResult(kind: .replayed, task: stored.task)
        }
        guard let stored = try findNamed(prepared, in: tx) else { return nil }
        // Remembered as well: once that task has ended, the same key must not make another one.
        try prepared.idempotency?.remember(stored.task.id, at: now, in: tx)
        return SubmitResult(kind: .existing, task: stored.task)
    }

    /// The task that has the submission's id, or the unfinished one that has its `dedupeKey`.
    private func findNamed(_ prepared: PreparedTask, in tx: any SQLTransaction) throws -> StoredTask? {
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
            return stored
        }
        return try prepared.spec.dedupeKey.flatMap { try store.liveTask(dedupeKey: $0, in: tx) }
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
        if let fingerprint, fingerprint == other.fingerprint { return true }
        return kind == other.kind && title == other.title && description == other.description && params == other.params
            && labels == other.labels && priority == other.priority && notBefore == other.notBefore
            && timeouts == other.timeouts && retry == other.retry && dependsOn == other.dependsOn
            && onDependencyFailure == other.onDependencyFailure && dedupeKey == other.dedupeKey
            && tier == other.tier && skippedTier == other.skippedTier
    }
}
