/// Runs single commands as checks are run, where nothing is compared.
package struct CommandCheck: Sendable {
    private let steps: StepRunner

    package init(_ setting: Toolbox.Setting) {
        steps = StepRunner(runner: CommandRunner(setting), root: setting.root, temporary: setting.scratch.temporary)
    }

    /// - Returns: without an exit code where it did not end by itself, was cancelled or is not installed.
    package func run(_ argv: [String], within time: Duration = .seconds(600)) async -> StepReport {
        let step = VerificationStep(.test, argv, timeLimit: time)
        if steps.lack(of: step) != nil { return StepReport(step: step, exitCode: nil) }
        do {
            return try await steps.run(step).report
        } catch {
            return StepReport(step: step, exitCode: nil, ended: "cancelled")
        }
    }
}
