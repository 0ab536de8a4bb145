import Logging
package import YggCore
package import YggProtocol
import YggStorage

extension Coordinator {
    /// Answers an executor's long poll: at once where it has news, else when there is some, and after a third of the
    /// time to live at the latest.
    ///
    /// The poll is parked before work is looked for, so that no task can slip between the look and the wait.
    package func sync(_ id: ExecutorID, _ request: SyncRequest) async throws -> StatementMessage {
        let held = Set(request.held)
        let poll = try withControl { control, work -> Int64? in
            let now = machine.now()
            try admit(id, bootID: request.bootID, storeID: request.storeID, &control, now: now)
            // First, because a declined lease is also one that is not held: the first change of an epoch is the one that
            // counts.
            for declined in request.declined where control.leases.terms(of: declined.key)?.executor == id {
                logger.notice(
                    "lease.declined",
                    metadata: [
                        "task.id": "\(declined.key.task)", "executor.id": "\(id)", "reason": "\(declined.reason)",
                    ]
                )
                work.lost.append((declined.key, .declined))
            }
            control.keep(
                .heard(.init(executor: id, bootID: request.bootID, seen: request.seen, held: held)),
                now: now,
                into: &work
            )
            control.setState(request.state, of: id, now: now, into: &work)
            if let resources = request.resources { control.executors[id]?.offer.resources = resources }
            // A newer poll of the same executor replaces an older one that its connection left behind.
            control.releasePoll(of: id, into: &work)
            guard !control.isLeaving, !control.leases.hasNews(for: id, seen: request.seen) else { return nil }
            control.lastPoll += 1
            return control.lastPoll
        }
        if let poll { await hold(poll, id, request) }
        return try withControl { control, _ in
            // Whoever took its place while it waited is told, and nobody else.
            try check(id, bootID: request.bootID, storeID: request.storeID, control)
            return statement(for: id, named: held, &control)
        }
    }

    private func hold(_ poll: Int64, _ id: ExecutorID, _ request: SyncRequest) async {
        let deadline = machine.now() + settings.leases.hold(atWork: !request.held.isEmpty)
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
            wanted: nil
        )
    }

    /// Whether a request may speak for the executor.
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
