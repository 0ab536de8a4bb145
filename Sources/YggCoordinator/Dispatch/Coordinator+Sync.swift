import Logging
package import YggCore
package import YggProtocol
import YggStorage

extension Coordinator {
    /// Answers an executor's long poll: at once where it has news, else when there is some, and in good time before the
    /// executor gives it up.
    ///
    /// The poll is parked before work is looked for, so that no task can slip between the look and the wait.
    package func sync(_ id: ExecutorID, _ request: SyncRequest) async throws -> StatementMessage {
        let (held, poll) = try withControl { control, work -> (Set<LeaseKey>, Int64?) in
            let now = machine.now()
            try admit(id, bootID: request.bootID, storeID: request.storeID, &control, now: now)
            let held = control.heldNow(by: id, named: request.held)
            // First, because a declined lease is also one that is not held: the first change of an epoch is the one that
            // counts.
            for declined in request.declined where control.leases.terms(of: declined.key)?.executor == id {
                logger.notice(
                    "lease.declined",
                    metadata: [
                        "task.id": "\(declined.key.task)", "executor.id": "\(id)", "reason": "\(declined.reason)",
                    ]
                )
                control.declines.note(declined.key.task, by: id, reason: declined.reason, now: now)
                work.lost.append((declined.key, .declined))
            }
            control.keep(
                .heard(
                    .init(
                        executor: id,
                        bootID: request.bootID,
                        seen: request.seen,
                        held: held,
                        isLeaving: request.state == .stopping || request.state == .stopped
                    )
                ),
                now: now,
                into: &work
            )
            // One that is deaf is missed, whatever it says of itself.
            if !control.leases.isDeaf(id) {
                control.hear(request.lifecycle, of: id, now: now, at: machine.time(), into: &work)
            }
            control.executors[id]?.shortage = request.shortage
            if let resources = request.resources, var record = control.executors[id],
                record.offer.resources != resources
            {
                record.offer.resources = resources
                control.executors[id] = record
                control.dispatch(.executorChanged(record.offer, record.routingState), now: now, into: &work)
            }
            // A newer poll of the same executor replaces an older one that its connection left behind, and whose answer it
            // has missed.
            let hasLeftOne = control.releasePoll(of: id, into: &work)
            // Whoever says goodbye waits for no news, only for having been heard.
            guard !control.isLeaving, request.state != .stopped, !hasLeftOne,
                !control.leases.answersAtOnce(id, seen: request.seen)
            else { return (held, nil) }
            control.lastPoll += 1
            return (held, control.lastPoll)
        }
        if let poll { await hold(poll, id, request) }
        return try withControl { control, _ in
            // Another boot may have registered meanwhile: what is stated here would count as told to it.
            try check(id, bootID: request.bootID, storeID: request.storeID, control)
            return statement(for: id, named: held, &control)
        }
    }

    private func hold(_ poll: Int64, _ id: ExecutorID, _ request: SyncRequest) async {
        let deadline = machine.now() + settings.leases.pollHold
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                withControl { control, work in
                    let held = HeldPoll(number: poll, executor: id, deadline: deadline, continuation: continuation)
                    guard !control.isLeaving, !Task.isCancelled, !control.leases.hasNews(for: id, seen: request.seen)
                    else {
                        work.polls.append(held)
                        return
                    }
                    control.polls[poll] = held
                    control.dispatch(
                        .parked(id, poll: poll, capacity: request.capacity),
                        now: machine.now(),
                        into: &work
                    )
                }
            }
        } onCancel: {
            withControl { control, work in
                if let held = control.polls.removeValue(forKey: poll) { work.polls.append(held) }
            }
        }
        withControl { control, work in control.dispatch(.unparked(id, poll: poll), now: machine.now(), into: &work) }
    }

    /// The whole of what an executor is to know. Building it counts as telling it.
    func statement(for id: ExecutorID, named: Set<LeaseKey>, _ control: inout Control) -> StatementMessage {
        StatementMessage(
            statement: control.leases.statement(for: id, named: named),
            storeID: identity.storeID,
            wanted: control.executors[id]?.standing
        )
    }

    /// Hears an executor, where the request may speak for it.
    func admit(
        _ id: ExecutorID,
        bootID: String,
        storeID: String,
        _ control: inout Control,
        now: Instant
    ) throws {
        try check(id, bootID: bootID, storeID: storeID, control)
        control.executors[id]?.lastHeard = now
        control.executors[id]?.lastSeen = machine.time()
    }

    /// Whether a request may speak for the executor.
    func check(_ id: ExecutorID, bootID: String, storeID: String, _ control: Control) throws {
        guard storeID == identity.storeID else {
            throw Problem(
                status: 409,
                code: "store-changed",
                title: "Another store",
                detail: "This coordinator's store is \(identity.storeID), the request is for \(storeID).",
                nextAction: "End all work, put the spool aside and register anew."
            )
        }
        guard let record = control.executors[id] else {
            throw Problem.notFound("executor \(id)", next: "Register it first: POST /v1/executors.")
        }
        guard record.bootID == bootID else {
            throw Problem(
                status: 409,
                code: "replaced",
                title: "Replaced",
                detail: "Executor \(id) has registered again from \(record.host) since this process started.",
                nextAction: "End all work and exit."
            )
        }
    }
}

extension Control {
    /// What an executor holds: what it names, and what it was sent through `/execute` before it registered, which it
    /// carries out without knowing of a lease.
    func heldNow(by id: ExecutorID, named: [LeaseKey]) -> Set<LeaseKey> {
        Set(named).union(forwarder.leases(of: id))
    }
}
