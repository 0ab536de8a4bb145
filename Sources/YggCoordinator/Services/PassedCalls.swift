import Synchronization
import YggCore

/// Calls that are passed on to agents. They may last for hours, and end when the coordinator leaves.
final class PassedCalls: Sendable {
    private struct State {
        var isOver = false
        var calls: [Int: Task<ForwardedAnswer, Never>] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    /// - Returns: nil where the coordinator leaves first.
    func run(_ call: @escaping @Sendable () async -> ForwardedAnswer) async -> ForwardedAnswer? {
        let task = Task { await call() }
        let number = state.withLock { state -> Int? in
            guard !state.isOver else { return nil }
            state.last += 1
            state.calls[state.last] = task
            return state.last
        }
        guard let number else {
            task.cancel()
            return nil
        }
        let answer = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        let wasCut = state.withLock { state in
            state.calls[number] = nil
            return state.isOver
        }
        if case .reply = answer { return answer }
        return wasCut ? nil : answer
    }

    func end() {
        let calls = state.withLock { state in
            state.isOver = true
            return state.calls.values
        }
        for call in calls { call.cancel() }
    }
}
