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
        /// Nothing is left to do; `wantsRestart` says what comes after it.
        case stopped
    }

    package private(set) var state: ExecutorState = .running
    package private(set) var since: Timestamp
    /// The last order that was obeyed; nil once it was `resume`.
    package private(set) var order: Order?
    private let drainTimeout: Milliseconds
    private var drainDeadline: Instant?
    private var isIdle = true
    private var signals = 0

    /// Whether the end is to be a new beginning. A signal changes that up to the very end.
    package var wantsRestart: Bool { order?.action == .restart }

    /// Whether it will not take work again in this life.
    package var isLeaving: Bool { state == .stopping || state == .stopped }

    package init(since: Timestamp, drainTimeout: Milliseconds = .seconds(30)) {
        self.since = since
        self.drainTimeout = drainTimeout
    }

    package mutating func handle(_ input: Input, now: Instant, time: Timestamp) -> [Effect] {
        switch input {
        case .ordered(let order): return obey(order, now: now, time: time)
        case .terminate: return terminate(now: now, time: time)
        case .idle:
            isIdle = true
            return leaveIfDone(time: time)
        case .tick: return tick(now: now, time: time)
        }
    }

    /// An attempt has started.
    package mutating func markBusy() { isIdle = false }

    private mutating func terminate(now: Instant, time: Timestamp) -> [Effect] {
        signals += 1
        let effects = obey(Order(action: .stop, by: "signal", drainTimeout: drainTimeout), now: now, time: time)
        guard signals > 1, state == .stopping else { return effects }
        drainDeadline = nil
        return effects + [.endAttempts]
    }

    private mutating func obey(_ order: Order, now: Instant, time: Timestamp) -> [Effect] {
        if isLeaving {
            amendLeave(order, now: now)
            return []
        }
        // Said again it is the same wish, not a new one: its timeout goes on.
        guard order != self.order, order.action != .resume || state != .running else { return [] }
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

    /// Nothing brings a stopping executor back, but what comes after it can be changed, and its end be hastened.
    private mutating func amendLeave(_ order: Order, now: Instant) {
        guard order.action == .stop || order.action == .restart else { return }
        self.order = order
        guard let deadline = drainDeadline, let timeout = order.drainTimeout else { return }
        drainDeadline = min(deadline, now + timeout)
    }

    private mutating func tick(now: Instant, time: Timestamp) -> [Effect] {
        if let deadline = drainDeadline, deadline <= now {
            drainDeadline = nil
            return [.endAttempts] + leaveIfDone(time: time)
        }
        // Wall-clock, unlike every other deadline: it is a person's time, and follows a clock that is set right.
        if state == .paused, let until = order?.until, until <= time {
            return obey(Order(action: .resume, by: "clock"), now: now, time: time)
        }
        return []
    }

    private mutating func leaveIfDone(time: Timestamp) -> [Effect] {
        guard state == .stopping, isIdle else { return [] }
        state = .stopped
        since = time
        return [.stopped]
    }
}
