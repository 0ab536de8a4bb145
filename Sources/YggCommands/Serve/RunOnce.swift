import ArgumentParser
import FoundationEssentials
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

            Nobody is here to approve what a person is to review: of such a kind (code-refactor, git-commit) the diff is \
            printed, and nothing lands unless --approve says so. What needs no review (code-fix-lint, code-format) lands. \
            No data directory is needed: where there is none that can be written to, as in a container, a temporary one \
            is used.

            EXAMPLES
              ygg run git-log --repo .
              ygg run dev-test -p repo=. --json
              ygg run dev-test -p repo=. -o jsonl      (every event as it comes, the result last)
              ygg run code-refactor -p repo=. -p instruction='Name the constants' --approve
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("Where mirrors and worktrees live.", valueName: "dir"))
    var workspace: String?

    @Flag(name: .customLong("approve"), help: "Approve what a person is to review, unseen: it lands.")
    var approves = false

    @OptionGroup var output: OutputOptions

    @Argument(help: "What to run, such as git-log. A kind that is not known is answered with those that are.")
    var kind: String

    @OptionGroup var parameters: ParameterArguments

    func run() async throws {
        let place = try RunPlace(chosen: options.dataDir, config: options.config)
        defer { place.remove() }
        try await run(in: place)
    }

    private func run(in place: RunPlace) async throws {
        var options = options
        options.dataDir = place.data
        var settings = try options.resolve(role: .up, flags: [.workspaceRoot: workspace])
        if workspace == nil, let instead = place.workspace(insteadOf: settings.workspaceRoot) {
            settings = try options.resolve(role: .up, flags: [.workspaceRoot: instead])
        }
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
        let seen: Set<Tier> = approves ? [] : [.review]
        let end = try await interruptible {
            try await OneShot.end(of: name, params: params, settings: executor, showing: seen) {
                await printer.print($0)
            }
        }
        guard let end else {
            let kinds = executor.handlers.kinds.map(\.kind.rawValue)
            let near = nearest(to: kind, among: kinds)
            throw CommandFailure.usage(
                "No handler here runs the kind \(kind).",
                next: near.map { "Did you mean \($0)?" } ?? "There are \(kinds.joined(separator: ", "))."
            )
        }
        guard let report = end.report else { throw CommandFailure("The task was interrupted.") }
        try finish(report, end.question?.next == .land ? end.diff : nil)
    }

    /// Ctrl-C ends the task in order, and its result is still told.
    private func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = await StopSignals()
        let work = Task { try await body() }
        let watch = Task { await signals.watch { work.cancel() } }
        defer { watch.cancel() }
        return try await work.value
    }

    /// - Parameter diff: the file of what was made and not landed.
    private func finish(_ report: FinalReport, _ diff: String?) throws {
        guard case .finished(let outcome) = report.ending else {
            throw CommandFailure(report.error?.detail ?? "The task was interrupted.")
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
        if let diff { try show(diff, in: &result) }
        if output.format != .table { Console.out(JSON.object(result).text + "\n") }
        guard outcome == .succeeded || outcome == .unverified else {
            if let error = report.error, output.format == .table { Console.error("ygg: \(error.detail)\n") }
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }
}

extension RunOnce {
    /// What was made and waits for a person, of whom there is none here.
    private func show(_ diff: String, in result: inout JSONObject) throws {
        guard let bytes = FileManager.default.contents(atPath: diff) else {
            throw CommandFailure("The diff cannot be read at \(diff).")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        result.append("landed", false)
        if output.format == .table { Console.out(text) } else { result.append("patch", .string(text)) }
        // What could not be verified is asked about whatever is approved beforehand.
        Console.error(
            approves
                ? "ygg: What \(kind) made is to be seen by a person: this is its diff, and nothing has landed.\n"
                    + "next: git apply it.\n"
                : "ygg: \(kind) is to be reviewed, and nobody is here to approve it: this is its diff, and nothing has landed.\n"
                    + "next: git apply it, or run it again with --approve.\n"
        )
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
