import YggCore
import YggStorage

extension ExecutorRecord {
    /// How the executor is for the router: while it is still to be told of a pause, it gets no more work.
    var routingState: ExecutorState {
        guard state == .running, let goal = standing?.goal else { return state }
        return goal
    }

    /// nil while it is there.
    var absence: StoredExecutor.Absence? {
        state == .lost || state == .stopped ? StoredExecutor.Absence(state: state, since: since) : nil
    }

    /// What was asked of it and it has not heard, or not said to have heard.
    var pending: StandingOrder? {
        guard let standing, account.order < standing.number else { return nil }
        return standing
    }
}

extension Control {
    /// An executor has said how it is.
    mutating func hear(
        _ account: LifecycleAccount,
        of id: ExecutorID,
        now: Instant,
        at time: Timestamp,
        into work: inout Work
    ) {
        guard var record = executors[id] else { return }
        if account.state != record.state { record.since = account.since ?? time }
        record.account = account
        record.state = account.state
        if let standing = record.standing, standing.isSettled(by: account, at: time) {
            record.standing = nil
            work.settledOrders.append((id, standing.number))
        }
        update(record, now: now, into: &work)
    }

    /// Something is asked of an executor, and told as soon as it can hear.
    mutating func ask(_ standing: StandingOrder, of id: ExecutorID, now: Instant, into work: inout Work) {
        guard var record = executors[id] else { return }
        record.standing = standing
        update(record, now: now, into: &work)
        keep(.news(id), now: now, into: &work)
        releasePoll(of: id, into: &work)
    }

    /// The executor was not heard in time. One that has said goodbye is not missed.
    mutating func miss(_ id: ExecutorID, now: Instant, at time: Timestamp, into work: inout Work) {
        guard var record = executors[id], record.state != .stopped, record.state != .lost else { return }
        record.state = .lost
        record.since = time
        update(record, now: now, into: &work)
    }

    /// A missed executor is heard again, and is as it last said until it says otherwise.
    mutating func welcomeBack(_ id: ExecutorID, now: Instant, at time: Timestamp, into work: inout Work) {
        guard var record = executors[id], record.state == .lost else { return }
        record.state = record.account.state
        record.since = record.account.since ?? time
        update(record, now: now, into: &work)
    }

    private mutating func update(_ record: ExecutorRecord, now: Instant, into work: inout Work) {
        let id = record.offer.id
        let before = executors[id]?.routingState
        if executors[id]?.absence != record.absence { work.absences.append((id, record.absence)) }
        executors[id] = record
        guard before != record.routingState else { return }
        dispatch(.executorChanged(record.offer, record.routingState), now: now, into: &work)
    }
}
