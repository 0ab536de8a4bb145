package import YggCore

/// Decides what is asked of a tracker, what becomes a task, and what an issue is told: one workspace's.
///
/// A value that is handed everything it goes by. One call is open at a time, so nothing is asked of a tracker while something
/// is; what a crash interrupts is found out again from leases, tasks and the tracker itself. The order is always: the own
/// lease, the claim, the proof of the claim, the task; and at the end: what the issue is now, the comment, the close.
package struct IssueKeeper: Sendable {
    let settings: Settings
    var random: SeededRandom
    var leases: [IssueID: IssueLease] = [:]
    var live: [IssueID: Live] = [:]
    /// Leases that are over, for what they say about issues that come back.
    var ended: [IssueID: IssueLease] = [:]
    var known: Set<TaskKind> = []
    /// What the last look found, and what of it is waited with.
    var sighted: [TrackedIssue] = []
    var waiting: [Waiting] = []
    /// Those of them that were asked about since, or may not be claimed, are before this.
    var cursor = 0
    /// Of issues that wait for issues of ours.
    var dependants: [Waiting] = []
    /// What cannot be had now, and why, by scope and by issue; until the next look.
    var declined: [String: String] = [:]
    var declinedIssues: Set<IssueID> = []
    var unmapped = 0
    var leftAlone = 0

    var report: TrackerReport?
    var call: TrackerCall?
    var checking: IssueID?
    var pollAt: Instant
    var polledAt: Timestamp?
    /// When the open call was made.
    var askedAt: Instant
    /// How long the last calls took that were answered.
    private var latencies: [Milliseconds] = []
    private static let remembered = 32
    /// While a look is being made: when the next one is due is said by its answer, or by somebody who asks for one meanwhile,
    /// since what this one has read may be older than what they know of.
    private static let untilAnswered = Instant(nanoseconds: .max)
    /// Before this nobody's asking brings a look: there is other work to be done between two of them.
    private var earliestPoll: Instant
    /// From one look to the next at least, or so many times as long as it took.
    private static let betweenLooks = Milliseconds.seconds(1)
    private static let restAfterLook: Int64 = 4
    var pausedUntil: Instant
    private var probedAt: Instant
    var failures = 0
    var problem: TrackerFailure?
    /// What the tracker said first of where its issues are.
    var home: String?
    /// Why it is not believed what it says, and how often in succession.
    var distrust: TrackerFailure?
    var doubts = 0
    /// An issue may be to be taken that was not at the last look, although the tracker did not change.
    var isUnsifted = false
    /// What is held is asked after a start in any case: there may be more than is known.
    var wantsHeld = true
    /// From when on every claim that was under way before the start has been made or never will be; nil once it was seen.
    var lateClaimsAt: Instant?
    var wantsBlocked = false
    var readySinceBlocked = false

    /// What a death kept from being stored.
    private var unsaved: [IssueLease] = []

    /// From one question whether an objection stands to the next: programs are replaced while this one runs.
    private static let objected = Milliseconds.minutes(5)
    private static let lateClaims = Milliseconds.minutes(2)

    /// - Parameters:
    ///   - stored: as they were saved, in any order.
    ///   - tasks: of those that name a task which may be there, the tasks that are.
    package init(
        _ settings: Settings,
        stored: [IssueLease] = [],
        tasks: Set<TaskID> = [],
        seed: UInt64,
        now: Instant
    ) {
        self.settings = settings
        random = SeededRandom(seed: seed)
        pollAt = now
        earliestPoll = now
        lateClaimsAt = now + Self.lateClaims
        askedAt = now
        pausedUntil = now
        probedAt = now
        for var lease in stored {
            if lease.step == .claiming, tasks.contains(lease.task) {
                lease.step = .working
                unsaved.append(lease)
            }
            if lease.isOver {
                ended[lease.issue] = lease
            } else {
                leases[lease.issue] = lease
                var live = Live(now: now)
                live.toProve = lease.step == .claiming
                self.live[lease.issue] = live
            }
        }
    }

    /// What is to be done after a start, before anything else is heard.
    package var first: [Effect] {
        unsaved.map { .save($0) } + ordered.filter { $0.step == .working }.map { .watch($0.task) }
    }

    package mutating func handle(_ input: Input, now: Instant, time: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        switch input {
        case .time: break
        case .wake: pollAt = max(min(pollAt, now + Self.betweenLooks), earliestPoll)
        // Several calls of ours follow each other often, and one look after them serves all.
        case .stir: pollAt = max(min(pollAt, now + .seconds(5)), earliestPoll)
        case .kinds(let kinds):
            guard kinds != known else { break }
            known = kinds
            sift(now)
        case .answered(let call, let result):
            self.call = nil
            effects = took(call, result, now, time)
        case .task(let glance): learn(glance)
        case .taskGone(let task):
            if let id = issue(of: task) { live[id]?.refusal = "Its task \(task) is not there any more." }
        case .checked(let id, let fitness, let task): effects = checked(id, fitness, task, now, time)
        case .submitted(let id, let fitness): effects = submitted(id, fitness, now)
        case .cancelled(let id, let isDone): effects = cancelled(id, isDone, now, time)
        }
        return effects + advance(now, time)
    }

    /// The next thing that is due, where nothing is being done.
    private mutating func advance(_ now: Instant, _ time: Timestamp) -> [Effect] {
        // What is being checked is claimed as soon as that is answered, and two calls are never open.
        guard call == nil, checking == nil, now >= pausedUntil else { return [] }
        askedAt = now
        guard let report, report.objection == nil || now < probedAt + Self.objected else { return ask(.probe) }
        if now >= pollAt {
            pollAt = Self.untilAnswered
            return ask(.ready)
        }
        if let next = looking(now) { return ask(next) }
        guard distrust == nil else { return [] }
        if let next = telling(now) { return ask(next) }
        if wantsBlocked { return ask(.blocked) }
        if report.objection == nil, let effects = claiming(now) { return effects }
        if let next = renewing(report, now) { return ask(next) }
        return []
    }

    mutating func ask(_ call: TrackerCall) -> [Effect] {
        self.call = call
        return [.call(call)]
    }

    private mutating func took(
        _ call: TrackerCall,
        _ result: Result<TrackerAnswer, TrackerFailure>,
        _ now: Instant,
        _ time: Timestamp
    ) -> [Effect] {
        switch result {
        case .success(let answer):
            failures = 0
            if call.changes, let id = call.issue { live[id]?.problem = nil }
            latencies = latencies.suffix(Self.remembered - 1) + [now - askedAt]
            problem = nil
            return took(call, answer, now, time)
        case .failure(let failure): return failed(call, failure, now)
        }
    }

    private mutating func took(
        _ call: TrackerCall,
        _ answer: TrackerAnswer,
        _ now: Instant,
        _ time: Timestamp
    ) -> [Effect] {
        switch (call, answer) {
        case (.probe, .report(let report)):
            probedAt = now
            if let effects = identified(report, now) { return effects }
            self.report = report
            return report.objection.map { [.note("tracker.unusable", issue: nil, detail: $0)] } ?? []
        case (.ready, .ready(let issues)): return found(issues, now, time)
        case (.held, .issues(let issues)): return held(issues, now, time)
        case (.blocked, .issues(let issues)):
            wantsBlocked = false
            return foundBlocked(issues, now)
        case (.issue(let id), .issue(let issue)): return looked(id, issue, now, time)
        case (.claim(let id, _), .claim(let answer)): return claimed(id, answer, now, time)
        case (.comments(let id), .comments(let texts)): return read(texts, of: id)
        case (.comment(_, let id, _), _): return said(id)
        case (.close(let id, _, _), _): return end(id, .closed, time)
        case (.putBack(let id, let way, _), .issue(let issue)): return putBack(id, way, issue, time)
        case (.renew(let id, _), _):
            live[id]?.renewedAt = now
            return []
        default: return []
        }
    }

    /// What could not be asked is asked again later; what was not answered is first looked at.
    private mutating func failed(_ call: TrackerCall, _ failure: TrackerFailure, _ now: Instant) -> [Effect] {
        var effects: [Effect] = []
        if let id = call.issue, live[id] != nil {
            effects = failed(call, failure, about: id, now)
            // What is wrong with one issue keeps none of the others waiting.
            if failure.kind == .refused || failure.kind == .failed { return effects }
        }
        failures += 1
        problem = failure
        if failure.kind == .unusable { report = nil }
        pausedUntil = now + backoff(failures)
        if case .ready = call { pollAt = pausedUntil }
        effects.append(.note("tracker.unanswered", issue: call.issue, detail: failure.detail))
        return effects
    }

    /// From half to the whole of a doubled pause, ten minutes at most.
    mutating func backoff(_ failures: Int) -> Milliseconds {
        let first = min(max(settings.interval.rawValue / 4, 100), 15_000)
        let whole = min(first << Int64(min(failures - 1, 12)), 600_000)
        return Milliseconds(Int64.random(in: whole / 2...whole, using: &random))
    }

    /// Nothing is asked about this issue for a while, and for longer each time until something comes of it.
    mutating func pause(_ id: IssueID, _ now: Instant) {
        let tries = (live[id]?.tries ?? 0) + 1
        let until = now + backoff(min(tries, 8))
        live[id]?.tries = tries
        live[id]?.notBefore = until
    }

    /// How long two claims that were made at once may take to be written: where every call takes seconds, theirs do, too.
    var settling: Milliseconds { max(settings.settle, (latencies.max() ?? .zero) * 2) }

    /// Spread, so that several coordinators do not ask at once.
    mutating func setNextPoll(_ now: Instant) {
        let spread = settings.interval.rawValue / 5
        let regular = settings.interval.rawValue - Int64.random(in: 0...max(spread, 0), using: &random)
        earliestPoll = now + max(Self.betweenLooks, (now - askedAt) * Self.restAfterLook)
        pollAt = max(min(pollAt, now + Milliseconds(regular)), earliestPoll)
    }

    /// The oldest first.
    var ordered: [IssueLease] { leases.values.sorted { ($0.since, $0.issue) < ($1.since, $1.issue) } }

    func issue(of task: TaskID) -> IssueID? { leases.values.first { $0.task == task }?.issue }

    /// The lease is over.
    mutating func end(
        _ id: IssueID,
        _ ending: IssueLease.Ending,
        _ time: Timestamp,
        leftAt: Timestamp? = nil
    ) -> [Effect] {
        guard var lease = leases[id] else { return [] }
        lease.step = .ended(ending)
        lease.endedAt = time
        lease.leftAt = leftAt
        leases[id] = nil
        live[id] = nil
        ended[id] = lease
        isUnsifted = true
        return [.save(lease), .note("tracker.issue-\(ending.rawValue)", issue: id, detail: "\(lease.task)")]
    }

    /// As if it had never been: the issue is as it was.
    mutating func drop(_ id: IssueID) -> [Effect] {
        leases[id] = nil
        live[id] = nil
        isUnsifted = true
        return [.forget(id)]
    }

    /// Drops what was to be claimed, or was: first the task goes, in case there is one.
    mutating func giveUp(_ id: IssueID, _ reason: String) -> [Effect] {
        guard let lease = leases[id] else { return [] }
        // There was never to be one.
        guard lease.task != Self.noTask else { return drop(id) }
        live[id]?.isMoot = true
        live[id]?.isGivenUp = true
        return [.cancel(id, lease.task, reason: reason)]
    }

    /// Of a lease that is only there to give an issue back.
    static let noTask = TaskID(trusted: "none")

    private mutating func learn(_ glance: TaskNews) {
        guard let id = issue(of: glance.task) else { return }
        // From here on it counts what the issue is after the task.
        if glance.state.isTerminal, live[id]?.glance?.state != glance.state { live[id]?.isRead = false }
        live[id]?.glance = glance
    }
}
