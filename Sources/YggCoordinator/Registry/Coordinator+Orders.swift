import Logging
package import YggCore
import YggProtocol
import YggStorage

extension Coordinator {
    /// Asks an executor to pause, resume, drain, stop or restart. It is told at once where it is heard, else on its
    /// return; what was asked is durable when this returns. To ask twice is to ask once.
    ///
    /// A service and an executor at a fixed address are asked at once, or the order is refused; the audit tells that they
    /// were asked, whatever they answer.
    package func order(
        _ asked: Lifecycle.Order,
        to id: ExecutorID,
        by author: Author = .local
    ) async throws -> ExecutorView {
        let order = asked.withDefaultDrain(settings.agents.fixed[id]?.drainTimeout)
        let (known, nature) = withControl { control, _ in
            (control.executors[id], control.forwarder.drives(id) ? control.forwarder.nature(of: id) : nil)
        }
        if let nature {
            let entry = audited(order, to: id, by: author)
            try await database.write { tx in try AuditStore.append(entry, in: tx) }
            let view = try await pass(order, to: id, nature)
            note(order, to: id)
            return view
        }
        guard let known else { throw unknown(id) }
        guard try isNews(order, to: known) else { return try executor(id) }
        try await database.write { [self] tx in
            let standing = try StandingOrderStore.keep(order, for: id, bootID: known.bootID, in: tx)
            try AuditStore.append(audited(order, to: id, by: author), in: tx)
            tx.afterCommit {
                self.withControl { control, work in control.ask(standing, of: id, now: self.machine.now(), into: &work)
                }
            }
        }
        note(order, to: id)
        return try executor(id)
    }

    private func audited(_ order: Lifecycle.Order, to id: ExecutorID, by author: Author) -> AuditEntry {
        let words = [order.action.rawValue, order.why].compactMap { $0 }.joined(separator: ": ")
        return AuditEntry(.executorOrder, by: author, at: machine.time(), executor: id, detail: words)
    }

    private func note(_ order: Lifecycle.Order, to id: ExecutorID) {
        logger.notice(
            "executor.ordered",
            metadata: [
                "executor.id": "\(id)", "action": "\(order.action.rawValue)", "by": "\(order.by)",
                "reason": "\(order.why ?? "")",
            ]
        )
    }

    /// Whether there is anything to tell.
    private func isNews(_ order: Lifecycle.Order, to known: ExecutorRecord) throws(Problem) -> Bool {
        if known.standing?.order == order { return false }
        switch (order.action, known.state) {
        case (.stop, .stopped): return false
        case (.restart, .stopped):
            throw Problem(
                status: 409,
                code: "executor-stopped",
                title: "Executor stopped",
                detail: "Executor \(known.offer.id) has stopped, so nothing is left of it that could restart.",
                nextAction: "Start it on \(known.host): ygg executor --id \(known.offer.id)"
            )
        // Before it was heard nobody knows what it was told on its own machine, or by a store that is lost.
        case (.resume, .running): return known.standing != nil || known.lastHeard == nil
        default: return true
        }
    }

    private func unknown(_ id: ExecutorID) -> Problem {
        guard executors.contains(where: { $0.offer.id == id }) else {
            return .notFound("executor \(id)", next: "List them with: ygg executor list, or GET /v1/executors.")
        }
        return Problem(
            status: 409,
            code: "executor-unregistered",
            title: "Executor unregistered",
            detail: "Executor \(id) is named in the configuration and has never registered.",
            nextAction: "Start it first: ygg executor --id \(id)"
        )
    }

    /// Orders that have come true are not stated any more. One that is settled in memory alone, because the write
    /// failed, is settled again when its executor is heard after a restart.
    /// A restart does not take those that are away for running.
    func keep(absences: [(id: ExecutorID, absence: StoredExecutor.Absence?)]) {
        guard !absences.isEmpty else { return }
        database.enqueue { tx in
            for (id, absence) in absences { try ExecutorStore.keep(absence, of: id, in: tx) }
        } completion: { [logger] result in
            if case .failure(let error) = result {
                logger.error("executor.absence-unrecorded", metadata: ["error": "\(error)"])
            }
        }
    }

    func settle(boots: [(id: ExecutorID, bootID: String)]) {
        guard !boots.isEmpty else { return }
        database.enqueue { tx in
            for boot in boots { try ExecutorStore.settle(boot: boot.bootID, of: boot.id, in: tx) }
        } completion: { [logger] result in
            // After a restart it is taken for new once more, and what it does not name then is ended.
            if case .failure(let error) = result {
                logger.error("executor.boot-unsettled", metadata: ["error": "\(error)"])
            }
        }
    }

    func settle(orders: [(id: ExecutorID, number: Int64)]) {
        guard !orders.isEmpty else { return }
        database.enqueue { tx in
            for order in orders { try StandingOrderStore.settle(order.number, for: order.id, in: tx) }
        } completion: { [logger] result in
            if case .failure(let error) = result {
                logger.error("order.settle-failed", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension Lifecycle.Order {
    /// The drain timeout that the configuration gives this executor, where the order ends work and brings none.
    fileprivate func withDefaultDrain(_ timeout: Milliseconds?) -> Lifecycle.Order {
        guard drainTimeout == nil, action != .pause, action != .resume else { return self }
        var order = self
        order.drainTimeout = timeout
        return order
    }
}
