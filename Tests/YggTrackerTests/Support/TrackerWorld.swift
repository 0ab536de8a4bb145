import Testing
import YggCore

@testable import YggTracker

/// A tracker, tasks, and coordinators that see both, on one thread under one clock. Everything that may go wrong goes wrong
/// by a seed: calls that are done and not told, calls that never come, claims that two win, coordinators that die.
struct TrackerWorld {
    struct Stored {
        var issue: TrackedIssue
        var comments: [String] = []
        var closings = 0
    }

    /// A coordinator: what survives its death, and what does not.
    struct Desk {
        var name: String
        var leases: [IssueID: IssueLease] = [:]
        var keeper: IssueKeeper
        var watched: Set<TaskID> = []
        /// The open call, and when it is answered.
        var call: (TrackerCall, at: Instant)?
        /// Counts its deaths.
        var life = 0
        /// What it was told last of what is ready: the same is not told again.
        var ready: [TrackedIssue]?
    }

    var random: SeededRandom
    var now = Instant(nanoseconds: 0)
    var issues: [IssueID: Stored] = [:]
    var tasks: [TaskID: TaskNews] = [:]
    /// Which issue a task is about.
    var subjects: [TaskID: IssueID] = [:]
    var desks: [Desk] = []
    /// In percent of calls.
    var faults = 0
    /// Claims that were begun before another was written win, too.
    var racesClaims = false
    var calls = 0
    var checks = 0
    var cancelled: [TaskID] = []
    var dependencies: [TaskID: [TaskID]] = [:]
    /// Whether tasks are carried out by themselves.
    var works = true
    var outcome: @Sendable (TaskID) -> TaskState = { _ in .succeeded }
    /// The longest that a call takes, in milliseconds; each takes half of it at least.
    var latency = 400
    /// Whether the database is another one, with nothing in it.
    var isLost = false
    var home = "/src/.beads"
    /// Whether claims end unless they are renewed, and how often that was asked.
    var renewsClaims = false
    var renewals = 0
    /// In percent of tasks: the coordinator dies after it was stored and before that was written down.
    var deathsAtSubmit = 0
    /// What the coordinator says of a task that is to be stored, and of one that is only asked about.
    var fitness: (submit: IssueKeeper.Fitness, check: IssueKeeper.Fitness) = (.accepted, .accepted)
    /// What a call comes to instead of being made, where it does.
    var instead: (TrackerCall) -> Result<TrackerAnswer, TrackerFailure>? = { _ in nil }
    /// Of coordinators that died meanwhile.
    private var lateClaims: [(id: IssueID, actor: String, at: Instant)] = []
    private var nextTask = 0

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    var time: Timestamp { Timestamp(milliseconds: 1_772_366_400_000 + now.nanoseconds / 1_000_000) }

    mutating func add(_ issue: TrackedIssue) {
        var issue = issue
        issue.createdAt = issue.createdAt ?? time
        issue.updatedAt = time
        issues[issue.id] = Stored(issue: issue)
    }

    static func settings(_ name: String) -> IssueKeeper.Settings {
        var settings = IssueKeeper.Settings(actor: name)
        settings.interval = .seconds(10)
        return settings
    }

    mutating func addDesk(_ name: String, _ change: (inout IssueKeeper.Settings) -> Void = { _ in }) {
        var settings = Self.settings(name)
        change(&settings)
        desks.append(Desk(name: name, keeper: IssueKeeper(settings, seed: random.next(), now: now)))
    }

    /// It dies and comes back with what it had written.
    mutating func kill(_ index: Int) {
        let settings = desks[index].keeper.settings
        // A call that was under way is done or not, or a claim even later, and nobody is told.
        if let (call, _) = desks[index].call, random.chance(50) {
            if case .claim(let id, let actor) = call, random.chance(50) {
                lateClaims.append((id, actor, now + random.milliseconds(0..<20_000)))
            } else {
                _ = carryOut(call, index)
            }
        }
        let stored = Array(desks[index].leases.values)
        desks[index].keeper = IssueKeeper(
            settings,
            stored: stored,
            tasks: Set(tasks.keys),
            seed: random.next(),
            now: now
        )
        desks[index].life += 1
        desks[index].call = nil
        desks[index].ready = nil
        racing = racing.filter { !$0.hasPrefix(desks[index].name + "hh-") }
        desks[index].watched = []
        perform(desks[index].keeper.first, index)
    }

    // MARK: Time

    /// Lets so much time pass, in steps of a tenth of a second.
    mutating func pass(_ length: Milliseconds, each: (inout TrackerWorld) -> Void = { _ in }) {
        let end = now + length
        while now < end {
            now += 100
            for (id, actor, at) in lateClaims where at <= now && isFree(id, actor) {
                change(id) {
                    $0.status = .inProgress
                    $0.assignee = actor
                }
            }
            lateClaims.removeAll { $0.at <= now }
            for index in desks.indices {
                if let (call, at) = desks[index].call, at <= now {
                    desks[index].call = nil
                    let answer = carryOut(call, index)
                    feed(.kinds(builtInKinds), index)
                    feed(.answered(call, broken(answer, call)), index)
                }
                feed(.time, index)
            }
            if works { work() }
            each(&self)
        }
    }

    /// Tasks go one step on, now and then.
    private mutating func work() {
        for id in tasks.keys.sorted() where random.chance(20) {
            guard var task = tasks[id], !task.state.isTerminal else { continue }
            switch task.state {
            case .blocked:
                let ended = (dependencies[id] ?? []).allSatisfy { tasks[$0]?.state.isTerminal ?? true }
                let failed = (dependencies[id] ?? []).contains { tasks[$0]?.state != .succeeded }
                guard ended else { continue }
                task.state = failed ? .failed : .queued
                if failed { task.error = TaskError(code: "dependency-failed", detail: "", retryable: false) }
            case .queued:
                task.state = .running
                task.executor = "surtr"
            default:
                task.state = outcome(id)
                task.succeeded = task.state == .succeeded
            }
            set(task)
        }
    }

    mutating func set(_ task: TaskNews) {
        tasks[task.task] = task
        for index in desks.indices where desks[index].watched.contains(task.task) { feed(.task(task), index) }
    }

    /// Somebody asks it for a look.
    mutating func wake(_ index: Int) { feed(.wake, index) }

    // MARK: A coordinator

    private mutating func feed(_ input: IssueKeeper.Input, _ index: Int) {
        perform(desks[index].keeper.handle(input, now: now, time: time), index)
    }

    private mutating func perform(_ effects: [IssueKeeper.Effect], _ index: Int) {
        let life = desks[index].life
        for effect in effects where desks[index].life == life {
            switch effect {
            case .save(let lease): desks[index].leases[lease.issue] = lease
            case .forget(let issue): desks[index].leases[issue] = nil
            case .call(let call):
                precondition(desks[index].call == nil, "two calls at once")
                calls += 1
                if case .renew = call { renewals += 1 }
                desks[index].call = (call, now + random.milliseconds(latency / 2..<latency))
                if racesClaims, case .claim(let id, let actor) = call, isFree(id, actor) {
                    racing.insert(actor + id.rawValue)
                }
            case .check(let issue, _):
                nextTask += 1
                checks += 1
                feed(.checked(issue.id, fitness.check, TaskID(trusted: "t\(nextTask)")), index)
            case .submit(let issue, _, let task, let dependsOn):
                guard fitness.submit == .accepted else {
                    feed(.submitted(issue.id, fitness.submit), index)
                    continue
                }
                if tasks[task] == nil {
                    subjects[task] = issue.id
                    dependencies[task] = dependsOn
                    tasks[task] = TaskNews(task: task, state: dependsOn.isEmpty ? .queued : .blocked)
                    if random.chance(deathsAtSubmit) {
                        kill(index)
                        continue
                    }
                }
                feed(.submitted(issue.id, .accepted), index)
            case .cancel(let issue, let task, _):
                if var glance = tasks[task], !glance.state.isTerminal {
                    cancelled.append(task)
                    glance.state = .cancelled
                    tasks[task] = glance
                }
                feed(.cancelled(issue, isDone: true), index)
            case .watch(let task):
                desks[index].watched.insert(task)
                if let glance = tasks[task] { feed(.task(glance), index) }
            case .note: break
            }
        }
    }

    // MARK: The tracker

    private var racing: Set<String> = []

    private func isFree(_ id: IssueID, _ actor: String) -> Bool {
        guard let issue = issues[id]?.issue else { return false }
        return issue.status == .open && (issue.assignee == nil || issue.assignee == actor)
    }

    /// What the caller hears of it.
    private mutating func broken(
        _ answer: Result<TrackerAnswer, TrackerFailure>,
        _ call: TrackerCall
    ) -> Result<TrackerAnswer, TrackerFailure> {
        random.chance(faults) ? .failure(TrackerFailure(.unanswered, "ended")) : answer
    }

    /// What an empty database answers.
    private func lost(_ call: TrackerCall) -> Result<TrackerAnswer, TrackerFailure>? {
        switch call {
        case .probe: nil
        case .ready: .success(.ready([]))
        case .held, .blocked: .success(.issues([]))
        case .issue: .success(.issue(nil))
        default: .failure(TrackerFailure(.refused, "no issue found matching"))
        }
    }

    private mutating func carryOut(_ call: TrackerCall, _ index: Int) -> Result<TrackerAnswer, TrackerFailure> {
        var isRacing = false
        if case .claim(let id, let actor) = call { isRacing = racing.remove(actor + id.rawValue) != nil }
        // A fault before anything was done.
        if random.chance(faults) { return .failure(TrackerFailure(.unavailable, "locked")) }
        if let answer = instead(call) { return answer }
        if isLost, let answer = lost(call) { return answer }
        switch call {
        case .probe:
            var report = TrackerReport(version: "sim")
            report.renewsClaims = renewsClaims
            report.home = home
            return .success(.report(report))
        case .ready:
            let ready = open.filter { $0.status == .open && !isBlocked($0) }
            if ready == desks[index].ready { return .success(.ready(nil)) }
            desks[index].ready = ready
            return .success(.ready(ready))
        case .held(let actor): return .success(.issues(open.filter { $0.isHeld(by: actor) }))
        case .blocked:
            return .success(
                .issues(
                    open.filter { isBlocked($0) }.map { issue in
                        var issue = issue
                        issue.blockedBy = issue.blockedBy.filter { issues[$0]?.issue.status != .closed }
                        return issue
                    }
                )
            )
        case .issue(let id): return .success(.issue(issues[id]?.issue))
        case .claim(let id, let actor):
            guard let issue = issues[id]?.issue, isRacing || isFree(id, actor) || issue.isHeld(by: actor) else {
                return .success(.claim(.lost("taken")))
            }
            change(id) {
                $0.status = .inProgress
                $0.assignee = actor
            }
            return .success(.claim(.won))
        case .comments(let id): return .success(.comments(issues[id]?.comments ?? []))
        case .comment(let text, let id, _): issues[id]?.comments.append(text)
        case .close(let id, let reason, _):
            guard let issue = issues[id]?.issue else { return .failure(TrackerFailure(.refused, "none")) }
            guard !isBlocked(issue) else { return .failure(TrackerFailure(.refused, "blocked by open issues")) }
            issues[id]?.closings += 1
            change(id) {
                $0.status = .closed
                $0.closeReason = reason
            }
        case .putBack(let id, let way, _):
            change(id) { issue in
                issue.assignee = nil
                switch way {
                case .released(let label):
                    (issue.status, issue.labels) = (.open, issue.labels + (label.map { [$0] } ?? []))
                case .parked(let label): (issue.status, issue.labels) = (.blocked, issue.labels + [label])
                }
            }
            return .success(.issue(issues[id]?.issue))
        case .renew: break
        }
        return .success(.done)
    }

    mutating func change(_ id: IssueID, _ body: (inout TrackedIssue) -> Void) {
        guard var issue = issues[id]?.issue else { return }
        body(&issue)
        issue.updatedAt = time
        issues[id]?.issue = issue
    }

    private var open: [TrackedIssue] {
        issues.values.map(\.issue).filter { !$0.status.isOver }.sorted { $0.id < $1.id }
    }

    private func isBlocked(_ issue: TrackedIssue) -> Bool {
        issue.blockedBy.contains { issues[$0].map { !$0.issue.status.isOver } ?? false }
    }

    /// Tasks that were made for an issue and not cancelled, by whomever.
    func tasks(of issue: IssueID) -> [TaskID] { subjects.filter { $0.value == issue }.keys.sorted() }
}

extension TrackerWorld {
    /// One desk, and these issues.
    static func with(_ issues: [TrackedIssue] = [.refactor], works: Bool = true) -> TrackerWorld {
        var world = TrackerWorld(seed: 1)
        world.works = works
        for issue in issues { world.add(issue) }
        world.addDesk("a")
        return world
    }

    /// What the coordinator says of the first task of the issue that all these tests are about.
    func glance(_ state: TaskState) throws -> TaskNews {
        let task = try #require(tasks(of: "hh-a1b2").first)
        var glance = TaskNews(task: task, state: state)
        glance.executor = "surtr"
        return glance
    }
}
