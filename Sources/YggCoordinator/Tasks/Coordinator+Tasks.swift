package import YggCore
import YggProtocol
package import YggStorage

extension Coordinator {
    /// - Throws: a 404 problem where there is no such task.
    package func task(_ id: TaskID) async throws -> FleetTask { try await stored(id).task }

    func stored(_ id: TaskID) async throws -> StoredTask {
        try await database.read { [store] tx in try Self.find(id, store, tx) }
    }

    private static func find(_ id: TaskID, _ store: TaskStore, _ tx: any SQLTransaction) throws -> StoredTask {
        guard let stored = try store.task(id, in: tx) else {
            throw Problem.notFound("task \(id)", next: "List tasks with: ygg task list, or GET /v1/tasks.")
        }
        return stored
    }

    /// The task once its version is another than `index`, or as it is after `limit`.
    package func task(_ id: TaskID, changedSince index: Int64, within limit: Milliseconds) async throws -> FleetTask {
        let signals = events.signals(for: id)
        let first = try await task(id)
        guard first.version == index, !first.state.isTerminal else { return first }
        return try await withThrowingTaskGroup(of: FleetTask?.self) { group in
            group.addTask {
                for await _ in signals {
                    let task = try await self.task(id)
                    if task.version != index { return task }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: limit.duration)
                return nil
            }
            defer { group.cancelAll() }
            if let changed = try await group.next() ?? nil { return changed }
            return try await task(id)
        }
    }

    /// A page of tasks, newest first, and the cursor of the next.
    package func tasks(
        _ filter: TaskFilter,
        before cursor: Int64?,
        limit: Int
    ) async throws -> (items: [FleetTask], next: Int64?) {
        let stored = try await database.read { [store] tx in
            try store.list(filter, before: cursor, limit: limit + 1, in: tx)
        }
        let page = stored.prefix(limit)
        return (page.map(\.task), stored.count > limit ? page.last?.num : nil)
    }

    package func events(
        of id: TaskID,
        after: Int64,
        limit: Int
    ) async throws -> (page: TaskStore.EventPage, task: FleetTask, lastSeq: Int64) {
        try await database.read { [store] tx in
            let stored = try Self.find(id, store, tx)
            let page = try store.events(of: stored.num, after: after, limit: limit, in: tx)
            return (page, stored.task, stored.nextSeq - 1)
        }
    }

    /// Ends a task, or asks its executor to. A task that was cancelled already stays so.
    package func cancel(_ id: TaskID) async throws -> FleetTask {
        let now = machine.time()
        let jitter = jitter
        return try await database.write { [self] tx in
            var stored = try Self.find(id, store, tx)
            if stored.task.state == .cancelled || stored.task.cancelRequested { return stored.task }
            guard !stored.task.state.isTerminal else {
                throw Problem(
                    status: 409,
                    code: "task-finished",
                    title: "Task finished",
                    detail: "Task \(id) is \(stored.task.state.rawValue): there is nothing left to cancel.",
                    nextAction: "Nothing; or submit it again with: ygg task retry \(id)"
                )
            }
            var transition = Transition(store, tx, now: now, jitter: jitter)
            try transition.apply(.cancel, to: &stored)
            let outcome = transition.outcome
            let key = LeaseKey(task: id, epoch: stored.task.epoch)
            let executor = stored.task.state == .running ? stored.task.executor : nil
            tx.afterCommit {
                self.withControl { control, work in
                    self.follow(outcome, &control, &work)
                    guard let executor else { return }
                    control.keep(.cancelled(key), now: self.machine.now(), into: &work)
                    control.releasePoll(of: executor, into: &work)
                }
                self.events.notify(outcome.touched)
            }
            return stored.task
        }
    }

    /// A new task that asks for the same, or an end to the delay of one that waits for a time.
    package func retry(_ id: TaskID) async throws -> (task: FleetTask, isNew: Bool) {
        let now = machine.time()
        var random = Chance(draw: machine.random)
        let newID = withControl { control, _ in control.ids.next(at: now, random: &random) }
        let jitter = jitter
        return try await database.write { [self] tx in
            var stored = try Self.find(id, store, tx)
            if stored.task.state == .scheduled {
                var transition = Transition(store, tx, now: now, jitter: jitter)
                try transition.apply(.due, to: &stored)
                let outcome = transition.outcome
                tx.afterCommit { self.settle(outcome) }
                return (stored.task, false)
            }
            guard stored.task.state.isTerminal else {
                throw Problem(
                    status: 409,
                    code: "task-unfinished",
                    title: "Task unfinished",
                    detail: "Task \(id) is \(stored.task.state.rawValue): only one that has ended can be tried anew.",
                    nextAction: "Wait for its end, or cancel it first: ygg task cancel \(id)"
                )
            }
            let again = try store.insert(
                FleetTask(submitted: stored.task.spec.again(as: newID, at: now)),
                lane: stored.lane,
                events: [.state(of: FleetTask(submitted: stored.task.spec.again(as: newID, at: now)), at: now)],
                in: tx
            )
            var outcome = Transition.Outcome()
            outcome.note(again)
            let final = outcome
            tx.afterCommit { self.settle(final) }
            return (again.task, true)
        }
    }
}

extension TaskSpec {
    /// The same work as a new task: without its delay, its dependencies and its dedupe key, which were about then.
    fileprivate func again(as id: TaskID, at now: Timestamp) -> TaskSpec {
        TaskSpec(
            id: id,
            kind: kind,
            title: title,
            description: description,
            params: params,
            labels: labels,
            priority: priority,
            source: source,
            submittedBy: submittedBy,
            createdAt: now,
            timeouts: timeouts,
            retry: retry,
            onLost: onLost,
            parent: parent,
            retryOf: self.id,
            continues: continues,
            needsPlan: needsPlan
        )
    }
}
