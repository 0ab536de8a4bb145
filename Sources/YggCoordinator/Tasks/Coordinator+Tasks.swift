package import YggCore
import YggProtocol
package import YggStorage

extension Coordinator {
    /// - Throws: a 404 problem where there is no such task.
    package func task(_ id: TaskID) async throws -> FleetTask { try await stored(id).task }

    func stored(_ id: TaskID) async throws -> StoredTask {
        try await database.read { [store] tx in try Self.find(id, store, tx) }
    }

    static func find(_ id: TaskID, _ store: TaskStore, _ tx: any SQLTransaction) throws -> StoredTask {
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
            var page = try store.events(of: stored.num, after: after, limit: limit, in: tx)
            // All that was asked for has been removed.
            if page.events.isEmpty, after < stored.nextSeq - 1 { page.firstStored = stored.nextSeq }
            return (page, stored.task, stored.nextSeq - 1)
        }
    }

    /// Ends a task, or asks its executor to. A task that was cancelled already stays so.
    /// - Parameter version: what the caller knows of it; another one is refused.
    package func cancel(
        _ id: TaskID,
        ifVersion version: Int64? = nil,
        by author: Author = .local
    ) async throws -> FleetTask {
        let now = machine.time()
        return try await database.write { [self] tx in
            var stored = try Self.find(id, store, tx)
            try stored.task.checkOwner(author)
            try stored.task.check(version: version)
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
            var transition = transition(in: tx, at: now)
            try transition.apply(
                .cancel,
                to: &stored,
                decision: ApprovalDecision(.cancelled, by: author.name, at: now)
            )
            try AuditStore.append(AuditEntry(.taskCancel, by: author, at: now, task: id), in: tx)
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

    /// Takes a running task from its executor and queues it again, uncounted. What the executor still says of it is
    /// refused.
    package func requeue(_ id: TaskID, by author: Author = .local) async throws -> FleetTask {
        let now = machine.time()
        return try await database.write { [self] tx in
            var stored = try Self.find(id, store, tx)
            guard stored.task.state == .running else {
                throw Problem(
                    status: 409,
                    code: "task-not-running",
                    title: "Task not running",
                    detail: "Task \(id) is \(stored.task.state.rawValue): there is no attempt to give up.",
                    nextAction: stored.task.state.isTerminal
                        ? "Submit it again with: ygg task retry \(id)" : "See what it waits for: ygg why \(id)"
                )
            }
            let key = LeaseKey(task: id, epoch: stored.task.epoch)
            var transition = transition(in: tx, at: now)
            try transition.apply(.requeued, to: &stored)
            try AuditStore.append(AuditEntry(.taskRequeue, by: author, at: now, task: id), in: tx)
            let outcome = transition.outcome
            tx.afterCommit {
                self.withControl { control, work in
                    control.revoke(key, now: self.machine.now(), into: &work)
                    self.follow(outcome, &control, &work)
                }
                self.events.notify(outcome.touched)
            }
            return stored.task
        }
    }

    /// A new task that asks for the same, or an end to the delay of one that waits for a time.
    package func retry(
        _ id: TaskID,
        ifVersion version: Int64? = nil,
        idempotency: IdempotencyKey? = nil,
        by author: Author = .local
    ) async throws -> SubmitResult {
        let now = machine.time()
        try checkRoom()
        var chance = Chance(draw: machine.random)
        let newID = withControl { control, _ in control.ids.next(at: now, random: &chance) }
        return try await database.write { [self] tx in
            if let known = try idempotency?.answer(in: tx), let stored = try store.task(known, in: tx) {
                return SubmitResult(kind: .replayed, task: stored.task)
            }
            var stored = try Self.find(id, store, tx)
            try stored.task.checkOwner(author)
            try stored.task.check(version: version)
            if stored.task.state == .scheduled {
                try AuditStore.append(AuditEntry(.taskRetry, by: author, at: now, task: id), in: tx)
                try idempotency?.remember(id, at: now, in: tx)
                var transition = transition(in: tx, at: now)
                try transition.apply(.due, to: &stored)
                let outcome = transition.outcome
                tx.afterCommit { self.settle(outcome) }
                return SubmitResult(kind: .existing, task: stored.task)
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
            try checkShare(of: author, in: tx)
            let task = FleetTask(submitted: stored.task.spec.again(as: newID, at: now))
            let again = try store.insert(task, lane: stored.lane, events: [.state(of: task, at: now)], in: tx)
            try idempotency?.remember(newID, at: now, in: tx)
            try noteSubmission(again, by: author, .taskRetry, at: now, in: tx)
            var outcome = Transition.Outcome()
            outcome.note(again)
            let final = outcome
            tx.afterCommit { self.settle(final) }
            return SubmitResult(kind: .created, task: again.task)
        }
    }
}

extension FleetTask {
    /// - Throws: a 403 problem where the task is somebody else's.
    fileprivate func checkOwner(_ author: Author) throws(Problem) {
        let decision = Access.decide(
            .ownTask,
            by: author.principal,
            on: .task(submittedBy: spec.submittedBy)
        )
        guard decision == .allowed else { throw .forbidden(decision, author.principal) }
    }

    /// - Throws: a 412 problem where somebody has changed it since `version`.
    fileprivate func check(version: Int64?) throws(Problem) {
        guard let version, version != self.version else { return }
        throw .preconditionFailed("Task \(id) has changed: it is at version \(self.version), not \(version).")
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
            tier: tier,
            skippedTier: skippedTier
        )
    }
}
