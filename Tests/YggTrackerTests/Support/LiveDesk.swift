import FoundationEssentials
import YggCore

@testable import YggTracker

/// Tasks that are done as soon as they are there, of several coordinators.
actor LiveFleet {
    private(set) var tasks: [IssueID: [TaskID]] = [:]
    private(set) var cancelled: Set<TaskID> = []
    private(set) var closed: Set<IssueID> = []

    func take(_ task: TaskID, _ issue: IssueID) {
        if tasks[issue]?.contains(task) != true { tasks[issue, default: []].append(task) }
    }
    func cancel(_ task: TaskID) { cancelled.insert(task) }
    func close(_ issue: IssueID) { closed.insert(issue) }
}

/// A keeper over a real driver and a real clock: a coordinator without a coordinator.
struct LiveDesk {
    let name: String
    let tracker: any Tracker
    let fleet: LiveFleet

    private let start = ContinuousClock.now
    private var now: Instant {
        Instant(nanoseconds: Int64((ContinuousClock.now - start) / .nanoseconds(1)))
    }
    private var time: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    init(name: String, tracker: any Tracker, fleet: LiveFleet) {
        self.name = name
        self.tracker = tracker
        self.fleet = fleet
    }

    /// Works until so many issues were closed, by whomever.
    func run(untilClosed count: Int) async throws {
        var settings = IssueKeeper.Settings(actor: name)
        settings.interval = .seconds(1)
        var keeper = IssueKeeper(settings, seed: 1, now: now)
        var inputs: [IssueKeeper.Input] = [.kinds(builtInKinds)]
        var number = 0
        while await fleet.closed.count < count {
            if inputs.isEmpty {
                // The next input is that time has passed.
                try await Task.sleep(for: .milliseconds(20))
                inputs = [.time]
            }
            for effect in keeper.handle(inputs.removeFirst(), now: now, time: time) {
                switch effect {
                case .call(let call): inputs.append(.answered(call, await tracker.answer(call)))
                case .check(let issue, _):
                    number += 1
                    inputs.append(.checked(issue.id, .accepted, TaskID(trusted: "\(name)-\(number)")))
                case .submit(let issue, _, let task, _):
                    await fleet.take(task, issue.id)
                    inputs.append(.submitted(issue.id, .accepted))
                case .cancel(let issue, let task, _):
                    await fleet.cancel(task)
                    inputs.append(.cancelled(issue, isDone: true))
                case .watch(let task):
                    var news = TaskNews(task: task, state: .succeeded)
                    news.succeeded = true
                    inputs.append(.task(news))
                case .note(let message, let issue?, _) where message == "tracker.issue-closed":
                    await fleet.close(issue)
                case .note, .save, .forget: break
                }
            }
        }
    }
}
