import Synchronization
package import YggCore

/// Tells whoever looks at a task that something was committed. It carries no data: the log is the truth, and a
/// viewer that is slow merely reads more of it at once.
package final class EventHub: Sendable {
    private struct State {
        var nextToken = 0
        var viewers: [TaskID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Signals for one task, one at least after every commit that touched it. Ends when the coordinator stops.
    package func signals(for task: TaskID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let token = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.nextToken += 1
            state.viewers[task, default: [:]][state.nextToken] = continuation
            return state.nextToken
        }
        guard let token else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(token, of: task) }
        return stream
    }

    package var viewerCount: Int { state.withLock { $0.viewers.values.reduce(0) { $0 + $1.count } } }

    func notify(_ tasks: some Sequence<TaskID>) {
        let continuations = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard !state.viewers.isEmpty else { return [] }
            return tasks.flatMap { Array((state.viewers[$0] ?? [:]).values) }
        }
        for continuation in continuations { continuation.yield() }
    }

    func close() {
        let continuations = state.withLock { state in
            state.isClosed = true
            return state.viewers.values.flatMap { Array($0.values) }
        }
        for continuation in continuations { continuation.finish() }
    }

    private func remove(_ token: Int, of task: TaskID) {
        state.withLock { state in
            state.viewers[task]?[token] = nil
            if state.viewers[task]?.isEmpty == true { state.viewers[task] = nil }
        }
    }
}
