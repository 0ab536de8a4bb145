import YggCore

/// Holds what was seen of a run against what is promised. A function of the evidence: it asks nobody.
package struct Audit {
    let evidence: Evidence
    let askedByMark: [String: Asked]
    let tasksByID: [String: TaskRecord]
    let attempts: [String: [LedgerAttempt]]

    package init(_ evidence: Evidence) {
        self.evidence = evidence
        askedByMark = Dictionary(evidence.asked.map { ($0.operation.mark, $0) }) { first, _ in first }
        tasksByID = Dictionary(evidence.tasks.map { ($0.id, $0) }) { first, _ in first }
        attempts = LedgerAttempt.all(in: evidence.ledger)
    }

    /// Everything that is wrong, in an order that is always the same.
    package func findings() -> [Finding] {
        var findings = checkAsked() + checkIdentities() + checkObservations()
        for task in evidence.tasks {
            findings += checkLog(of: task)
            findings += checkWork(of: task)
        }
        for (id, attempts) in attempts where tasksByID[id] == nil {
            findings.append(
                Finding(
                    .duplicated,
                    id,
                    "\(attempts.count) attempts of it ran, and the coordinator knows no such task."
                )
            )
        }
        return findings.sorted { ($0.breach.rawValue, $0.task, $0.detail) < ($1.breach.rawValue, $1.task, $1.detail) }
    }

    // MARK: What was asked

    private func checkAsked() -> [Finding] {
        evidence.asked.flatMap { asked -> [Finding] in
            let mark = asked.operation.mark
            if let refusal = asked.refusal { return [Finding(.lost, mark, "It was refused: \(refusal)")] }
            guard let first = asked.answers.first else {
                return [Finding(.lost, mark, "It was never acknowledged, not even when everything was well again.")]
            }
            var findings: [Finding] = []
            for other in Set(asked.answers).subtracting([first]).sorted() {
                findings.append(Finding(.duplicated, other, "\(mark) was answered with \(first) and with \(other)."))
            }
            guard let task = tasksByID[first] else {
                return findings + [Finding(.lost, first, "\(mark) was acknowledged with it, and it is not there.")]
            }
            if task.title != mark {
                findings.append(Finding(.duplicated, first, "\(mark) was answered with the task of \(task.title)."))
            }
            if !task.isOver {
                let why = task.why.map { " \($0)" } ?? ""
                findings.append(Finding(.lost, first, "It is \(task.state) long after the last fault.\(why)"))
            }
            if asked.isCancelled, task.isOver, task.state != "cancelled" {
                findings.append(Finding(.lost, first, "Its cancelling was acknowledged, and it \(task.state)."))
            }
            return findings
        }
    }

    /// No id twice, no two tasks for one wish, no task that nobody wished for.
    private func checkIdentities() -> [Finding] {
        var findings: [Finding] = []
        var ids: Set<String> = []
        var marks: [String: String] = [:]
        for task in evidence.tasks {
            if !ids.insert(task.id).inserted {
                findings.append(Finding(.duplicated, task.id, "Its id is there twice."))
            } else if let first = marks.updateValue(task.id, forKey: task.title) {
                findings.append(Finding(.duplicated, task.id, "\(task.title) was asked for once and is also \(first)."))
            } else if askedByMark[task.title] == nil {
                findings.append(Finding(.duplicated, task.id, "Nobody asked for \"\(task.title)\"."))
            }
        }
        return findings
    }

    // MARK: What was seen on the way

    /// What was told once stays true: versions and epochs never go back, what has ended does not change.
    private func checkObservations() -> [Finding] {
        var findings: [Finding] = []
        for (id, seen) in Dictionary(grouping: evidence.observations, by: \.task) {
            guard let task = tasksByID[id] else { continue }
            var later = seen.sorted { $0.askedAt < $1.askedAt }
            later.append(
                Observation(
                    task: id,
                    state: task.state,
                    epoch: task.epoch,
                    version: task.version,
                    askedAt: Instant(nanoseconds: .max),
                    answeredAt: Instant(nanoseconds: .max)
                )
            )
            let earlier = seen.sorted { $0.answeredAt < $1.answeredAt }
            var next = earlier.startIndex
            var newest: Observation?
            for observation in later {
                while next < earlier.endIndex, earlier[next].answeredAt < observation.askedAt {
                    if earlier[next].version >= newest?.version ?? 0 { newest = earlier[next] }
                    next += 1
                }
                guard let newest, let finding = contradiction(newest, observation) else { continue }
                findings.append(finding)
                break
            }
        }
        return findings
    }

    private func contradiction(_ before: Observation, _ after: Observation) -> Finding? {
        if after.version < before.version {
            return Finding(
                .lost,
                after.task,
                "Version \(before.version) (\(before.state)) was told, and later version \(after.version) (\(after.state))."
            )
        }
        if after.epoch < before.epoch {
            return Finding(
                .staleAccepted,
                after.task,
                "Epoch \(before.epoch) was told, and later epoch \(after.epoch)."
            )
        }
        if TaskState(rawValue: before.state)?.isTerminal == true, before.state != after.state {
            return Finding(.staleAccepted, after.task, "It had \(before.state), and later it was \(after.state).")
        }
        return nil
    }
}
