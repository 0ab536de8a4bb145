import Logging
import YggCore
import YggStorage

/// What one claim found, in one transaction.
struct ClaimResult: Sendable {
    var granted: [StoredTask] = []
    var drained: [LaneID] = []
}

extension Coordinator {
    /// Looks for work for an executor that has free slots.
    func claim(_ order: Dispatcher.ClaimOrder) {
        let now = machine.time()
        database.enqueue { [self] tx in
            let result = try grantHeads(order, budget: order.budget, at: now, in: tx)
            tx.afterCommit {
                self.withControl { control, work in
                    self.settle(result, for: order, isReport: false, ended: [], &control, &work)
                }
                self.events.notify(result.granted.map(\.task.id))
            }
        } completion: { [self] result in
            guard case .failure(let error) = result else { return }
            logger.error("claim.failed", metadata: ["executor.id": "\(order.executor)", "error": "\(error)"])
            abandon(order)
        }
    }

    /// The order could not be carried out: its slots are free again.
    func abandon(_ order: Dispatcher.ClaimOrder) {
        withControl { control, work in
            control.dispatch(.claimFailed(order.executor), now: machine.now(), into: &work)
        }
    }

    /// Grants the heads of the order's lanes, most urgent first, oldest first, as far as the budget goes.
    func grantHeads(
        _ order: Dispatcher.ClaimOrder,
        budget: Budget,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws -> ClaimResult {
        var budget = budget
        var result = ClaimResult()
        var places: Set<String> = []
        var queues: [(need: Dispatcher.LaneNeed, heads: ArraySlice<StoredTask>, sawEnd: Bool)] = []
        for need in order.lanes where budget.covers(need) {
            let limit = budget.capacity(for: need)
            let heads = try store.queueHeads(of: need.id, limit: limit, in: tx)
            queues.append((need, heads[...], heads.count < limit))
        }
        while let index = queues.indices.filter({ budget.covers(queues[$0].need) && !queues[$0].heads.isEmpty })
            .min(by: { isBefore(queues[$0].heads, queues[$1].heads) })
        {
            var stored = queues[index].heads.removeFirst()
            // Two that land at one place are not granted in one claim either; the second one's turn comes with the end
            // of the first.
            if let place = stored.task.landing, !places.insert(place).inserted { continue }
            budget.spend(queues[index].need)
            try grant(&stored, to: order.executor, at: now, in: tx)
            result.granted.append(stored)
        }
        result.drained = queues.filter { $0.sawEnd && $0.heads.isEmpty }.map(\.need.id)
        return result
    }

    func grant(
        _ stored: inout StoredTask,
        to executor: ExecutorID,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws {
        let task = try stored.task.applying(.granted(to: executor), at: now, jitter: 0)
        try store.update(&stored, to: task, events: [.state(of: task, at: now)], in: tx)
        try recall(&stored, in: tx)
    }

    /// Reads what people decided about a running task. Nobody can have, before its first attempt.
    func recall(_ stored: inout StoredTask, in tx: any SQLTransaction) throws {
        guard stored.task.epoch > 1 else { return }
        stored.decisions = try ApprovalStore.decisions(of: stored.num, in: tx)
    }

    /// After the commit: the leases live, the slots are counted, the poll is answered.
    func settle(
        _ result: ClaimResult,
        for order: Dispatcher.ClaimOrder,
        isReport: Bool,
        ended: [LeaseKey],
        _ control: inout Control,
        _ work: inout Control.Work
    ) {
        let now = machine.now()
        for lane in result.drained { control.dispatch(.laneDrained(lane), now: now, into: &work) }
        let granted = begin(result.granted, on: order.executor, now: now, &control, &work)
        control.dispatch(
            .settled(
                .init(executor: order.executor, isClaim: true, isReport: isReport, granted: granted, ended: ended)
            ),
            now: now,
            into: &work
        )
    }

    /// Starts the leases of freshly granted tasks.
    func begin(
        _ tasks: [StoredTask],
        on executor: ExecutorID,
        now: Instant,
        _ control: inout Control,
        _ work: inout Control.Work
    ) -> [(key: LeaseKey, lane: LaneID)] {
        tasks.map { stored in
            let key = LeaseKey(task: stored.task.id, epoch: stored.task.epoch)
            let terms = control.terms(of: stored, for: executor, routes: settings.routes)
            control.keep(.granted(key, terms), now: now, into: &work)
            return (key, stored.lane)
        }
    }
}

/// Whether the first of `left` is to be granted before the first of `right`.
private func isBefore(_ left: ArraySlice<StoredTask>, _ right: ArraySlice<StoredTask>) -> Bool {
    guard let left = left.first, let right = right.first else { return !left.isEmpty }
    let priorities = (left.task.spec.priority, right.task.spec.priority)
    return priorities.0 == priorities.1 ? left.num < right.num : priorities.0 < priorities.1
}
