/// The clocks of one running command: decides when a limit is reached. Holds no timer of its own; time is passed in.
///
/// It counts on `SuspendingClock`, which stands still while the machine sleeps: a laptop that was closed for an hour
/// has not been silent for an hour.
struct LimitWatch: Sendable {
    enum Verdict: Equatable {
        /// Nothing can be reached before this moment; ask again then.
        case wait(until: SuspendingClock.Instant)
        /// This limit is reached.
        case reached(ProcessOutcome.Cause)
    }

    /// How long to wait where no limit is set. Any long time would do.
    private static let noLimit: Duration = .seconds(86_400)

    private let runDeadline: SuspendingClock.Instant?
    private let silenceTimeout: Duration?
    private var lastOutput: SuspendingClock.Instant
    /// Pieces of output being taken by the caller now: at most one per stream.
    private var deliveries = 0

    init(started: SuspendingClock.Instant, runTimeout: Duration?, silenceTimeout: Duration?) {
        runDeadline = runTimeout.map { started.advanced(by: $0) }
        self.silenceTimeout = silenceTimeout
        lastOutput = started
    }

    /// Output has come and goes to the caller now.
    mutating func deliveryBegan() {
        deliveries += 1
    }

    /// The caller has taken the output. Silence is counted from here, because until now the child may have been
    /// waiting for us.
    mutating func deliveryEnded(at now: SuspendingClock.Instant) {
        deliveries -= 1
        lastOutput = now
    }

    func verdict(at now: SuspendingClock.Instant) -> Verdict {
        if let runDeadline, now >= runDeadline { return .reached(.runTimeout) }
        var until = runDeadline ?? now.advanced(by: Self.noLimit)
        if let silenceTimeout {
            let silenceDeadline = (deliveries > 0 ? now : lastOutput).advanced(by: silenceTimeout)
            if now >= silenceDeadline { return .reached(.silenceTimeout) }
            until = min(until, silenceDeadline)
        }
        return .wait(until: until)
    }
}
