import Synchronization
package import YggCore

/// A bell for one sleeper: rung while nobody sleeps, it ends the next sleep at once.
///
/// It says that there is something to look at, never what: ringing twice is ringing once.
package final class Wakeup: Sendable {
    private struct State {
        var isRung = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// Tells the sleeps apart, so that the timer of one does not end another.
        var turn = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() { wake(turn: nil) }

    /// Sleeps until the bell rings, `deadline` comes or the surrounding task is cancelled.
    /// - Parameter thread: whose timers are used.
    package func sleep(until deadline: Instant? = nil, on thread: DedicatedThread) async {
        let turn = state.withLock { state in
            state.turn += 1
            return state.turn
        }
        let timer = deadline.map { deadline in
            thread.schedule(at: deadline) { [weak self] in self?.wake(turn: turn) }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isAwake = state.withLock { state in
                    // The timer and the cancellation may have come before the sleeper lay down.
                    if state.isRung || state.turn != turn || Task.isCancelled {
                        state.isRung = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            wake(turn: turn)
        }
        if let timer { thread.cancel(timer) }
    }

    /// - Parameter turn: the only sleep that may be ended; nil ends any, or the next.
    private func wake(turn: Int?) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let turn, turn != state.turn { return nil }
            guard let sleeper = state.sleeper else {
                if turn == nil { state.isRung = true } else { state.turn += 1 }
                return nil
            }
            state.sleeper = nil
            state.turn += 1
            return sleeper
        }
        sleeper?.resume()
    }
}
