import YggCore

// From a ready issue to a task.
extension IssueKeeper {
    /// Claims that are proved together, so that a look at what is held serves several.
    private static let proved = 4
    /// How often a task is offered to a coordinator that does not take it now.
    private static let offers = 20

    mutating func found(_ issues: [TrackedIssue]?, _ now: Instant, _ time: Timestamp) -> [Effect] {
        setNextPoll(now)
        polledAt = time
        // What others did to what is ours shows in what is held; where nothing is, there is nothing to ask. But a claim that a
        // death interrupted may be made only now, and nobody here knows of it.
        if !leases.isEmpty || now >= lateClaimsAt ?? now + 1 {
            wantsHeld = true
        }
        if let issues {
            sighted = issues.filter(isFree)
            readySinceBlocked = true
            isUnsifted = true
        }
        askAgain()
        if isUnsifted { sift(now) }
        if readySinceBlocked, report?.tellsBlocked ?? false, leases.values.contains(where: { $0.step == .working }) {
            wantsBlocked = true
            readySinceBlocked = false
        }
        return []
    }

    /// Open, and nobody's or ours: one that was ours and that somebody opened again still bears our name.
    private func isFree(_ issue: TrackedIssue) -> Bool {
        issue.status == .open && (issue.assignee ?? settings.actor) == settings.actor
    }

    /// Sorts out what was found: what is nobody's business but people's is counted and nothing else.
    mutating func sift(_ now: Instant) {
        let before = Dictionary(waiting.map { ($0.issue.id, $0.reason) }) { first, _ in first }
        isUnsifted = false
        unmapped = 0
        leftAlone = 0
        waiting = []
        for issue in sighted {
            guard let match = settings.rules.match(issue, known: known) else {
                unmapped += 1
                continue
            }
            guard leases[issue.id] == nil else { continue }
            guard !isUntouched(issue) else {
                leftAlone += 1
                continue
            }
            let reason = before[issue.id] ?? nil
            waiting.append(Waiting(issue: issue, match: match, scope: Self.scope(issue, match), reason: reason))
        }
        waiting.sort { left, right in
            (left.issue.priority, left.issue.createdAt?.milliseconds ?? 0, left.issue.id)
                < (right.issue.priority, right.issue.createdAt?.milliseconds ?? 0, right.issue.id)
        }
        let ready = Set(waiting.map(\.issue.id))
        dependants.removeAll { leases[$0.issue.id] != nil || ready.contains($0.issue.id) }
        askAgain()
    }

    /// What could not be had may be had now.
    private mutating func askAgain() {
        cursor = 0
        declined = [:]
        declinedIssues = []
    }

    /// What the task would need besides the issue's own words; nil where the issue itself may say.
    private static func scope(_ issue: TrackedIssue, _ match: IssueRules.Match) -> String? {
        guard issue.metadata.keys.allSatisfy({ $0 == IssueRules.kindKey }),
            !issue.description.utf8.contains(UInt8(ascii: "`")),
            !issue.labels.contains(where: { $0.utf8.contains(UInt8(ascii: "=")) })
        else { return nil }
        return "\(match.kind) \(match.reason)"
    }

    /// Whether it is as it was when it was given back: to take it again would lead to the same end.
    private func isUntouched(_ issue: TrackedIssue) -> Bool {
        guard let lease = ended[issue.id], lease.ending == .released || lease.ending == .moot,
            let leftAt = lease.leftAt
        else { return false }
        // Trackers keep whole seconds.
        return (issue.updatedAt?.milliseconds ?? 0) / 1000 <= leftAt.milliseconds / 1000
    }

    /// Issues that wait for ours alone become tasks that wait for theirs.
    mutating func foundBlocked(_ issues: [TrackedIssue], _ now: Instant) -> [Effect] {
        let listed = Set(waiting.map(\.issue.id)).union(dependants.map(\.issue.id))
        for issue in issues where isFree(issue) && !issue.blockedBy.isEmpty {
            guard leases[issue.id] == nil, !listed.contains(issue.id), !isUntouched(issue),
                let match = settings.rules.match(issue, known: known)
            else { continue }
            let tasks = issue.blockedBy.compactMap { id in
                leases[id].flatMap {
                    $0.step == .working && live[id]?.glance?.state.isTerminal == false ? $0.task : nil
                }
            }
            guard tasks.count == issue.blockedBy.count else { continue }
            dependants.append(Waiting(issue: issue, match: match, dependsOn: tasks))
        }
        return []
    }

    /// Claimed, and not begun by any executor; what waits for another task waits for none.
    private var unstarted: Int {
        leases.values.count { lease in
            guard let live = live[lease.issue], live.refusal == nil else { return false }
            switch live.glance?.state {
            case nil: return lease.dependsOn.isEmpty
            case .queued?, .scheduled?: return true
            case .blocked?, .running?, .awaitingApproval?, .succeeded?, .failed?, .cancelled?: return false
            }
        }
    }

    /// The next issue that may be claimed now.
    private mutating func next() -> Waiting? {
        guard checking == nil else { return nil }
        if let next = dependants.first(where: { !declinedIssues.contains($0.issue.id) && leases[$0.issue.id] == nil }) {
            return next
        }
        guard unstarted < settings.ahead else { return nil }
        while cursor < waiting.count {
            let next = waiting[cursor]
            let isDeclined = declinedIssues.contains(next.issue.id) || next.scope.map { declined[$0] != nil } ?? false
            if !isDeclined, leases[next.issue.id] == nil { return next }
            cursor += 1
        }
        return nil
    }

    mutating func claiming(_ now: Instant) -> [Effect]? {
        guard let next = next() else { return nil }
        checking = next.issue.id
        return [.check(next.issue, next.match)]
    }

    /// Takes an issue out of those that wait.
    private mutating func take(_ id: IssueID) -> Waiting? {
        if let index = dependants.firstIndex(where: { $0.issue.id == id }) { return dependants.remove(at: index) }
        if waiting.indices.contains(cursor), waiting[cursor].issue.id == id { return waiting.remove(at: cursor) }
        return waiting.firstIndex { $0.issue.id == id }.map { waiting.remove(at: $0) }
    }

    /// It stays with those that wait, and so do all that ask for the same.
    private mutating func decline(_ id: IssueID, _ reason: String) {
        if let index = dependants.firstIndex(where: { $0.issue.id == id }) {
            dependants[index].reason = reason
            declinedIssues.insert(id)
        } else if waiting.indices.contains(cursor), waiting[cursor].issue.id == id {
            waiting[cursor].reason = reason
            if let scope = waiting[cursor].scope { declined[scope] = reason } else { declinedIssues.insert(id) }
        } else {
            declinedIssues.insert(id)
        }
    }

    mutating func checked(
        _ id: IssueID,
        _ fitness: Fitness,
        _ task: TaskID,
        _ now: Instant,
        _ time: Timestamp
    ) -> [Effect] {
        guard checking == id else { return [] }
        checking = nil
        if case .notNow(let reason) = fitness {
            decline(id, reason)
            return []
        }
        // What will never be a task is claimed as well, so that its author can be told why.
        guard let taken = take(id) else { return [] }
        var lease = IssueLease(
            issue: id,
            title: taken.issue.title,
            kind: taken.match.kind,
            task: task,
            actor: settings.actor,
            since: time
        )
        lease.dependsOn = taken.dependsOn
        leases[id] = lease
        var live = Live(now: now)
        live.isInDoubt = false
        self.live[id] = live
        return [.save(lease)] + ask(.claim(id, as: settings.actor))
    }

    mutating func claimed(_ id: IssueID, _ answer: ClaimAnswer, _ now: Instant, _ time: Timestamp) -> [Effect] {
        guard let lease = leases[id] else { return [] }
        switch (lease.step, answer) {
        case (.claiming, .won): toProve(id, now)
        case (.claiming, .lost(let reason)):
            return [.note("tracker.claim-lost", issue: id, detail: reason)] + giveUp(id, reason)
        case (_, .won):
            live[id]?.toReclaim = false
            live[id]?.tries = 0
        case (_, .lost):
            live[id]?.toReclaim = false
            live[id]?.toLook = true
            pause(id, now)
        }
        return []
    }

    mutating func toProve(_ id: IssueID, _ now: Instant) {
        live[id]?.toProve = true
        live[id]?.claimedAt = now
    }

    /// Whether it is time to see which claims hold.
    mutating func provesNow(_ now: Instant) -> Bool {
        let count = live.values.count {
            $0.toProve && $0.refusal == nil && $0.notBefore <= now && $0.claimedAt + settling <= now
        }
        return count >= Self.proved || count > 0 && (next() == nil || report?.objection != nil)
    }

    /// The claim holds: the issue as it is now becomes the task.
    mutating func proved(_ lease: IssueLease, _ issue: TrackedIssue) -> [Effect] {
        live[lease.issue]?.toProve = false
        guard let match = settings.rules.match(issue, known: known), match.kind == lease.kind else {
            // Somebody changed it in between: it is looked at anew like any other.
            live[lease.issue]?.refusal = ""
            return []
        }
        return [.submit(issue, match, lease.task, dependsOn: lease.dependsOn)]
    }

    mutating func submitted(_ id: IssueID, _ fitness: Fitness, _ now: Instant) -> [Effect] {
        guard var lease = leases[id], lease.step == .claiming else { return [] }
        switch fitness {
        case .accepted:
            lease.step = .working
            leases[id] = lease
            live[id]?.tries = 0
            readySinceBlocked = true
            return [
                .save(lease), .watch(lease.task), .note("tracker.issue-taken", issue: id, detail: "\(lease.task)"),
            ]
        case .notNow(let reason):
            let tries = (live[id]?.tries ?? 0) + 1
            let until = now + backoff(min(tries, 6))
            live[id]?.tries = tries
            live[id]?.notBefore = until
            guard tries >= Self.offers else {
                live[id]?.toProve = true
                break
            }
            // Nothing is wrong with the issue: it is everybody's again, until there is somebody for it.
            live[id]?.refusal = ""
            return [.note("tracker.issue-untaken", issue: id, detail: reason)]
        case .never(let reason): live[id]?.refusal = reason
        }
        return []
    }
}
