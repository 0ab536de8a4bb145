/// What a work tree is worth: its results against those of the base. A value, so that it can be tested by tables.
struct Comparison: Sendable {
    var plan: VerificationPlan
    var base: [StepResult]
    var now: [StepResult]
    var tampering: [Tampering]

    /// What is newly wrong with one step.
    struct Difference: Sendable, Hashable {
        var result: StepResult
        /// The failures that the base did not have, each as often as it is new.
        var new: [String] = []
        /// What is wrong where nothing has a name.
        var sentence: String?
        /// Tests that were run on the base, and are not any more.
        var gone: [String] = []

        var count: Int { new.count + (sentence == nil ? 0 : 1) + gone.count }
    }

    var verdict: Verdict {
        var differences: [Difference] = []
        var notes = plan.notes
        var fixed: [String] = []
        var isProved = false
        var doubts: [String] = []
        for result in now {
            let before = base.first { $0.step == result.step }
            let (difference, doubt) = difference(of: result, from: before)
            if difference.count > 0 { differences.append(difference) }
            if let doubt { doubts.append(doubt) }
            if let before { fixed += Self.fixed(before, result) }
            notes += (before?.report.notes ?? []) + result.report.notes
            if result.step.goal == plan.proof, doubt == nil, Self.proves(result) { isProved = true }
        }
        let removed = tampering.filter { tamper in
            // The run itself said so already.
            guard let test = tamper.test else { return true }
            return !differences.contains { $0.gone.contains { $0.contains(test) } }
        }
        notes += tampering.map(\.sentence) + differences.filter { !$0.gone.isEmpty }.map(Self.goneSentence)
        let count = differences.reduce(0) { $0 + $1.count } + removed.count
        var verdict = Verdict(
            worth: count > 0 ? .broken : worth(isProved: isProved, doubts: doubts),
            newFailures: count,
            fixed: Array(Set(fixed)).sorted(),
            feedback: Feedback(differences: differences, tampering: removed).text,
            steps: now.map(\.report)
        )
        verdict.notes = notes.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return verdict
    }

    private func worth(isProved: Bool, doubts: [String]) -> Verdict.Worth {
        guard let proof = plan.proof else {
            let isChecked = now.contains { $0.report.exitCode != nil }
            return isChecked ? .verified : .unverified("Nothing was found here to check this with.")
        }
        if isProved { return .verified }
        if let doubt = doubts.first { return .unverified(doubt) }
        if let lack = plan.lack { return .unverified(lack) }
        return .unverified(
            proof == .test
                ? "No tests were run, so nothing says that this works. Name a command with the parameter test, or ask for tests first."
                : "\(proof.rawValue) could not be checked here, so this is unverified."
        )
    }

    /// Whether the step says anything about the work.
    private static func proves(_ result: StepResult) -> Bool {
        guard result.step.goal == .test else { return result.report.exitCode != nil }
        if result.hasTests { return result.names.ends.isEmpty || result.names.ends.values.contains { $0 != .skipped } }
        // A command of a person's own may check without naming anything; one that counts says when there was nothing.
        return result.step.isGiven && result.report.tests == nil && result.report.exitCode != nil
    }

    // MARK: - One step

    /// Whether something fails in one run of a step that did not fail in another. Tests that are gone are not asked for.
    static func isWorse(_ now: StepResult, than base: StepResult) -> Bool {
        let plan = VerificationPlan(steps: [now.step])
        let (difference, _) = Comparison(plan: plan, base: [base], now: [now], tampering: []).difference(
            of: now,
            from: base
        )
        return !difference.new.isEmpty || difference.sentence != nil
    }

    private func difference(of now: StepResult, from base: StepResult?) -> (Difference, doubt: String?) {
        var difference = Difference(result: now)
        let line = now.step.line
        if let ended = now.report.ended {
            if base?.report.ended == ended {
                return (difference, "\(line) \(Self.words(ended, now.step)), before the work and after it.")
            }
            difference.sentence = "\(line) \(Self.words(ended, now.step))"
            return (difference, nil)
        }
        let passes = now.report.passed && now.report.failures.isEmpty
        if !passes {
            let known = Self.known(base)
            var new: [String] = []
            for (name, count) in now.failures.sorted(by: { $0.key < $1.key }) where !isFlaky(name, now, base) {
                new += Array(repeating: name, count: max(0, count - known[name, default: 0]))
            }
            difference.new = new
            let passed = base.map { $0.report.passed && $0.report.failures.isEmpty } ?? true
            if new.isEmpty, now.failures.isEmpty {
                guard passed else {
                    // Runners that found no tests say so, and end with a code of their own.
                    if now.report.tests?.total == 0, base?.report.tests?.total == 0 { return (difference, nil) }
                    return (difference, "\(line) fails before the work and after it, and does not say with what.")
                }
                difference.sentence = "\(line) ended with exit code \(now.report.exitCode ?? -1)"
            }
        }
        if difference.count == 0, now.step.goal == .test, let base { difference.gone = gone(now, base) }
        return (difference, nil)
    }

    private func isFlaky(_ name: String, _ now: StepResult, _ base: StepResult?) -> Bool {
        base?.flaky.contains(name) == true || now.flaky.contains(name)
    }

    private static func known(_ base: StepResult?) -> [String: Int] {
        guard let base else { return [:] }
        // What a linter complained of without failing is nothing new when it fails for something else.
        return base.step.goal == .test
            ? base.failures
            : base.findings.reduce(into: base.findings.isEmpty ? base.failures : [:]) { $0[$1.name, default: 0] += 1 }
    }

    private static func fixed(_ base: StepResult, _ now: StepResult) -> [String] {
        guard now.report.ended == nil else { return [] }
        if base.step.goal == .test {
            return base.report.failures.filter { now.names.ends[$0] == .passed && !base.flaky.contains($0) }
        }
        let left = now.failures
        return base.failures.filter { left[$0.key, default: 0] < $0.value }.map(\.key)
    }

    private static func words(_ ended: String, _ step: VerificationStep) -> String {
        switch ended {
        case "time-limit": "did not end within \(Int(step.timeLimit / .seconds(1))) s"
        case "out-of-memory": "was ended for want of memory"
        case "not-started": "could not be started"
        default: "was ended (\(ended))"
        }
    }

    // MARK: - Tests that are gone

    /// Tests that ran on the base and do not run now, by name, or by number where there are no names.
    private func gone(_ now: StepResult, _ base: StepResult) -> [String] {
        let ran = Set(base.names.names(.passed) + base.names.names(.failed)).subtracting(base.flaky)
        let runs = Set(now.names.names(.passed) + now.names.names(.failed))
        if !ran.isEmpty, base.names.names(.passed).count > 0 {
            guard now.isWhole else { return [] }
            let new = runs.subtracting(ran).map(Self.lastPart)
            // In another file, or another class: moved.
            return ran.subtracting(runs).filter { !new.contains(Self.lastPart($0)) }.sorted()
        }
        guard let before = base.report.tests, let after = now.report.tests else { return [] }
        let missing = (before.passed + before.failed) - (after.passed + after.failed)
        return missing > 0 ? Array(repeating: "a test that has no name", count: missing) : []
    }

    private static func lastPart(_ name: String) -> String {
        if let place = name.firstRange(of: "::") {
            return String(name[place.upperBound...]).split(separator: ":").last.map(String.init) ?? name
        }
        if let place = name.firstRange(of: " > ") { return lastPart(String(name[place.upperBound...])) }
        return name.split(separator: ".").last.map(String.init) ?? name
    }

    static func goneSentence(_ difference: Difference) -> String {
        let names = difference.gone
        let shown = Set(names).sorted().prefix(5).joined(separator: ", ")
        let more = Set(names).count > 5 ? " and \(Set(names).count - 5) more" : ""
        return names.count == 1
            ? "A test that ran before does not run any more: \(shown)."
            : "\(names.count) tests that ran before do not run any more: \(shown)\(more)."
    }
}
