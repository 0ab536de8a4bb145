import YggCore

// Whether an issue that is not there was removed, or the tracker is not what it was: a database that was lost, or another in its
// place, has none of our issues, and nobody wants everything ended because of that.
extension IssueKeeper {
    /// An issue is not there.
    mutating func missed(_ lease: IssueLease, _ now: Instant, _ time: Timestamp) -> [Effect] {
        let id = lease.issue
        guard let live = live[id] else { return [] }
        if lease.step == .claiming {
            let reason = Self.removed(id)
            return [.note("tracker.claim-lost", issue: id, detail: reason)] + giveUp(id, reason)
        }
        // Nothing is lost by believing it; and who is asked what to do about it can cancel the task.
        if live.refusal != nil || live.glance?.state == .cancelled { return end(id, .moot, time) }
        self.live[id]?.missing = live.missing + 1
        guard live.missing == 0 else { return believe(now, time) }
        // It is asked once more, after the tracker has said again what it is, and so is everything that we hold.
        self.live[id]?.toLook = true
        wantsHeld = true
        report = nil
        return []
    }

    /// What is to be done about issues that are not there, once all the others have been asked for.
    mutating func believe(_ now: Instant, _ time: Timestamp) -> [Effect] {
        let working = ordered.filter { $0.step == .working && live[$0.issue]?.refusal == nil }
        let missing = working.filter { (live[$0.issue]?.missing ?? 0) > 1 && live[$0.issue]?.isMoot == false }
        guard !missing.isEmpty, !working.contains(where: { live[$0.issue]?.toLook ?? false }) else { return [] }
        if missing.count == working.count, missing.count > 1 || sighted.isEmpty {
            let names = missing.prefix(5).map(\.issue.rawValue).joined(separator: ", ")
            return doubt(
                "None of the issues that are worked on is there any more: \(names).",
                next:
                    "If the database is the wrong one, or empty, put it right; if they were removed, cancel their tasks.",
                now
            )
        }
        return missing.flatMap { lease -> [Effect] in
            if live[lease.issue]?.glance?.state.isTerminal ?? false { return end(lease.issue, .moot, time) }
            live[lease.issue]?.isMoot = true
            return [.cancel(lease.issue, lease.task, reason: Self.removed(lease.issue))]
        }
    }

    /// The tracker has said again what it is.
    mutating func identified(_ report: TrackerReport, _ now: Instant) -> [Effect]? {
        if let home, let found = report.home, home != found {
            return doubt(
                "Its issues are in \(found) now, and were in \(home).",
                next: "Put that right, or start the coordinator again if it is meant.",
                now
            )
        }
        home = home ?? report.home
        if !live.values.contains(where: { $0.missing > 0 }) { trust() }
        return nil
    }

    /// Until the tracker has issues of ours again, or they are given up, nothing is done but to look, less and less often.
    private mutating func doubt(_ detail: String, next: String, _ now: Instant) -> [Effect] {
        doubts += 1
        distrust = TrackerFailure(.unusable, detail, next: next)
        report = nil
        wantsHeld = true
        pausedUntil = now + backoff(min(doubts, 12))
        for id in live.keys where (live[id]?.missing ?? 0) > 0 {
            live[id]?.missing = 1
            live[id]?.toLook = true
        }
        return [.note("tracker.distrusted", issue: nil, detail: detail)]
    }

    /// An issue of ours is there.
    mutating func trust() {
        distrust = nil
        doubts = 0
    }

    private static func removed(_ id: IssueID) -> String { "The issue \(id) was removed." }
}
