import ArgumentParser
import YggConfiguration
import YggCore

/// `ygg doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine and its coordinator, and say what to do about what is wrong.",
        discussion: """
            EXAMPLES
              ygg doctor
              ygg doctor --json | jq '.checks[] | select(.status == "fail")'

            STATUS  0 nothing fails, 1 something does, 3 the coordinator cannot be reached
            """
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let settings = try ResolvedSettings.here(role: .up)
        let patient = Patient(settings: settings, client: try connection.client())
        var findings: [(name: String, finding: DoctorFinding)] = []
        // One after the other: what one finds is the reason for what the next ones do not.
        for check in DoctorCheck.all { findings.append((check.name, await check.look(patient))) }
        let failed = findings.filter { $0.finding.status == .fail }.map(\.name)
        Results(output).one(
            [
                "status": .string(failed.isEmpty ? "pass" : "fail"),
                "checks": .array(findings.map { .object($0.finding.json(name: $0.name)) }),
            ]
        ) { DoctorText.text(findings, style: $0) }
        if failed.contains(DoctorCheck.coordinator.name) { throw ExitCode(ExitStatus.unreachable.rawValue) }
        if !failed.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// What one check found.
struct DoctorFinding: Sendable, Hashable {
    enum Status: String, Sendable { case pass, warn, fail }

    var status: Status
    var detail: String
    /// What to do about it; of whatever is not well.
    var next: String?

    static func pass(_ detail: String) -> Self { .init(status: .pass, detail: detail) }
    static func warn(_ detail: String, next: String) -> Self { .init(status: .warn, detail: detail, next: next) }
    static func fail(_ detail: String, next: String) -> Self { .init(status: .fail, detail: detail, next: next) }

    func json(name: String) -> JSONObject {
        var object: JSONObject = [
            "name": .string(name), "status": .string(status.rawValue), "detail": .string(detail),
        ]
        object.append("next", .optional(next))
        return object
    }
}

/// The findings for people: a line each, and what to do below those that are not well.
enum DoctorText {
    static func text(_ findings: [(name: String, finding: DoctorFinding)], style: Style) -> String {
        let width = findings.reduce(0) { max($0, DisplayText.width($1.name)) }
        return findings.map { name, finding in
            let space = String(repeating: " ", count: width - DisplayText.width(name) + 2)
            let line = "\(style(emphasis(finding.status), finding.status.rawValue))  \(name)\(space)"
            let next = finding.next.map { "      \(style(.dim, "→ " + DisplayText.oneLine($0)))\n" } ?? ""
            return "\(line)\(DisplayText.oneLine(finding.detail))\n\(next)"
        }
        .joined()
    }

    private static func emphasis(_ status: DoctorFinding.Status) -> Style.Emphasis {
        switch status {
        case .pass: .green
        case .warn: .yellow
        case .fail: .red
        }
    }
}
