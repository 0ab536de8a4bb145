import YggCore
import YggProcess

/// Runs steps in a workspace, like any command of the tools, and reads what they say.
struct StepRunner: Sendable {
    let runner: CommandRunner
    let root: String
    /// Where compilers put what need not lie in the workspace.
    let temporary: String

    /// What of an output is read: the beginning and the end. Whoever writes more says what counts at one of the two.
    private static let readBytes = 2 << 20
    /// What of it is kept for a person.
    private static let keptBytes = 16 << 10

    /// Why a step cannot be run here; nil where it can.
    func lack(of step: VerificationStep) -> String? {
        let directory = place(of: step)
        guard HostFile.isDirectory(directory) else { return "There is no directory \(step.directory ?? ".")." }
        guard !runner.has(step.argv[0], in: directory) else { return nil }
        let words = step.argv[0].split(separator: " ")
        let hint =
            words.count > 1
            ? " A command is an array of its words: \(JSON.array(words.map { .string(String($0)) }).text)." : ""
        return "\(VisibleText.quoted(step.argv[0])) is not installed on this executor.\(hint)"
    }

    /// - Throws: `CancellationError`.
    func run(_ step: VerificationStep) async throws -> StepResult {
        let environment = runner.environment.merging(environment(of: step)) { $1 }
        let spec = runner.spec(step.argv, in: place(of: step), environment: environment, time: step.timeLimit)
        let (outcome, said) = await runner.run(spec, limit: Self.readBytes)
        if outcome.cause == .cancelled { throw CancellationError() }
        let record = CommandReport.record(outcome, bytes: said.total)
        let output = VisibleText.printed(said.text)
        var kept = HeadTailBuffer(head: Self.keptBytes / 2, tail: Self.keptBytes / 2)
        kept.append(Array(output.utf8)[...])
        let report = StepReport(
            step: step,
            exitCode: record.exitCode,
            ended: record.ended,
            output: kept.text,
            duration: outcome.duration
        )
        return Self.read(
            StepResult(report: report, isWhole: said.missing == 0, output: output),
            root: root
        )
    }

    private func place(of step: VerificationStep) -> String { step.directory.map { "\(root)/\($0)" } ?? root }

    /// What makes the usual programs name what fails, and leave nothing among the work, whatever their command line says.
    private func environment(of step: VerificationStep) -> [String: String] {
        [
            "PYTEST_ADDOPTS": "-rfEsxXp -p no:cacheprovider", "RUFF_OUTPUT_FORMAT": "concise", "RUFF_NO_CACHE": "true",
            "MYPY_CACHE_DIR": "/dev/null", "CARGO_TARGET_DIR": "\(temporary)/cargo-target",
            "CARGO_TERM_COLOR": "never", "npm_config_update_notifier": "false", "npm_config_fund": "false",
            "PYTHONUNBUFFERED": "1",
        ].merging(step.environment) { $1 }
    }

    // MARK: - What it said

    /// Fills in what the output names.
    static func read(_ result: StepResult, root: String) -> StepResult {
        var result = result
        let report = result.report
        if report.step.goal == .test {
            let dialects = TestDialect.of(report.step.argv).map { [$0] } ?? TestDialect.allCases
            // Nobody but the runner itself speaks its dialect so well.
            let readings = dialects.map { dialect in
                (TestNames.read(result.output, in: dialect), TestSummary.parse(result.output, in: dialect))
            }
            let best = readings.max { left, right in weight(left) < weight(right) }
            if let best, weight(best) > 0 || best.1 != nil {
                result.names = best.0
                result.report.tests = best.1
            }
            result.report.failures = result.names.names(.failed)
        }
        let wants = report.step.goal != .test || !report.passed && result.report.failures.isEmpty
        if wants {
            let isList = report.step.argv.starts(with: ["gofmt", "-l"])
            var findings =
                isList ? Findings.files(result.output, root: root) : Findings.read(result.output, root: root)
            // A compiler's warnings did not make it fail.
            if report.step.goal == .build || report.step.goal == .test {
                findings.removeAll { $0.line.contains("warning:") || $0.line.hasPrefix("warning") }
            }
            result.findings = findings
            if !report.passed || isList { result.report.failures = findings.map(\.name) }
        }
        return result
    }

    private static func weight(_ reading: (TestNames, TestSummary?)) -> Int {
        reading.0.ends.count + (reading.1?.total ?? 0)
    }
}

extension TestDialect {
    /// How a command will tell what came of the tests; nil where its words do not say.
    static func of(_ argv: [String]) -> TestDialect? {
        let words = argv.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        guard let program = words.first else { return nil }
        if words.contains("pytest") || words.contains("py.test") { return .pytest }
        if words.contains("unittest") { return .unittest }
        switch program {
        case "swift": return .swift
        case "cargo": return .cargo
        case "go": return .go
        case "npm", "npx", "node", "yarn", "pnpm", "jest", "vitest", "mocha": return .node
        default: return nil
        }
    }
}
