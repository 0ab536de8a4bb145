import ArgumentParser
import YggConfiguration
import YggCore
import YggExecutor

/// `ygg run KIND`.
struct RunOnce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one task here and now, without a coordinator.",
        discussion: """
            What the task writes is printed as it comes; the exit status is 0 only where it succeeded. Ctrl-C ends it.

            EXAMPLES
              ygg run git-log --repo .
              ygg run dev-test -p repo=. --json
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("Where mirrors and worktrees live.", valueName: "dir"))
    var workspace: String?

    @OptionGroup var output: OutputOptions

    @Argument(help: "What to run; `ygg kind list` names the kinds.")
    var kind: String

    @OptionGroup var parameters: ParameterArguments

    func run() async throws {
        let settings = try options.resolve(role: .up, flags: [.workspaceRoot: workspace])
        guard let name = TaskKind(kind) else {
            throw CommandFailure.usage("\"\(kind)\" is not a kind.", next: "Kinds look like git-log: ygg kind list")
        }
        let executor = try ExecutorAssembly(settings: settings, id: ExecutorID(trusted: "local")).executorSettings()
        let params = try parameters.resolve()
        let printer = OneShotPrinter(isForPeople: output.format == .table)
        let report = try await interruptible {
            try await OneShot.run(name, params: params, settings: executor) { await printer.print($0) }
        }
        guard let report else {
            let near = nearest(to: kind, among: executor.handlers.kinds.map(\.kind.rawValue))
            throw CommandFailure.usage(
                "No handler here runs the kind \(kind).",
                next: near.map { "Did you mean \($0)?" } ?? "See what there is: ygg kind list"
            )
        }
        try finish(report)
    }

    /// Ctrl-C ends the task in order, and its result is still told.
    private func interruptible(_ body: @escaping @Sendable () async throws -> FinalReport?) async throws -> FinalReport?
    {
        let work = Task { try await body() }
        let signals = Task { await StopSignals.watch { work.cancel() } }
        defer { signals.cancel() }
        return try await work.value
    }

    private func finish(_ report: FinalReport) throws {
        guard case .finished(let outcome) = report.ending else {
            throw CommandFailure("The task was interrupted.")
        }
        var result: JSONObject = ["outcome": .string(outcome.rawValue)]
        for member in report.result.members { result.append(member.key, member.value) }
        if let error = report.error {
            result.append(
                "error",
                [
                    "code": .string(error.code), "detail": .string(error.detail), "retryable": .bool(error.retryable),
                ]
            )
        }
        if output.format != .table { Console.out(JSON.object(result).text + "\n") }
        guard outcome == .succeeded || outcome == .unverified else {
            if let error = report.error, output.format == .table { Console.error("ygg: \(error.detail)\n") }
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }
}

/// Prints a task's log as it comes.
private actor OneShotPrinter {
    private var printer = EventPrinter(detail: .everything, style: Style(isColored: false))
    private let isForPeople: Bool

    init(isForPeople: Bool) { self.isForPeople = isForPeople }

    func print(_ event: EventDraft) {
        guard isForPeople else { return }
        for piece in printer.print(event.type.rawValue, event.data) {
            switch piece.target {
            case .output: Console.out(piece.text)
            case .error: Console.error(piece.text)
            }
        }
    }
}
