import YggCore

// Whether what we hold is still ours: people close, take and put aside whatever they like.
extension IssueKeeper {
    /// How an issue stands towards a lease.
    private enum Standing {
        case ours
        /// Open, and nobody's or only in name ours.
        case free
        /// A person decided otherwise; what they did.
        case moot(String)
    }

    private func standing(_ issue: TrackedIssue, _ lease: IssueLease) -> Standing {
        if issue.status.isOver {
            return .moot("The issue \(issue.id) was closed\(issue.closeReason.map { ": \($0)" } ?? ".")")
        }
        if let assignee = issue.assignee, assignee != lease.actor {
            return .moot("The issue \(issue.id) was given to \(assignee).")
        }
        if issue.status.isPutAside { return .moot("The issue \(issue.id) was put aside: \(issue.status.rawValue).") }
        if issue.status == .open { return .free }
        // Nobody's and in work: a person took it out of our hands, and it cannot be claimed as it is.
        guard issue.assignee != nil else { return .moot("The issue \(issue.id) was taken out of our hands.") }
        return .ours
    }

    /// The next look at what is ours.
    mutating func looking(_ now: Instant) -> TrackerCall? {
        if wantsHeld || provesNow(now) { return .held(by: settings.actor) }
        guard let lease = ordered.first(where: { (live[$0.issue]?.notBefore ?? now) <= now && wantsLook($0) }) else {
            return nil
        }
        if live[lease.issue]?.toReclaim ?? false { return .claim(lease.issue, as: lease.actor) }
        return .issue(lease.issue)
    }

    private func wantsLook(_ lease: IssueLease) -> Bool {
        guard let live = live[lease.issue], !live.isMoot else { return false }
        return live.toLook || live.toReclaim
    }

    mutating func held(_ issues: [TrackedIssue], _ now: Instant, _ time: Timestamp) -> [Effect] {
        wantsHeld = false
        if askedAt >= lateClaimsAt ?? askedAt + 1 { lateClaimsAt = nil }
        let found = Dictionary(issues.map { ($0.id, $0) }) { first, _ in first }
        if leases.keys.contains(where: { found[$0] != nil }) { trust() }
        let isAnyMissing = live.values.contains { $0.missing > 0 }
        var effects: [Effect] = []
        for lease in ordered {
            guard let live = live[lease.issue], live.refusal == nil else { continue }
            let issue = found[lease.issue].flatMap { $0.isHeld(by: lease.actor) ? $0 : nil }
            if lease.step == .claiming {
                guard live.toProve, live.notBefore <= now, live.claimedAt + settling <= askedAt else { continue }
                if let issue {
                    effects += proved(lease, issue)
                } else {
                    self.live[lease.issue]?.toProve = false
                    self.live[lease.issue]?.toLook = true
                }
            } else if issue == nil, isAnyMissing || live.glance?.state.isTerminal != true {
                // What is at its end is read by itself anyway.
                self.live[lease.issue]?.toLook = true
            }
        }
        for issue in issues where leases[issue.id] == nil && issue.isHeld(by: settings.actor) {
            adopt(issue, now, time)
        }
        return effects
    }

    /// Claimed under our name by nobody we know: given back, so that it is taken as any other. What no rule names is left as
    /// it is, whoever did that. The lease is not stored: there is no task behind it.
    private mutating func adopt(_ issue: TrackedIssue, _ now: Instant, _ time: Timestamp) {
        guard let match = settings.rules.match(issue, known: known) else { return }
        let lease = IssueLease(
            issue: issue.id,
            title: issue.title,
            kind: match.kind,
            task: Self.noTask,
            actor: settings.actor,
            since: time
        )
        leases[issue.id] = lease
        var live = Live(now: now)
        live.isInDoubt = false
        live.refusal = ""
        // As with any claim: somebody else's may have been made at the same time.
        live.notBefore = now + settling
        self.live[issue.id] = live
    }

    mutating func looked(_ id: IssueID, _ issue: TrackedIssue?, _ now: Instant, _ time: Timestamp) -> [Effect] {
        guard let lease = leases[id] else { return [] }
        live[id]?.toLook = false
        live[id]?.blockers = issue?.blockedBy ?? []
        guard let issue else { return missed(lease, now, time) }
        trust()
        live[id]?.missing = 0
        return looked(lease, issue, time) + believe(now, time)
    }

    private mutating func looked(_ lease: IssueLease, _ issue: TrackedIssue, _ time: Timestamp) -> [Effect] {
        let id = lease.issue
        let isOver = live[id]?.glance?.state.isTerminal ?? false || live[id]?.refusal != nil
        switch (standing(issue, lease), lease.step) {
        case (.ours, .claiming):
            guard live[id]?.refusal == nil else {
                live[id]?.isRead = true
                return []
            }
            return proved(lease, issue)
        case (.ours, _): live[id]?.isRead = isOver
        case (.free, .claiming): return giveUp(id, "The issue \(id) was not claimed.")
        case (.free, _):
            // Done is done, whoever has it now.
            if isOver { live[id]?.isRead = true } else { live[id]?.toReclaim = true }
        case (.moot(let reason), .claiming):
            return [.note("tracker.claim-lost", issue: id, detail: reason)] + giveUp(id, reason)
        case (.moot(let reason), _):
            if isOver {
                // Closed with our own words is closed by us, although nobody answered.
                let reason = live[id]?.glance.map { settings.words.closeReason(lease, $0) }
                let isOurs = issue.closeReason != nil && issue.closeReason == reason
                return end(id, isOurs ? .closed : .moot, time, leftAt: isOurs ? nil : issue.updatedAt)
            }
            live[id]?.isMoot = true
            live[id]?.mootSince = issue.updatedAt
            return [.cancel(id, lease.task, reason: reason)]
        }
        return []
    }

    mutating func cancelled(_ id: IssueID, _ isDone: Bool, _ now: Instant, _ time: Timestamp) -> [Effect] {
        guard let live = live[id], live.isMoot else { return [] }
        guard isDone else {
            if live.isGivenUp {
                self.live[id]?.isGivenUp = false
                self.live[id]?.toLook = true
                pause(id, now)
            }
            // The next look at what is held finds it as it was.
            self.live[id]?.isMoot = false
            return []
        }
        return live.isGivenUp ? drop(id) : end(id, .moot, time, leftAt: live.mootSince)
    }

    /// Claims that would end by themselves are meant for as long as there is a task.
    mutating func renewing(_ report: TrackerReport, _ now: Instant) -> TrackerCall? {
        guard report.renewsClaims else { return nil }
        let due = ordered.first { lease in
            guard lease.step == .working, let live = live[lease.issue], live.canRenew, !live.isMoot else {
                return false
            }
            return live.renewedAt + settings.renewal <= now
        }
        return due.map { .renew($0.issue, as: $0.actor) }
    }
}
