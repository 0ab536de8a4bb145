import ArgumentParser
import FoundationEssentials
import YggConfiguration
import YggCore
import YggTracker

/// `ygg tracker doctor`.
struct TrackerDoctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try your `bd` in a workspace made for it, and say what it can do.",
        discussion: """
            Makes a folder, and in it a workspace with one issue; lets two claim it, comments on it, closes it and closes \
            it again; then removes the folder. Your own issues are not touched. The `bd` is that of tracker.command, or \
            the one on your PATH.

            EXAMPLES
              ygg tracker doctor
              YGG_TRACKER_COMMAND=~/go/bin/bd ygg tracker doctor

            STATUS  0 nothing fails, 1 something does
            """
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try ResolvedSettings.here(role: .coordinator)
        let folder =
            FileManager.default.temporaryDirectory.path + "/ygg-tracker-doctor-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let findings = await BeadsSelfTest(settings.beads(in: folder)).run().map { step in
            let next = "Compare with docs/tracker.md; another bd is named in tracker.command."
            let finding: DoctorFinding =
                switch step.verdict {
                case .good: .pass(step.detail)
                case .poor: .warn(step.detail, next: next)
                case .bad: .fail(step.detail, next: next)
                }
            return (name: step.name, finding: finding)
        }
        let isWell = !findings.contains { $0.finding.status == .fail }
        Results(output).one(
            [
                "status": .string(isWell ? "pass" : "fail"),
                "checks": .array(findings.map { .object($0.finding.json(name: $0.name)) }),
            ]
        ) { style in
            findings.map { DoctorText.line($0.name, $0.finding, style: style) }.joined()
        }
        if !isWell { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
