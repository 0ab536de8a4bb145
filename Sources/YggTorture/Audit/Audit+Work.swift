import YggCore

/// What the work itself wrote down, against what the coordinator tells of it.
extension Audit {
    func checkWork(of task: TaskRecord) -> [Finding] {
        guard let policy = task.policy, policy.isInLedger else { return [] }
        let attempts = attempts[task.id] ?? []
        var findings = checkStarts(of: task, attempts)
        if !policy.mayRepeat { findings += checkRepetition(of: task, attempts) }
        if policy.stopsOffline { findings += checkOverlaps(of: task, attempts) }
        findings += checkOrder(of: task, attempts)
        return findings
    }

    /// Each epoch was granted before it began, began once, and the one that counts came to its end.
    private func checkStarts(of task: TaskRecord, _ attempts: [LedgerAttempt]) -> [Finding] {
        var findings: [Finding] = []
        let grants = Dictionary(
            task.events.filter(\.isGrant).map { ($0.epoch ?? 0, $0.executor) },
            uniquingKeysWith: { first, _ in first }
        )
        for attempt in attempts {
            if attempt.starts.count > 1 {
                findings.append(
                    Finding(.duplicated, task.id, "Epoch \(attempt.epoch) was begun \(attempt.starts.count) times.")
                )
            }
            guard let executor = grants[attempt.epoch] else {
                findings.append(
                    Finding(
                        .duplicated,
                        task.id,
                        "Epoch \(attempt.epoch) ran on \(attempt.executor) and was never granted."
                    )
                )
                continue
            }
            if let executor, executor != attempt.executor {
                findings.append(
                    Finding(
                        .duplicated,
                        task.id,
                        "Epoch \(attempt.epoch) was granted to \(executor) and ran on \(attempt.executor)."
                    )
                )
            }
        }
        if task.state == "succeeded", attempts.last(where: { $0.epoch == task.epoch })?.hasEnded != true {
            findings.append(
                Finding(
                    .staleAccepted,
                    task.id,
                    "It succeeded at epoch \(task.epoch), whose work never came to its end."
                )
            )
        }
        return findings
    }

    /// What must not be repeated unasked begins again only where its executor itself gave it back.
    private func checkRepetition(of task: TaskRecord, _ attempts: [LedgerAttempt]) -> [Finding] {
        attempts.dropLast().compactMap { attempt in
            // The executor's own word leaves the epoch as it is; a loss makes it grow.
            let wasGivenBack = task.events.contains {
                $0.type == "state" && ["queued", "scheduled"].contains($0.state) && $0.epoch == attempt.epoch
            }
            if wasGivenBack { return nil }
            return Finding(
                .duplicated,
                task.id,
                "Its kind is not repeated after a loss, and it began again after epoch \(attempt.epoch)."
            )
        }
    }

    /// Work of an `offline: stop` route has ended before it begins elsewhere, unless whoever should have ended it could
    /// not act: then it ends when that one is back.
    private func checkOverlaps(of task: TaskRecord, _ attempts: [LedgerAttempt]) -> [Finding] {
        var findings: [Finding] = []
        for (index, older) in attempts.enumerated() {
            guard let newer = attempts[(index + 1)...].first(where: { $0.start <= older.lastSign }) else { continue }
            let excuse = evidence.outages.first {
                $0.executor == older.executor && older.start <= $0.to && $0.from <= newer.start
                    && older.lastSign <= $0.to
            }
            if excuse != nil { continue }
            let overlap = older.lastSign - newer.start
            findings.append(
                Finding(
                    .duplicated,
                    task.id,
                    "Epoch \(older.epoch) on \(older.executor) was alive \(overlap.rawValue) ms after epoch "
                        + "\(newer.epoch) had begun on \(newer.executor)."
                )
            )
        }
        return findings
    }

    /// What waits for another task begins after that one's work has ended well, or not at all.
    private func checkOrder(of task: TaskRecord, _ own: [LedgerAttempt]) -> [Finding] {
        guard let after = askedByMark[task.title]?.operation.after, let begun = own.first,
            let id = askedByMark[Operation.mark(after)]?.answers.first, let awaited = tasksByID[id]
        else { return [] }
        guard awaited.state == "succeeded" else {
            return [Finding(.duplicated, task.id, "It waited for \(id), which \(awaited.state), and ran all the same.")]
        }
        guard let last = attempts[id]?.last(where: { $0.epoch == awaited.epoch }), begun.start < last.lastSign else {
            return []
        }
        return [Finding(.duplicated, task.id, "It waited for \(id), and began before that one's work had ended.")]
    }
}
