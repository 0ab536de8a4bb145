import Synchronization
import YggCore
import YggProtocol

/// Why an attempt was made to end before it was done.
enum AttemptEnd: Sendable, Equatable {
    /// Somebody wants the task cancelled.
    case cancelled
    /// The lease is gone.
    case abandoned
    /// The coordinator was out of reach for too long.
    case cutOff
    /// The executor stops.
    case drained
    case runTimeout, silenceTimeout
}

/// One attempt on this executor: its Swift task, why it was ended, and the numbers of what it says.
final class Attempt: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var end: AttemptEnd?
        var isOver = false
        /// When it was begun and last heard, on the clock that stands still while the machine sleeps.
        var startedAt: Instant?
        var heardAt: Instant?
        var log: AttemptLog
    }

    let key: LeaseKey
    let handler: any Handler
    let assignment: Assignment
    /// When the person's clock says that it began.
    let acceptedAt: Timestamp
    /// What somebody beside the executor wants of it; nil where it has a lease.
    let call: SessionCall?
    let afterwards = Afterwards()
    private let state: Mutex<State>

    init(
        key: LeaseKey,
        handler: any Handler,
        assignment: Assignment,
        acceptedAt: Timestamp,
        call: SessionCall? = nil
    ) {
        self.key = key
        self.handler = handler
        self.assignment = assignment
        self.acceptedAt = acceptedAt
        self.call = call
        state = Mutex(State(log: AttemptLog(key: key)))
    }

    var end: AttemptEnd? { state.withLock { $0.end } }

    /// Starts `body` as a task of its own: an attempt is ended alone, which no child of a task group can be. Whoever
    /// leads the attempts waits until the last of them is over.
    /// - Parameters:
    ///   - now: by the clock that stands still while the machine sleeps, as in `heard` and `exceededLimit`.
    ///   - executor: where it runs; nil is the cooperative pool.
    func begin(
        at now: Instant,
        on executor: (any TaskExecutor)? = nil,
        _ body: @escaping @Sendable () async -> Void
    ) {
        let mayBegin = state.withLock { state in
            defer { state.startedAt = now }
            return state.startedAt == nil && !state.isOver
        }
        guard mayBegin else { return }
        let task = Task(executorPreference: executor) { await body() }
        let isEnded = state.withLock { state in
            state.task = task
            return state.end != nil
        }
        if isEnded { task.cancel() }
    }

    /// Ends it. The first reason stands, but nothing is reported once the lease is gone.
    /// - Returns: whether it had begun: one that has not concludes itself.
    @discardableResult
    func stop(_ reason: AttemptEnd) -> Bool {
        let (task, hasBegun) = state.withLock { state in
            if state.end == nil || reason == .abandoned { state.end = reason }
            return (state.task, state.startedAt != nil)
        }
        task?.cancel()
        return hasBegun
    }

    /// It gave a sign of life: an event, or output that is written down nowhere, because it is beyond the cap or the
    /// attempt has no log.
    func heard(at now: Instant) {
        state.withLock { $0.heardAt = now }
    }

    /// The limit that is exceeded at `now`, some time after the handler should have ended by itself.
    func exceededLimit(at now: Instant, grace: Milliseconds) -> AttemptEnd? {
        let timeouts = assignment.spec.timeouts
        return state.withLock { state in
            guard let startedAt = state.startedAt, state.end == nil, !state.isOver else { return nil }
            if timeouts.run > .zero, startedAt + timeouts.run + grace <= now { return .runTimeout }
            let heardAt = state.heardAt ?? startedAt
            if timeouts.silence > .zero, heardAt + timeouts.silence + grace <= now { return .silenceTimeout }
            return nil
        }
    }

    /// Adds an event to the log. `spool` is called with its bytes while the order is held; it must not wait.
    func say(
        _ draft: EventDraft,
        isFull: (Int) -> Bool,
        spool: (AttemptLog.Line) -> Void
    ) {
        state.withLock { state in
            guard !state.isOver, state.end != .abandoned else { return }
            for line in state.log.lines(for: draft, isFull: isFull) { spool(line) }
        }
    }

    /// Says the last word. After it nothing is said any more.
    /// - Parameter spool: gets the lines; none where there is nothing to report.
    func conclude(_ result: HandlerResult, at time: Timestamp, spool: ([AttemptLog.Line]) -> Void) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            let limits = assignment.spec.timeouts
            guard let word = ReportEntry.Body(lastWordOf: result, endedBy: state.end, limits: limits) else {
                return spool([])
            }
            spool(state.log.lines(endingWith: word, at: time))
        }
    }
}
