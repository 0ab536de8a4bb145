import Synchronization
import YggCore

/// What came of the requests to `/execute` that can be repeated, so that one who lost an answer gets it by asking again.
///
/// It lasts as long as the process. A request whose work is under way waits for it instead of beginning it anew.
final class ExecutionMemory: Sendable {
    private struct State {
        var reports: [String: Task<FinalReport, any Error>] = [:]
        /// Oldest first, those that are over alone.
        var finished: [String] = []
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: results that are kept.
    init(limit: Int = 256) { self.limit = limit }

    /// The report under `key`, from `body` where it was not asked for before.
    /// - Throws: what `body` throws. A refusal is forgotten: nothing was begun, or it was drained and is to be begun anew.
    func report(
        _ key: String,
        _ body: @escaping @Sendable () async throws -> FinalReport
    ) async throws -> (report: FinalReport, isReplayed: Bool) {
        let (task, isReplayed) = state.withLock { state in
            if let task = state.reports[key] { return (task, true) }
            // Awaited by whoever asks: a task of its own so that two can.
            let task = Task { try await body() }
            state.reports[key] = task
            return (task, false)
        }
        do {
            let report = try await task.value
            if !isReplayed { keep(key) }
            return (report, isReplayed)
        } catch {
            if !isReplayed { state.withLock { $0.reports[key] = nil } }
            throw error
        }
    }

    private func keep(_ key: String) {
        state.withLock { state in
            state.finished.append(key)
            if state.finished.count > limit { state.reports[state.finished.removeFirst()] = nil }
        }
    }
}
