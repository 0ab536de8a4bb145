import ArgumentParser
import Synchronization
import YggConfiguration
import YggCore

/// `ygg doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine and its coordinator, do a real round, and say what to do about what is wrong.",
        discussion: """
            After the checks comes a real round: a harmless task of each prefix that an executor offers goes through the \
            queue, a small repository is cloned, a commit in it is approved and lands, and the default model is asked one \
            question. What it makes is removed again; the tasks stay in the history. What does not apply here is shown \
            as skip.

            EXAMPLES
              ygg doctor
              ygg doctor --quick                      (looks only, without the round)
              ygg doctor --json | jq '.checks[] | select(.status == "fail")'

            STATUS  0 nothing fails, 1 something does, 3 the coordinator cannot be reached
            """
    )

    @Flag(help: "Look only: no task is submitted.")
    var quick = false

    @Option(
        help: ArgumentHelp("The longest the round may take (30s, 5m).", valueName: "duration"),
        transform: DurationArgument.parse
    )
    var limit: Milliseconds = .minutes(5)

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let notes = DoctorNotes(format: output.format)
        // Ctrl-C ends the round in order: nothing of what it made is left.
        let signals = await StopSignals()
        let work = Task { try await examine(notes) }
        let watch = Task { await signals.watch { work.cancel() } }
        defer { watch.cancel() }
        try await work.value
        let failed = notes.conclude()
        if failed.contains(DoctorCheck.coordinator.name) { throw ExitCode(ExitStatus.unreachable.rawValue) }
        if !failed.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func examine(_ notes: DoctorNotes) async throws {
        guard let patient = patient(notes) else { return }
        // One after the other: what one finds is the reason for what the next ones do not.
        for check in DoctorCheck.all {
            notes.begin(check.name)
            let finding = await check.look(patient)
            try Task.checkCancellation()
            notes.tell(check.name, finding)
        }
        if quick { return }
        guard !notes.failed.contains(DoctorCheck.coordinator.name) else {
            return notes.tell("round", .skip("Nothing can be tried.", next: "See to the coordinator first."))
        }
        try await DoctorRound(patient, limit: limit, begin: { notes.begin("the round \($0)") }) {
            notes.tell($0, $1)
        }
        .run()
    }

    /// What everything else is looked up in; nil where it cannot be read, which is told.
    private func patient(_ notes: DoctorNotes) -> Patient? {
        let name = "configuration"
        do {
            let settings = try ResolvedSettings.here(role: .up)
            let patient = Patient(
                settings: settings,
                client: try connection.client(),
                environment: ProcessContext.environment
            )
            notes.tell(name, .pass(settings.configurationFile ?? "no file; the defaults count"))
            return patient
        } catch {
            let failure = CommandFailure(describing: error)
            notes.tell(name, .fail(failure.message, next: failure.next ?? "See `ygg config check`."))
            for check in DoctorCheck.all {
                notes.tell(check.name, .skip("Not looked at.", next: "See to the configuration first."))
            }
            return nil
        }
    }
}

/// What was found so far: shown to people as it comes, and to programs whole.
private final class DoctorNotes: Sendable {
    private let findings = Mutex<[(name: String, finding: DoctorFinding)]>([])
    private let format: OutputFormat
    private let progress: ProgressLine

    init(format: OutputFormat) {
        self.format = format
        progress = ProgressLine(isShown: format == .table && Terminal.error.isTerminal)
    }

    var failed: [String] { findings.withLock { $0.filter { $0.finding.status == .fail }.map(\.name) } }

    func begin(_ what: String) { progress.begin(what) }

    func tell(_ name: String, _ finding: DoctorFinding) {
        findings.withLock { $0.append((name, finding)) }
        guard format == .table else { return }
        progress.clear()
        Console.out(DoctorText.line(name, finding, style: Terminal.output.style))
    }

    /// - Returns: what failed.
    func conclude() -> [String] {
        progress.clear()
        let failed = failed
        guard format != .table else { return failed }
        let checks = findings.withLock { $0.map { JSON.object($0.finding.json(name: $0.name)) } }
        Results(format).one(["status": .string(failed.isEmpty ? "pass" : "fail"), "checks": .array(checks)]) { _ in "" }
        return failed
    }
}
