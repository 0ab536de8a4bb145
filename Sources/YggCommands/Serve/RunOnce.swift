import ArgumentParser
import YggConfiguration
import YggCore
import YggExecutor
import YggTelemetry

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
              ygg run dev-test -p repo=. -o jsonl      (every event as it comes, the result last)
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("Where mirrors and worktrees live.", valueName: "dir"))
    var workspace: String?

    @OptionGroup var output: OutputOptions

    @Argument(help: "What to run, such as git-log. A kind that is not known is answered with those that are.")
    var kind: String

    @OptionGroup var parameters: ParameterArguments

    func run() async throws {
        let settings = try options.resolve(role: .up, flags: [.workspaceRoot: workspace])
        guard let name = TaskKind(kind) else {
            throw CommandFailure.usage("\"\(kind)\" is not a kind.", next: "Kinds look like git-log.")
        }
        let assembly = ExecutorAssembly(
            settings: settings,
            id: ExecutorID(trusted: "local"),
            host: settings.executorHost
        )
        let executor = try assembly.executorSettings(secrets: .ofProcess(settings), isAlone: false)
        let params = try parameters.resolve()
        let printer = OneShotPrinter(format: output.format)
        let report = try await interruptible {
            try await OneShot.run(name, params: params, settings: executor) { await printer.print($0) }
        }
        guard let report else {
            let kinds = executor.handlers.kinds.map(\.kind.rawValue)
            let near = nearest(to: kind, among: kinds)
            throw CommandFailure.usage(
                "No handler here runs the kind \(kind).",
                next: near.map { "Did you mean \($0)?" } ?? "There are \(kinds.joined(separator: ", "))."
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
    private let format: OutputFormat

    init(format: OutputFormat) { self.format = format }

    func print(_ event: EventDraft) {
        switch format {
        case .table: printer.print(event.type.rawValue, event.data).write()
        case .jsonl: Console.out(JSON.object(event.json).text + "\n")
        case .json: break
        }
    }
}
