import Synchronization
import Testing
import YggCore
import YggTracker

@testable import YggCoordinator

@Suite("Tasks of issues, as they change", .timeLimit(.minutes(1)))
struct TaskFollowerTests {
    /// What a store says, one look after the other; nil is a look that fails.
    private static func told(_ looks: [TaskState?]) async -> (states: [TaskState], sleeps: Int) {
        let left = Mutex(looks)
        let told = Mutex<[TaskState]>([])
        let sleeps = Mutex(0)
        let (signals, signalling) = AsyncStream.makeStream(of: Void.self)
        // One for each change: after them nothing wakes whoever waits.
        for _ in looks.compactMap({ $0 }).dropFirst() { signalling.yield() }
        struct Unreadable: Error {}
        let follower = TaskFollower(
            signals: { _ in signals },
            glance: { task in
                guard let look = left.withLock({ $0.removeFirst() }) else { throw Unreadable() }
                return TaskNews(task: task, state: look)
            },
            sleep: { _ in sleeps.withLock { $0 += 1 } },
            tell: { input in
                if case .task(let news) = input { told.withLock { $0.append(news.state) } }
            }
        )
        await follower.follow(TaskID(trusted: "t1"))
        return (told.withLock { $0 }, sleeps.withLock { $0 })
    }

    @Test func `a look that fails is repeated, at the end as well as at the beginning`() async {
        let (states, sleeps) = await Self.told([nil, .queued, .running, nil, nil, .succeeded])
        #expect(states == [.queued, .running, .succeeded] && sleeps == 4)
    }

    @Test func `one that has ended is told once, and not waited for`() async {
        #expect(await Self.told([.failed]).states == [.failed])
    }
}
