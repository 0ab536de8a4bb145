import YggCore
import YggTracker

/// Tells of every change of the tasks that came from issues.
struct TaskFollower: Sendable {
    /// From one look at a task that changes to the next.
    private static let pause = Milliseconds(100)
    /// From a look that came to nothing to the next: the signal that led to it does not come again.
    private static let retry = Milliseconds.seconds(2)

    var signals: @Sendable (TaskID) -> AsyncStream<Void>
    /// How a task is; nil where there is none.
    var glance: @Sendable (TaskID) async throws -> TaskNews?
    var sleep: @Sendable (Milliseconds) async -> Void
    var tell: @Sendable (IssueKeeper.Input) -> Void

    /// Follows each of them, until they have ended.
    func follow(_ watched: AsyncStream<TaskID>) async {
        await withDiscardingTaskGroup { group in
            for await task in watched {
                group.addTask { await follow(task) }
            }
            group.cancelAll()
        }
    }

    /// Tells first how it is now, then of each change until it has ended.
    func follow(_ task: TaskID) async {
        let signals = signals(task)
        guard var last = await look(at: task, after: nil) else { return }
        if last.state.isTerminal { return }
        for await _ in signals {
            guard let news = await look(at: task, after: last), !news.state.isTerminal else { return }
            last = news
            // Output is a change as well, and comes in streams.
            await sleep(Self.pause)
        }
    }

    /// Tells how it is, unless that is known.
    /// - Returns: nil where it is not there, or nobody wants to know any more.
    private func look(at task: TaskID, after last: TaskNews?) async -> TaskNews? {
        while !Task.isCancelled {
            do {
                guard let news = try await glance(task) else {
                    tell(.taskGone(task))
                    return nil
                }
                if news != last { tell(.task(news)) }
                return news
            } catch {
                await sleep(Self.retry)
            }
        }
        return nil
    }
}
