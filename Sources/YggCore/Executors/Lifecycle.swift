/// What an executor, or a service, is asked to do with itself.
package enum LifecycleAction: String, Sendable, Hashable, CaseIterable {
    /// Finish what it has, take nothing.
    case pause
    case resume
    /// Pause, and end what does not finish in time.
    case drain
    /// Drain, then exit.
    case stop
    /// Drain, then start the binary anew.
    case restart
}

/// Whether an executor takes work, and how it comes to an end.
package struct Lifecycle: Sendable {
    package struct Order: Sendable, Hashable {
        package var action: LifecycleAction
        package var by: String
        package var why: String?
        package var until: Timestamp?
        package var drainTimeout: Milliseconds?

        package init(
            action: LifecycleAction,
            by: String,
            why: String? = nil,
            until: Timestamp? = nil,
            drainTimeout: Milliseconds? = nil
        ) {
            self.action = action
            self.by = by
            self.why = why
            self.until = until
            self.drainTimeout = drainTimeout
        }
    }

    package enum Input: Sendable {
        case ordered(Order)
        /// The first asks to stop, the second to stop now.
        case terminate
        /// Nothing runs any more.
        case idle
        case tick
    }

    package enum Effect: Sendable, Equatable {
        case accepting(Bool)
        /// The drain timeout is over: end what runs and give it back.
        case endAttempts
        case stopped(restart: Bool)
    }

    package private(set) var state: ExecutorState = .running
    package private(set) var since: Timestamp
    package private(set) var order: Order?
    private let drainTimeout: Milliseconds
    private var drainDeadline: Instant?
    private var isIdle = true

    package init(since: Timestamp, drainTimeout: Milliseconds = .seconds(30)) {
        self.since = since
        self.drainTimeout = drainTimeout
    }

    package mutating func handle(_ input: Input, now: Instant, time: Timestamp) -> [Effect] {
        switch input {
        case .ordered(let order): return obey(order, now: now, time: time)
        case .terminate:
            guard state == .stopping else {
                return obey(Order(action: .stop, by: "signal"), now: now, time: time)
            }
            drainDeadline = nil
            return [.endAttempts]
        case .idle:
            isIdle = true
            return leaveIfDone(time: time)
        case .tick: return tick(now: now, time: time)
        }
    }

    /// An attempt has started.
    package mutating func markBusy() { isIdle = false }

    private mutating func obey(_ order: Order, now: Instant, time: Timestamp) -> [Effect] {
        guard state != .stopping, state != .stopped else { return [] }
        self.order = order
        since = time
        switch order.action {
        case .resume:
            state = .running
            self.order = nil
            drainDeadline = nil
            return [.accepting(true)]
        case .pause:
            state = .paused
            drainDeadline = nil
            return [.accepting(false)]
        case .drain:
            state = .paused
            drainDeadline = now + (order.drainTimeout ?? drainTimeout)
            return [.accepting(false)]
        case .stop, .restart:
            state = .stopping
            drainDeadline = now + (order.drainTimeout ?? drainTimeout)
            return [.accepting(false)] + leaveIfDone(time: time)
        }
    }

    private mutating func tick(now: Instant, time: Timestamp) -> [Effect] {
        if let deadline = drainDeadline, deadline <= now {
            drainDeadline = nil
            return [.endAttempts] + leaveIfDone(time: time)
        }
        if state == .paused, let until = order?.until, until <= time {
            return obey(Order(action: .resume, by: "clock"), now: now, time: time)
        }
        return []
    }

    private mutating func leaveIfDone(time: Timestamp) -> [Effect] {
        guard state == .stopping, isIdle else { return [] }
        state = .stopped
        since = time
        return [.stopped(restart: order?.action == .restart)]
    }
}
