import YggCore

// What an issue is told, and how it is given back.
extension IssueKeeper {
    /// How often a comment is tried that the tracker refuses, before the issue goes on without it.
    private static let comments = 3
    /// Left by those that did not succeed, so that they can be listed.
    private static let failedLabel = "ygg-failed"
    private static let cancelledLabel = "ygg-cancelled"
    private static let unverifiedLabel = "ygg-unverified"
    private static let unclosedLabel = "ygg-done"
    private static let refusedLabel = "ygg-refused"

    /// The next thing that any issue is to be told.
    mutating func telling(_ now: Instant) -> TrackerCall? {
        for lease in ordered {
            guard let live = live[lease.issue], live.notBefore <= now, !live.isMoot, !live.toLook, !live.toReclaim
            else { continue }
            if let refusal = live.refusal {
                if let call = refusing(lease, live, refusal) { return call }
            } else if lease.step == .working, let glance = live.glance {
                let call = glance.state.isTerminal ? ending(lease, live, glance) : progress(lease, live, glance)
                if let call { return call }
            }
        }
        return nil
    }

    /// One comment for what was begun and one for each question; not one for every step.
    private mutating func progress(_ lease: IssueLease, _ live: Live, _ glance: TaskNews) -> TrackerCall? {
        let words = settings.words
        if !lease.said.contains("taken") {
            let names: Set = glance.state == .running ? ["taken", "started"] : ["taken"]
            return comment(words.taken(lease, glance), saying: names, lease, live)
        }
        if glance.state == .running, let executor = glance.executor, !lease.said.contains("started") {
            return comment(words.started(lease, on: executor), saying: ["started"], lease, live)
        }
        guard glance.state == .awaitingApproval, let question = glance.question,
            !lease.said.contains(IssueWords.name(of: question))
        else { return nil }
        return comment(words.asks(lease, question), saying: [IssueWords.name(of: question)], lease, live)
    }

    /// What the issue is now, the comment, and then the end.
    private mutating func ending(_ lease: IssueLease, _ live: Live, _ glance: TaskNews) -> TrackerCall? {
        guard live.isRead else { return .issue(lease.issue) }
        // It is not this issue's fault: it is ready when what it waits for is done, and is taken then.
        if glance.error?.code == "dependency-failed" {
            return .putBack(lease.issue, .released(label: nil), as: lease.actor)
        }
        if !lease.said.contains("end") {
            return comment(settings.words.end(lease, glance), saying: ["end"], lease, live)
        }
        switch glance.state {
        case .succeeded where glance.succeeded:
            // A tracker does not close what waits for an open issue, and ours are closed one after the other.
            guard !live.blockers.contains(where: { leases[$0] != nil }) else { return nil }
            guard let refusal = live.closeRefusal else {
                let reason = settings.words.closeReason(lease, glance)
                return .close(lease.issue, reason: reason, as: lease.actor)
            }
            if !lease.said.contains("close-refused") {
                let text = settings.words.refusedClose(lease, refusal)
                return comment(text, saying: ["close-refused"], lease, live)
            }
            return .putBack(lease.issue, .parked(label: Self.unclosedLabel), as: lease.actor)
        case .succeeded: return .putBack(lease.issue, .parked(label: Self.unverifiedLabel), as: lease.actor)
        case .cancelled: return putBack(lease, Self.cancelledLabel)
        default: return putBack(lease, Self.failedLabel)
        }
    }

    private func putBack(_ lease: IssueLease, _ label: String) -> TrackerCall {
        switch settings.onFailure {
        case .park: .putBack(lease.issue, .parked(label: label), as: lease.actor)
        case .release: .putBack(lease.issue, .released(label: label), as: lease.actor)
        }
    }

    /// - Parameter reason: empty where there is nothing to be told.
    private mutating func refusing(_ lease: IssueLease, _ live: Live, _ reason: String) -> TrackerCall? {
        guard live.isRead else { return .issue(lease.issue) }
        if reason.isEmpty { return .putBack(lease.issue, .released(label: nil), as: lease.actor) }
        if !lease.said.contains("refused") {
            return comment(settings.words.refused(lease, reason), saying: ["refused"], lease, live)
        }
        return .putBack(lease.issue, .parked(label: Self.refusedLabel), as: lease.actor)
    }

    /// Writes a comment, after a look whether it is there where that is not known.
    private mutating func comment(
        _ text: String,
        saying names: Set<String>,
        _ lease: IssueLease,
        _ live: Live
    ) -> TrackerCall {
        if live.isInDoubt { return .comments(of: lease.issue) }
        self.live[lease.issue]?.saying = names
        return .comment(text, on: lease.issue, as: lease.actor)
    }

    mutating func read(_ comments: [String], of id: IssueID) -> [Effect] {
        guard var lease = leases[id] else { return [] }
        live[id]?.isInDoubt = false
        let said = IssueWords.said(lease.task, in: comments).subtracting(lease.said)
        guard !said.isEmpty else { return [] }
        lease.said.formUnion(said)
        leases[id] = lease
        return [.save(lease)]
    }

    mutating func said(_ id: IssueID) -> [Effect] {
        guard var lease = leases[id], let live = live[id] else { return [] }
        lease.said.formUnion(live.saying)
        leases[id] = lease
        self.live[id]?.tries = 0
        self.live[id]?.refusals = 0
        return [.save(lease)]
    }

    mutating func putBack(_ id: IssueID, _ way: PutBack, _ issue: TrackedIssue?, _ time: Timestamp) -> [Effect] {
        switch way {
        // Nothing was tried that would end the same way.
        case .released(label: nil):
            if leases[id]?.step == .claiming { giveUp(id, "The issue \(id) was given back.") } else { drop(id) }
        case .released: end(id, .released, time, leftAt: issue?.updatedAt ?? time)
        case .parked: end(id, .parked, time)
        }
    }

    /// A call about one issue that came to nothing.
    mutating func failed(
        _ call: TrackerCall,
        _ failure: TrackerFailure,
        about id: IssueID,
        _ now: Instant
    ) -> [Effect] {
        guard var lease = leases[id], var live = live[id] else { return [] }
        var effects: [Effect] = []
        if case .renew = call {
            // It is tried again when it is due again, and not where there is nothing to renew.
            self.live[id]?.renewedAt = now
            if failure.kind == .refused { self.live[id]?.canRenew = false }
            return [.note("tracker.claim-unrenewed", issue: id, detail: failure.detail)]
        }
        live.tries += 1
        live.notBefore = now + backoff(min(live.tries, 8))
        // Whatever was being done, the issue is read before it is done again.
        live.isRead = false
        switch call {
        case .claim:
            if lease.step == .claiming {
                live.toProve = true
                live.claimedAt = live.notBefore
            } else {
                live.toLook = true
            }
        case .comment:
            live.isInDoubt = true
            if failure.kind == .refused { live.refusals += 1 }
            if live.refusals >= Self.comments {
                lease.said.formUnion(live.saying)
                live.refusals = 0
                effects.append(.save(lease))
            }
        case .close:
            if failure.kind == .refused { live.closeRefusal = failure.detail }
        default: break
        }
        leases[id] = lease
        self.live[id] = live
        if failure.kind == .refused || failure.kind == .failed {
            self.live[id]?.problem = failure.description
            effects.append(.note("tracker.refused", issue: id, detail: failure.detail))
        }
        return effects
    }
}
