import Synchronization
import YggProcess

/// Checks a work tree against its base, by running what its plan says.
///
/// Whatever the checks do to the work tree is undone: files they leave behind, change or delete are as they were. Only
/// what formatting repairs stays, and counts as part of the work.
package final class Verifier: Verifying {
    package let plan: VerificationPlan
    let checkpoints: Checkpoints
    let steps: StepRunner
    private let cache: BaseCache?
    private let known = Mutex<[StepResult]?>(nil)

    /// - Parameters:
    ///   - cache: a directory for what is known of bases, which outlives the workspace; nil remembers nothing.
    package init(_ setting: Toolbox.Setting, plan: VerificationPlan, checkpoints: Checkpoints, cache: String?) {
        self.plan = plan
        self.checkpoints = checkpoints
        steps = StepRunner(runner: CommandRunner(setting), root: setting.root, temporary: setting.scratch.temporary)
        self.cache = cache.map { directory in
            BaseCache(
                directory: directory,
                tree: checkpoints.base,
                steps: plan.steps,
                protections: setting.isolation.parts.map(\.rawValue) + (setting.network ? ["with network"] : [])
            )
        }
    }

    package func base() async throws -> [StepReport] { try await baseResults().map(\.report) }

    package func check() async throws -> Verdict {
        do {
            let base = try await baseResults()
            try await repairFormat(base)
            let work = try await checkpoints.save("to be checked")
            let now = try await checkpoints.undoing(work) { try await self.results(base) }
            let tampering = Tampering.find(in: try await checkpoints.diff(to: work))
            return Comparison(plan: plan, base: base, now: now, tampering: tampering).verdict
        } catch let failure as BaseFailure {
            return Verdict(worth: .unverified(failure.detail), steps: failure.steps)
        } catch let failure as CheckpointFailure {
            return Verdict(worth: .unverified("The work tree could not be checked. \(failure.sentence)"))
        }
    }

    // MARK: - The base

    func baseResults() async throws -> [StepResult] {
        if let results = known.withLock({ $0 }) { return results }
        let results: [StepResult]
        if let kept = cache?.read(plan.steps) {
            results = kept
        } else {
            do {
                results = try await checkBase()
            } catch let failure as CheckpointFailure {
                throw BaseFailure(code: "base-broken", detail: "The base could not be checked. \(failure.sentence)")
            }
            cache?.write(results)
        }
        known.withLock { $0 = results }
        return results
    }

    /// On the base's own tree, whatever the work tree holds by now.
    private func checkBase() async throws -> [StepResult] {
        let work = try await checkpoints.save("while the base is checked")
        return try await checkpoints.undoing(work) {
            if work != self.checkpoints.base { try await self.checkpoints.restore(self.checkpoints.base) }
            var results: [StepResult] = []
            for step in self.plan.steps where !self.isDone(step) {
                if let lack = self.steps.lack(of: step) {
                    guard step.isGiven else { continue }
                    throw BaseFailure(
                        code: "missing-command",
                        detail:
                            "\(lack) The task checks with `\(step.line)`: install it there, or name another command.",
                        steps: results.map(\.report)
                    )
                }
                var result = try await self.steps.run(step)
                if result.lacksProgram {
                    guard step.isGiven || step.goal == .build else {
                        result.report.notes = [
                            "`\(step.line)` needs a program that is not installed here, and was left out."
                        ]
                        results.append(result)
                        continue
                    }
                    throw BaseFailure(
                        code: "missing-command",
                        detail: "`\(step.line)` needs a program that is not installed on this executor: "
                            + "\(Self.lastLine(result)) Install it there, or name another command.",
                        steps: (results + [result]).map(\.report)
                    )
                }
                if step.goal == .build, !result.report.passed {
                    throw Self.broken(result, after: results)
                }
                if step.goal == .test, !result.report.passed, result.report.ended == nil {
                    result = Self.withFlaky(result, try await self.steps.run(step))
                }
                results.append(result)
            }
            return results
        }
    }

    private static func broken(_ result: StepResult, after results: [StepResult]) -> BaseFailure {
        let step = result.step
        let how =
            result.report.exitCode.map { "ended with exit code \($0)" } ?? "was ended (\(result.report.ended ?? "?"))"
        let first = result.findings.first.map { $0.line } ?? lastLine(result)
        return BaseFailure(
            code: "base-broken",
            detail: "The base does not build, so nothing was begun: `\(step.line)` \(how): \(first) "
                + "Repair the base, or name another ref.",
            steps: (results + [result]).map(\.report)
        )
    }

    private static func lastLine(_ result: StepResult) -> String {
        let lines = result.output.split(whereSeparator: \.isNewline)
        let line = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? "it says nothing"
        return VisibleText.cut(String(line), to: 200) + (line.hasSuffix(".") ? "" : ".")
    }

    /// What differs in two runs on one tree says nothing about anybody's work.
    private static func withFlaky(_ first: StepResult, _ second: StepResult) -> StepResult {
        var result = first
        let flaky = Set(first.report.failures).symmetricDifference(second.report.failures)
        guard !flaky.isEmpty else { return result }
        result.flaky.formUnion(flaky)
        result.report.failures.removeAll { flaky.contains($0) }
        let names = flaky.sorted().prefix(5).joined(separator: ", ")
        let more = flaky.count > 5 ? " and \(flaky.count - 5) more" : ""
        result.report.notes.append("Flaky, and not counted: \(names)\(more).")
        return result
    }

    // MARK: - The work tree

    private func results(_ base: [StepResult]) async throws -> [StepResult] {
        var results: [StepResult] = []
        for step in plan.steps where !isDone(step) {
            let before = base.first { $0.step == step }
            // What could not be run then is left out now. What prepares a work tree was perhaps done then by another.
            let wasRun = before.map { !$0.lacksProgram } ?? (step.unlessThere != nil)
            guard wasRun, steps.lack(of: step) == nil || before != nil else { continue }
            var result = try await steps.run(step)
            if step.goal == .test, result.report.ended == nil, !result.report.failures.isEmpty {
                let new = Set(result.report.failures).subtracting(before?.report.failures ?? [])
                    .subtracting(before?.flaky ?? [])
                // A test that is flaky may have passed on the base by luck.
                if !new.isEmpty, !result.names.ends.isEmpty {
                    result = Self.withFlaky(result, try await steps.run(step))
                }
            }
            results.append(result)
            // Where it does not build, everything after it would say the same in more words.
            if step.goal == .build, !result.report.passed { break }
        }
        return results
    }

    private func isDone(_ step: VerificationStep) -> Bool {
        guard let there = step.unlessThere else { return false }
        return HostFile.exists("\(steps.root)/\(step.directory.map { "\($0)/" } ?? "")\(there)")
    }

    /// A base that is formatted stays so, without anybody's effort.
    private func repairFormat(_ base: [StepResult]) async throws {
        for result in base where result.step.goal == .format && result.report.passed && result.report.failures.isEmpty {
            guard let argv = result.step.repair else { continue }
            let now = try await steps.run(result.step)
            guard !now.report.passed || !now.report.failures.isEmpty else { continue }
            var step = result.step
            step.argv = argv
            _ = try await steps.run(step)
        }
    }
}
