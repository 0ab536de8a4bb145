import Logging
import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

extension Coordinator {
    /// Takes what an executor has to say, and grants its next work in the same commit.
    package func report(_ id: ExecutorID, _ request: ReportsRequest) async throws -> ReportsAnswer {
        let (held, order) = try withControl { control, work -> (Set<LeaseKey>, Dispatcher.ClaimOrder?) in
            let now = machine.now()
            try admit(id, bootID: request.bootID, storeID: request.storeID, &control, now: now)
            let held = control.heldNow(by: id, named: request.held)
            control.keep(
                .heard(.init(executor: id, bootID: request.bootID, seen: request.seen, held: held)),
                now: now,
                into: &work
            )
            for case .claim(let order) in control.dispatcher.handle(.reporting(id), now: now) { return (held, order) }
            return (held, nil)
        }
        for key in request.unreadable {
            logger.error("report.unreadable", metadata: ["task.id": "\(key.task)", "executor.id": "\(id)"])
        }
        let now = machine.time()
        let verdicts: [Outbox.Verdict]
        do {
            let seen = try await examine(request.entries)
            verdicts = try await database.write { [self] tx in
                try take(request, seen, from: id, order: order, at: now, in: tx)
            }
        } catch {
            if let order { abandon(order) }
            throw error
        }
        return try withControl { control, _ in
            try check(id, bootID: request.bootID, storeID: request.storeID, control)
            return ReportsAnswer(verdicts: verdicts, message: statement(for: id, named: held, &control))
        }
    }

    private func take(
        _ request: ReportsRequest,
        _ seen: SeenArtifacts,
        from id: ExecutorID,
        order: Dispatcher.ClaimOrder?,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws -> [Outbox.Verdict] {
        var transition = transition(in: tx, at: now)
        var verdicts = request.unreadable.sorted().map { Outbox.Verdict.leaseLost($0) }
        var ended: [LeaseKey] = []
        var budget = order?.budget
        for group in request.entries.groupedByLease() where !request.unreadable.contains(group.key) {
            let (verdict, endedLane) = try take(group.entries[...], seen, of: group.key, from: id, &transition)
            verdicts.append(verdict)
            guard let endedLane else { continue }
            ended.append(group.key)
            if let lane = control.withLock({ $0.dispatcher.lane(endedLane) }) { budget?.free += lane.slots }
        }
        let claimed = try order.map { try grantHeads($0, budget: budget ?? $0.budget, at: now, in: tx) }
        let outcome = transition.outcome
        let endedLeases = ended
        tx.afterCommit { [self] in
            withControl { control, work in
                for key in endedLeases { control.keep(.ended(key), now: machine.now(), into: &work) }
                follow(outcome, &control, &work)
                if let order, let claimed {
                    settle(claimed, for: order, isReport: true, ended: endedLeases, &control, &work)
                } else {
                    control.dispatch(
                        .settled(.init(executor: id, ended: endedLeases)),
                        now: machine.now(),
                        into: &work
                    )
                }
            }
            events.notify(outcome.touched)
            if let claimed { events.notify(claimed.granted.map(\.task.id)) }
        }
        return verdicts
    }

    /// Takes the entries of one lease in order.
    /// - Returns: the verdict, and the task's lane where its attempt ended.
    private func take(
        _ entries: ArraySlice<ReportEntry>,
        _ seen: SeenArtifacts,
        of key: LeaseKey,
        from id: ExecutorID,
        _ transition: inout Transition
    ) throws -> (Outbox.Verdict, ended: LaneID?) {
        guard var stored = try store.task(key.task, in: transition.tx),
            sabotage.makes(.skipsEpochCheck) || stored.task.epoch == key.epoch && stored.task.executor == id
        else { return (.leaseLost(key), nil) }
        var drafts: [EventDraft] = []
        var tellsOfLimit: Bool?
        let started = stored.reported
        for entry in entries where entry.n > stored.reported {
            guard stored.task.state == .running else { return (.leaseLost(key), nil) }
            guard entry.n == stored.reported + 1 else {
                try keep(drafts, of: &stored, if: stored.reported > started, &transition)
                return (.gap(key, expected: stored.reported + 1), nil)
            }
            switch entry.body {
            case .event(let draft):
                if try isMissingArtifact(draft, of: stored, in: transition.tx) {
                    try keep(drafts, of: &stored, if: stored.reported > started, &transition)
                    return (.artifactMissing(key, upTo: stored.reported), nil)
                }
                stored.reported = entry.n
                let last = stored.nextSeq - 1 + Int64(drafts.count)
                if let kept = try bounded(draft, after: last, of: stored, &tellsOfLimit, in: transition.tx) {
                    drafts.append(kept)
                }
            case .final(let report):
                stored.reported = entry.n
                let upTo = stored.reported
                try transition.end(
                    &stored,
                    with: sabotage.makes(.countsDrainAsFailure) ? report.withDrainAsFailure : report,
                    epoch: sabotage.makes(.skipsEpochCheck) ? stored.task.epoch : key.epoch,
                    events: drafts
                )
                return (.accepted(key, upTo: upTo), stored.lane)
            case .question(let question, let result):
                guard try seen.covers(question, of: stored, in: transition.tx) else {
                    try keep(drafts, of: &stored, if: stored.reported > started, &transition)
                    return (.artifactMissing(key, upTo: stored.reported), nil)
                }
                stored.reported = entry.n
                let upTo = stored.reported
                try transition.ask(question, seen.excerpt(of: question), result, of: &stored, events: drafts)
                return (.accepted(key, upTo: upTo), stored.lane)
            }
        }
        // Sent again because an answer was lost: everything is here already.
        try keep(drafts, of: &stored, if: stored.reported > started, &transition)
        return (.accepted(key, upTo: stored.reported), nil)
    }

    /// What of an entry is kept in a log that is so long: beyond the limit only what tells how the task fares, and once
    /// a word that the rest is left out.
    /// - Parameter tellsOfLimit: whether the log says that word already; nil where nobody has looked.
    private func bounded(
        _ draft: EventDraft,
        after last: Int64,
        of stored: StoredTask,
        _ tellsOfLimit: inout Bool?,
        in tx: any SQLTransaction
    ) throws -> EventDraft? {
        // A restore lets numbers jump, and the log is no longer for that.
        let count = last % Restoration.jump
        let limit = Int64(settings.limits.events)
        if count < limit || draft.type == .artifact || draft.type == .approval { return draft }
        let isTold = try tellsOfLimit ?? self.tellsOfLimit(stored, after: last - count + limit, in: tx)
        tellsOfLimit = true
        guard !isTold else { return nil }
        let text =
            "The log has \(limit) entries, and may have no more: output is left out from here on. "
            + "coordinator.limits.events says how many there may be."
        return EventDraft(
            at: draft.at,
            type: .message,
            data: ["text": .string(text), "limit": .string(Self.eventLimitName)]
        )
    }

    private static let eventLimitName = "coordinator.limits.events"

    /// Whether the log says beyond its limit that it has reached it: not always first thing, because what tells how the
    /// task fares comes there as well. So much of that is never looked through for the word.
    private func tellsOfLimit(_ stored: StoredTask, after seq: Int64, in tx: any SQLTransaction) throws -> Bool {
        let page = try store.events(of: stored.num, after: seq, limit: 1000, in: tx)
        return page.events.count == 1000
            || page.events.contains { $0.data["limit"]?.stringValue == Self.eventLimitName }
    }

    private func keep(
        _ drafts: [EventDraft],
        of stored: inout StoredTask,
        if changed: Bool,
        _ transition: inout Transition
    ) throws {
        guard changed else { return }
        try store.append(drafts, to: &stored, in: transition.tx)
        try store.write(stored, in: transition.tx)
        transition.outcome.touched.insert(stored.task.id)
    }

    private func isMissingArtifact(
        _ draft: EventDraft,
        of stored: StoredTask,
        in tx: any SQLTransaction
    ) throws -> Bool {
        guard draft.type == .artifact, let sha256 = draft.data["sha256"]?.stringValue else { return false }
        return try !ArtifactIndex.contains(sha256, task: stored.num, in: tx)
    }
}

extension FinalReport {
    /// Sabotage.
    fileprivate var withDrainAsFailure: FinalReport {
        guard ending == .interrupted(.drained) else { return self }
        return FinalReport(
            ending: .finished(.failed),
            error: TaskError(code: "drained", detail: "It was drained.", retryable: true)
        )
    }

    /// The task's `result` begins with its outcome.
    var withOutcomeInResult: FinalReport {
        guard case .finished(let outcome) = ending else { return self }
        var report = self
        report.result = JSONObject([("outcome", .string(outcome.rawValue))])
        for member in result.members where member.key != "outcome" { report.result.append(member.key, member.value) }
        return report
    }
}

extension [ReportEntry] {
    /// The entries of each lease in their order, leases in the order of their first entry.
    fileprivate func groupedByLease() -> [(key: LeaseKey, entries: [ReportEntry])] {
        var groups: [(key: LeaseKey, entries: [ReportEntry])] = []
        var index: [LeaseKey: Int] = [:]
        for entry in self {
            if let position = index[entry.key] {
                groups[position].entries.append(entry)
            } else {
                index[entry.key] = groups.count
                groups.append((entry.key, [entry]))
            }
        }
        return groups
    }
}
