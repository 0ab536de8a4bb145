import Logging
import YggCore
import YggProtocol
import YggStorage
import YggTracker

/// Feeds one workspace's `IssueKeeper`, and does what it says: rows, tasks, calls.
///
/// Inputs come through one queue and are handled one after the other; a call of the tracker runs beside, and its answer is
/// an input like any other.
actor TrackerDesk {
    /// How often it looks at the clock and at what the tracker touches.
    private static let tick = Milliseconds(500)
    /// How long somebody waits for a look that does not come, because the tracker does not answer.
    private static let patience = Milliseconds.seconds(30)
    /// From one try to store what could not be stored to the next, where nothing else asks for it.
    private static let storePause = Milliseconds.seconds(5)
    private static let mostFalseAlarms = 3
    /// Leases that ended before this are forgotten.
    private static let memory = Milliseconds.days(90)

    let workspace: TrackerWorkspace
    private let coordinator: Coordinator
    private let logger: Logger
    private let inbox: AsyncStream<Entry>
    private let feed: AsyncStream<Entry>.Continuation
    private let calls: AsyncStream<TrackerCall>
    private let calling: AsyncStream<TrackerCall>.Continuation
    private let watched: AsyncStream<TaskID>
    private let watching: AsyncStream<TaskID>.Continuation
    private var keeper: IssueKeeper?
    /// What the tracker touches, as it was before the first look, when nothing was being asked, or after a call of ours; nil
    /// where there is none.
    private var lastSign: String?
    /// Looks in succession that were made because something stirred during a call of ours, and found nothing new: a `bd` that
    /// leaves marks when it only reads would keep us looking for ever.
    private var falseAlarms = 0
    private var isAlarmed = false
    private var failure: String?
    /// Rights that are to be stored, or to be forgotten, and are not yet.
    private var unstored: [IssueID: IssueLease?] = [:]
    private var storeAt: Instant?
    private var isOver = false
    /// Looks that were begun.
    private var looks = 0
    private var waiters: [Waiter] = []

    /// Somebody who waits for a look that is begun after these many, and until when.
    private struct Waiter {
        var looks: Int
        var until: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    private enum Entry: Sendable {
        case input(IssueKeeper.Input)
        case tick
    }

    init(_ workspace: TrackerWorkspace, coordinator: Coordinator, logger: Logger) {
        self.workspace = workspace
        self.coordinator = coordinator
        var logger = logger
        logger[metadataKey: "tracker"] = "\(workspace.name)"
        self.logger = logger
        (inbox, feed) = AsyncStream.makeStream(of: Entry.self)
        (calls, calling) = AsyncStream.makeStream(of: TrackerCall.self)
        (watched, watching) = AsyncStream.makeStream(of: TaskID.self)
    }

    /// Works until it is cancelled. A call that is open then is ended, and looked into after the next start.
    func run() async {
        lastSign = workspace.tracker.sign()
        while !Task.isCancelled, keeper == nil {
            do {
                try await load()
            } catch {
                failure = "\(error)"
                say()
                logger.warning("tracker.leases-unread", metadata: ["error": "\(error)"])
                resumeWaiters { _ in true }
                await coordinator.machine.sleep(.seconds(10))
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [machine = coordinator.machine, feed] in
                while !Task.isCancelled {
                    feed.yield(.tick)
                    await machine.sleep(Self.tick)
                }
            }
            group.addTask { [tracker = workspace.tracker, calls, feed] in
                for await call in calls { feed.yield(.input(.answered(call, await tracker.answer(call)))) }
            }
            group.addTask { [coordinator, watched, feed] in
                let follower = TaskFollower(
                    signals: { coordinator.events.signals(for: $0) },
                    glance: { try await coordinator.glance(at: $0) },
                    sleep: { await coordinator.machine.sleep($0) },
                    tell: { feed.yield(.input($0)) }
                )
                await follower.follow(watched)
            }
            await perform(keeper?.first ?? [])
            for await entry in inbox { await handle(entry) }
            group.cancelAll()
        }
        isOver = true
        resumeWaiters { _ in true }
    }

    private func load() async throws {
        let name = workspace.name
        let stored = try await coordinator.database.write { [time = coordinator.machine.time()] tx in
            let oldest = Timestamp(milliseconds: time.milliseconds - Self.memory.rawValue)
            try TrackerStore.removeEnded(before: oldest, in: name, tx)
            return try TrackerStore.leases(of: name, in: tx)
        }
        let leases = try stored.map { bytes in
            var reader = try ObjectReader(JSON(parsing: bytes))
            return try IssueLease(reading: &reader)
        }
        // Whether the last step of these was still done, nobody wrote down.
        var tasks: Set<TaskID> = []
        for lease in leases where lease.step == .claiming {
            if try await coordinator.glance(at: lease.task) != nil { tasks.insert(lease.task) }
        }
        let host = workspace.host.isEmpty ? "" : "@\(workspace.host)"
        // Of the store, because that is what decides who has what: two coordinators have two.
        var settings = IssueKeeper.Settings(actor: "ygg-\(coordinator.identity.storeID.suffix(8))\(host)")
        settings.rules = workspace.rules
        settings.words = workspace.words
        settings.interval = workspace.interval
        settings.ahead = workspace.ahead
        settings.onFailure = workspace.onFailure
        failure = nil
        keeper = IssueKeeper(
            settings,
            stored: leases,
            tasks: tasks,
            seed: coordinator.machine.random(),
            now: coordinator.machine.now()
        )
    }

    // MARK: One after the other

    private func handle(_ entry: Entry) async {
        defer { say() }
        switch entry {
        case .input(let input):
            var isStirred = false
            if case .answered(let call, let result) = input { isStirred = stirred(call, result) }
            await decide(input)
            if isStirred { await decide(.stir) }
        case .tick:
            let sign = workspace.tracker.sign()
            // While a call of ours is open it may be its doing: that is asked when it has ended.
            if keeper?.isCalling == false {
                if sign != nil, sign != lastSign { await decide(.wake) }
                lastSign = sign
            }
            let now = coordinator.machine.now()
            if !unstored.isEmpty, now >= storeAt ?? now {
                storeAt = await store() ? nil : now + Self.storePause
            }
            await decide(.time)
            resumeWaiters { $0.until <= now }
        }
    }

    /// Whether somebody may have changed something during a call of ours. What that touched itself looks the same.
    private func stirred(_ call: TrackerCall, _ result: Result<TrackerAnswer, TrackerFailure>) -> Bool {
        if call == .ready {
            if case .success(.ready(nil)) = result { falseAlarms += isAlarmed ? 1 : 0 } else { falseAlarms = 0 }
            isAlarmed = false
        }
        let before = lastSign
        lastSign = workspace.tracker.sign()
        guard lastSign != nil, before != lastSign, falseAlarms < Self.mostFalseAlarms else { return false }
        isAlarmed = true
        return true
    }

    private func say() {
        let trouble = failure ?? keeper?.trouble
        coordinator.trackers.say(
            TrackerBoard.Verdict(workspace: workspace.name, trouble: trouble, lookedAt: keeper?.lookedAt)
        )
    }

    private func resumeWaiters(_ isDue: (Waiter) -> Bool) {
        let due = waiters.filter(isDue)
        waiters.removeAll(where: isDue)
        for waiter in due { waiter.continuation.resume() }
    }

    private func decide(_ input: IssueKeeper.Input) async {
        var inputs = [input]
        if case .answered(.ready, _) = input { inputs.insert(.kinds(Set(coordinator.knownKinds.keys)), at: 0) }
        while !inputs.isEmpty {
            let machine = coordinator.machine
            let next = inputs.removeFirst()
            let answered = looks
            guard let effects = keeper?.handle(next, now: machine.now(), time: machine.time()) else { return }
            inputs += await perform(effects)
            if case .answered(.ready, _) = next { resumeWaiters { $0.looks < answered } }
        }
    }

    /// - Returns: what is known at once of what was done.
    @discardableResult
    private func perform(_ effects: [IssueKeeper.Effect]) async -> [IssueKeeper.Input] {
        var inputs: [IssueKeeper.Input] = []
        for effect in effects {
            switch effect {
            case .save(let lease): await keep(lease.issue, lease)
            case .forget(let issue): await keep(issue, nil)
            case .call(let call):
                if call == .ready { looks += 1 }
                if await store() {
                    calling.yield(call)
                } else {
                    inputs.append(.answered(call, .failure(TrackerFailure(.unavailable, Self.unwritten))))
                }
            case .check(let issue, let match):
                let fitness = await check(issue, match)
                inputs.append(.checked(issue.id, fitness, coordinator.nextTaskID()))
            case .submit(let issue, let match, let task, let dependsOn):
                let fitness = await store() ? await submit(issue, match, task, dependsOn) : .notNow(Self.unwritten)
                inputs.append(.submitted(issue.id, fitness))
            case .cancel(let issue, let task, let reason):
                logger.notice(
                    "tracker.issue-moot",
                    metadata: ["issue": "\(issue)", "task": "\(task)", "reason": "\(reason)"]
                )
                inputs.append(.cancelled(issue, isDone: await coordinator.dismiss(task)))
            case .watch(let task): watching.yield(task)
            case .note(let message, let issue, let detail): note(message, issue, detail)
            }
        }
        return inputs
    }

    private static let unwritten = "What was to be done could not be written down first."

    /// Stores a right, or that there is none. What cannot be stored now is stored before anything else is done.
    private func keep(_ issue: IssueID, _ lease: IssueLease?) async {
        unstored[issue] = .some(lease)
        await store()
    }

    /// - Returns: whether everything is stored.
    @discardableResult
    private func store() async -> Bool {
        guard !unstored.isEmpty else { return true }
        do {
            let stored = unstored
            try await coordinator.database.write { [name = workspace.name] tx in
                for (issue, lease) in stored {
                    guard let lease else {
                        try TrackerStore.remove(issue.rawValue, in: name, tx)
                        continue
                    }
                    try TrackerStore.save(
                        lease.json.bytes,
                        of: issue.rawValue,
                        task: lease.task,
                        endedAt: lease.endedAt,
                        in: name,
                        tx
                    )
                }
            }
            // Others may have come meanwhile, or another word on one of these.
            for (issue, lease) in stored where unstored[issue] == .some(lease) { unstored[issue] = nil }
            failure = nil
            return true
        } catch {
            failure = "\(error)"
            logger.warning("tracker.lease-unsaved", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func note(_ message: String, _ issue: IssueID?, _ detail: String) {
        let metadata: Logger.Metadata = ["issue": "\(issue.map(\.rawValue) ?? "-")", "detail": "\(detail)"]
        logger.log(level: issue == nil ? .warning : .info, "\(message)", metadata: metadata)
    }

    // MARK: Tasks

    /// The task of an issue as it is now.
    private func submission(
        _ issue: TrackedIssue,
        _ match: IssueRules.Match
    ) async -> Result<TaskSubmission, InvalidInput> {
        // Whether paths exist is asked of a disk.
        await coordinator.diskQueue.run { [composer = workspace.composer, spec = coordinator.knownKinds[match.kind]] in
            Result { () throws(InvalidInput) in try composer.submission(for: issue, as: match, kind: spec) }
        }
    }

    private func check(_ issue: TrackedIssue, _ match: IssueRules.Match) async -> IssueKeeper.Fitness {
        // Which of an issue's words are parameters only a kind says.
        guard coordinator.knownKinds[match.kind] != nil else { return Self.unheardOf(match.kind) }
        return switch await submission(issue, match) {
        case .success(let submission): await coordinator.check(submission)
        case .failure(let error): .never(error.description)
        }
    }

    private static func unheardOf(_ kind: TaskKind) -> IssueKeeper.Fitness {
        .notNow("No executor offers the kind \(kind), and none ever did.")
    }

    private func submit(
        _ issue: TrackedIssue,
        _ match: IssueRules.Match,
        _ task: TaskID,
        _ dependsOn: [TaskID]
    ) async -> IssueKeeper.Fitness {
        // Once it is there it is there, whatever became of the issue's text since.
        if let known = try? await coordinator.glance(at: task), known.task == task { return .accepted }
        guard coordinator.knownKinds[match.kind] != nil else { return Self.unheardOf(match.kind) }
        switch await submission(issue, match) {
        case .success(var submission):
            submission.id = task
            submission.dependsOn = dependsOn
            return await coordinator.take(submission)
        case .failure(let error): return .never(error.description)
        }
    }

    // MARK: For people

    var status: JSONObject {
        var object: JSONObject = ["workspace": .string(workspace.name)]
        for member in keeper?.status.members ?? [] { object[member.key] = member.value }
        if let failure { object["problem"] = .string(failure) }
        return object
    }

    /// - Parameter isDry: shows what the last look found; only where there was none yet, that is waited for.
    func sync(isDry: Bool) async -> JSONObject {
        if !isDry {
            await look(after: looks) { feed.yield(.input(.wake)) }
        } else if keeper?.hasLooked != true {
            await look(after: -1) {}
        }
        // Those who are woken in the middle of its work see what it has not said yet.
        defer { say() }
        return isDry ? await preview() : status
    }

    /// Returns when a look was made that is begun after so many, or when that does not come about.
    private func look(after looks: Int, asking: () -> Void) async {
        // Before the leases are read the look comes after that; where they cannot be read, or nobody looks any more, it never
        // does.
        guard !isOver, keeper != nil || failure == nil else { return }
        await withCheckedContinuation { continuation in
            let until = coordinator.machine.now() + Self.patience
            waiters.append(Waiter(looks: looks, until: until, continuation: continuation))
            asking()
        }
    }

    /// What the last look found, and what each of it would become.
    private func preview() async -> JSONObject {
        var items: [JSON] = []
        for (issue, match) in keeper?.sights ?? [] {
            var item: JSONObject = ["issue": .string(issue.id.rawValue), "title": .string(issue.title)]
            if let match {
                item.append("kind", .string(match.kind.rawValue))
                item.append("because", .string(match.reason))
                switch await submission(issue, match) {
                case .success(let submission):
                    item.append("params", .object(submission.params))
                    switch await coordinator.check(submission) {
                    case .accepted: break
                    case .notNow(let reason), .never(let reason): item.append("problem", .string(reason))
                    }
                case .failure(let error): item.append("problem", .string(error.description))
                }
            }
            items.append(.object(item))
        }
        return ["workspace": .string(workspace.name), "issues": .array(items)]
    }
}
