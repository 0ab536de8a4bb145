import Synchronization

/// Watches over one streamed answer: told of every piece, it knows when the patience is over.
///
/// Its clock stands still while the machine sleeps. A lid that was closed is nobody's fault.
final class StreamWatch: Sendable {
    private struct State {
        /// When the present stretch is over; nil while the reader is busy with what it was given.
        var deadline: SuspendingClock.Instant?
        var stretch: StreamStall.Stretch
        var length: Duration
    }

    private let patience: StreamPatience
    private let end: SuspendingClock.Instant
    private let state: Mutex<State>

    init(_ patience: StreamPatience) {
        let now = SuspendingClock.now
        self.patience = patience
        end = now + patience.whole
        state = Mutex(State(deadline: now + patience.firstByte, stretch: .firstByte, length: patience.firstByte))
    }

    /// A piece of the body is here, and the reader takes its time over it.
    func heard() { state.withLock { $0.deadline = nil } }

    /// The reader waits for the next piece.
    func listens() {
        let deadline = SuspendingClock.now + patience.silence
        state.withLock { $0 = State(deadline: deadline, stretch: .silence, length: patience.silence) }
    }

    /// Returns when the patience is over. Throws when it is cancelled, which is how every good exchange ends.
    func stall() async throws -> StreamStall {
        while true {
            let now = SuspendingClock.now
            if now >= end { return StreamStall(stretch: .whole, after: patience.whole) }
            let state = state.withLock { $0 }
            if let deadline = state.deadline, now >= deadline {
                return StreamStall(stretch: state.stretch, after: state.length)
            }
            // A deadline that comes meanwhile lies at least one silence away, so no longer nap can miss it.
            let nap = min(end, now + patience.silence)
            try await Task.sleep(until: min(nap, state.deadline ?? nap), clock: .suspending)
        }
    }
}
