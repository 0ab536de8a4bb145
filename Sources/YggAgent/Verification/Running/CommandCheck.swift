/// Runs single commands as checks are run.
package struct CommandCheck: Sendable {
    private let steps: StepRunner

    package init(_ setting: Toolbox.Setting) {
        steps = StepRunner(runner: CommandRunner(setting), root: setting.root, temporary: setting.scratch.temporary)
    }

    /// - Returns: without an exit code where it did not end by itself, was cancelled or is not installed.
    package func run(_ argv: [String], within time: Duration = .seconds(600)) async -> CheckedCommand {
        let step = VerificationStep(.test, argv, timeLimit: time)
        if steps.lack(of: step) != nil { return CheckedCommand(StepReport(step: step, exitCode: nil)) }
        do {
            return CheckedCommand(result: try await steps.run(step))
        } catch {
            return CheckedCommand(StepReport(step: step, exitCode: nil, ended: "cancelled"))
        }
    }
}

/// What came of one command that checks, and can be compared with what came of it elsewhere.
package struct CheckedCommand: Sendable {
    private let result: StepResult

    init(result: StepResult) { self.result = result }

    init(_ report: StepReport) { self.init(result: StepResult(report: report)) }

    package var report: StepReport { result.report }

    /// Whether something fails here that did not fail there. What could not be run here at all says nothing good of it.
    package func isWorse(than base: CheckedCommand) -> Bool {
        let wasRun = report.exitCode != nil || report.ended != nil
        return !wasRun || result.lacksProgram || Comparison.isWorse(result, than: base.result)
    }
}
