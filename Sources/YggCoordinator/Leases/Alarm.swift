import Synchronization
import YggCore

/// Wakes one sleeper at the soonest of the times that were set.
///
/// Nothing on the path of a task waits for it: it is for tasks that wait for a time.
final class Alarm: Sendable {
    private struct State {
        var next: Timestamp?
        var sleeper: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// Sets a time; an earlier one that is already set stands.
    func set(_ time: Timestamp) {
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            if let next = state.next, next <= time { return nil }
            state.next = time
            return state.sleeper
        }
        sleeper?.cancel()
    }

    /// Returns when the soonest time has come, `limit` at the latest, and forgets it.
    func wait(atMost limit: Milliseconds) async {
        while !Task.isCancelled {
            let sleeper = state.withLock { state -> Task<Void, Never>? in
                let delay = state.next.map { min($0 - .now, limit) } ?? limit
                if delay <= .zero {
                    state.next = nil
                    return nil
                }
                let isLimit = state.next.map { $0 - .now > limit } ?? true
                let sleeper = Task {
                    try? await Task.sleep(for: delay.duration)
                    if isLimit, !Task.isCancelled { self.set(.now) }
                }
                state.sleeper = sleeper
                return sleeper
            }
            guard let sleeper else { return }
            await withTaskCancellationHandler {
                await sleeper.value
            } onCancel: {
                sleeper.cancel()
            }
        }
    }
}
