/// What somebody asked the coordinator to have an executor do with itself, kept until it has come true or something
/// newer was asked.
///
/// A pause outlives the process it was asked of: a machine that is put aside comes back paused. So does its end: the
/// process may have a new boot id and be paused all the same, because its store was replaced. To stop and to restart is
/// about the process of that moment, and a new one has nothing to obey.
package struct StandingOrder: Sendable, Hashable {
    /// Counts the orders to one executor, for ever, so that one that was obeyed is not obeyed again.
    package var number: Int64
    package var order: Lifecycle.Order
    /// The process it was asked of.
    package var bootID: String

    package init(number: Int64, order: Lifecycle.Order, bootID: String) {
        self.number = number
        self.order = order
        self.bootID = bootID
    }

    /// The state it leads to; nil where that is no reason to withhold work.
    package var goal: ExecutorState? {
        switch order.action {
        case .pause, .drain: .paused
        case .stop, .restart: .stopping
        case .resume: nil
        }
    }

    /// Whether a new process of the executor need not be told any more.
    package func isSettled(byBoot bootID: String) -> Bool { goal == .stopping && bootID != self.bootID }

    /// Whether what an executor says of itself leaves nothing to be told.
    ///
    /// A pause that was obeyed and is over was ended on the machine itself, by a person or by its time: the later word
    /// counts. An executor that stops has not left its pause.
    /// - Parameter now: a pause that is over before it was heard of need not begin.
    package func isSettled(by account: LifecycleAccount, at now: Timestamp) -> Bool {
        guard account.order >= number else {
            return goal == .paused && order.until.map { $0 <= now } ?? false
        }
        switch order.action {
        case .pause, .drain: return account.state == .running
        case .resume: return true
        case .stop, .restart: return false
        }
    }
}

/// How an executor says it is, and since when, by whom, why and until when.
package struct LifecycleAccount: Sendable, Hashable {
    package var state: ExecutorState
    package var since: Timestamp?
    package var by: String?
    package var why: String?
    package var until: Timestamp?
    /// The number of the newest order of the coordinator that it has obeyed in this life; 0 before the first.
    package var order: Int64

    package init(
        state: ExecutorState,
        since: Timestamp? = nil,
        by: String? = nil,
        why: String? = nil,
        until: Timestamp? = nil,
        order: Int64 = 0
    ) {
        self.state = state
        self.since = since
        self.by = by
        self.why = why
        self.until = until
        self.order = order
    }
}

extension Lifecycle {
    /// - Parameter number: of the newest order that came from the coordinator.
    package func account(order number: Int64) -> LifecycleAccount {
        LifecycleAccount(
            state: state,
            since: since,
            by: order?.by,
            why: order?.why,
            until: order?.until,
            order: number
        )
    }
}
