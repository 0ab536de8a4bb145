import Synchronization
import YggCore

/// The attempts that this executor has accepted and that are not over.
final class AttemptTable: Sendable {
    private struct State {
        var attempts: [LeaseKey: Attempt] = [:]
        /// Of those who wait for a change.
        var bells: [ObjectIdentifier: Wakeup] = [:]
    }

    private let state = Mutex(State())

    /// How long a handler has to end by itself when its time is over, before it is made to.
    static let grace = Milliseconds(500)

    subscript(key: LeaseKey) -> Attempt? { state.withLock { $0.attempts[key] } }

    var all: [Attempt] { state.withLock { $0.attempts.values.sorted { $0.key < $1.key } } }

    func add(_ attempt: Attempt) { change { $0[attempt.key] = attempt } }

    func remove(_ key: LeaseKey) { change { $0[key] = nil } }

    private func change(_ body: (inout [LeaseKey: Attempt]) -> Void) {
        let bells = state.withLock { state in
            body(&state.attempts)
            return state.bells.values
        }
        for bell in bells { bell.ring() }
    }

    func stopAll(_ reason: AttemptEnd) {
        for attempt in all where !attempt.stop(reason) { remove(attempt.key) }
    }

    /// Ends what runs beyond its limits, by the clock that stands still while the machine sleeps: one look at all of them
    /// instead of a timer for each.
    func sweep(at now: Instant) {
        for attempt in all {
            if let end = attempt.exceededLimit(at: now, grace: Self.grace) { attempt.stop(end) }
        }
    }

    /// Waits until the last attempt is over, or `deadline` has come. In a cancelled task it waits all the same.
    func emptied(by deadline: Instant, on thread: DedicatedThread, clock: RuntimeClock) async {
        await Task(executorPreference: thread) {
            await self.wait(until: deadline, on: thread, clock: clock) { $0.isEmpty }
        }.value
    }

    /// Waits until `isReached` holds of the attempts, `deadline` has come, or the surrounding task is cancelled.
    func wait(
        until deadline: Instant? = nil,
        on thread: DedicatedThread,
        clock: RuntimeClock = .host,
        _ isReached: (Set<LeaseKey>) -> Bool
    ) async {
        let bell = Wakeup()
        state.withLock { $0.bells[ObjectIdentifier(bell)] = bell }
        defer { state.withLock { $0.bells[ObjectIdentifier(bell)] = nil } }
        while !isReached(state.withLock { Set($0.attempts.keys) }), !Task.isCancelled {
            if let deadline, deadline <= clock.now() { return }
            await bell.sleep(until: deadline, on: thread)
        }
    }
}
