import ArgumentParser
import FoundationEssentials
import YggAgent
import YggConfiguration
import YggCore
import YggExecutor

/// `ygg eval`.
struct Eval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Have your model do small exercises, and see what it is good for.",
        discussion: """
            \(Exercise.all.count) built-in exercises (edit, fix a failing test, repair what a linter says) are done one after \
            the other, each in a small repository of its own that is removed afterwards, in the way in which the fleet's \
            work is done. What counts is that the work landed and that the exercise's own check passes. TOKENS/S is what \
            the model writes, while it writes. Needs no coordinator. Exercises whose tool is not installed are skipped.

            STATUS  0 the exercises were done, solved or not

            EXAMPLES
              ygg eval
              ygg eval --model ollama/qwen2.5-coder:7b --only 5
              ygg eval --json | jq '.items[] | select(.solved | not)'
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("The model, as provider/model. Default: models.default.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("Only the first exercises, the easiest.", valueName: "n"))
    var only: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let only, only < 1 { throw ValidationError("--only must be at least 1") }
    }

    func run() async throws {
        let directory = try EvalDirectory()
        defer { directory.remove() }
        // The exercises are the only repositories it may work on, whatever those of the executor are.
        let settings = try options.resolve(
            role: .up,
            flags: [.workspaceRoot: "\(directory.path)/workspace", .repositories: directory.path]
        )
        let meter = TokenMeter()
        let models = try ModelDirectory(settings) { meter.provider($0) }
        let choice: ModelChoice
        do { choice = try models.model(model) } catch {
            throw CommandFailure.usage(error.description, next: "ygg config show prints the providers there are.")
        }
        let assembly = ExecutorAssembly(
            settings: settings,
            id: ExecutorID(trusted: "eval"),
            host: settings.executorHost
        )
        let executor = try assembly.executorSettings(
            secrets: .ofProcess(settings),
            isAlone: false,
            models: models,
            data: "\(directory.path)/data"
        )
        var report = EvalReport(model: choice.name, isScripted: choice.identity.isScripted)
        let progress = ProgressLine(isShown: output.format == .table && Terminal.error.isTerminal)
        let exercises = Exercise.all.prefix(only ?? Exercise.all.count)
        let run = EvalRun(
            executor: executor,
            meter: meter,
            model: choice.name,
            isScripted: choice.identity.isScripted,
            directory: directory.path,
            hidden: [settings.dataDirectory]
        ) {
            progress.tell($0)
        }
        report.loading = try await load(choice, progress)
        for (index, exercise) in exercises.enumerated() {
            progress.begin("\(index + 1)/\(exercises.count) \(exercise.name)")
            report.results.append(try await run.result(of: exercise))
        }
        progress.clear()
        Results(output).one(report.json) { style in
            report.table.rendered(width: Terminal.output.width, style: style) + "\n\(report.line)\n"
        }
    }

    /// Takes up to minutes, which are no exercise's; and a model that cannot be asked is said once.
    private func load(_ choice: ModelChoice, _ progress: ProgressLine) async throws -> Milliseconds {
        progress.begin("Loading \(choice.name)")
        let began = ContinuousClock.now
        do {
            try await choice.load { pull in
                let share = pull.totalBytes > 0 ? " \(pull.completedBytes * 100 / pull.totalBytes) %" : ""
                progress.tell(pull.status + share)
            }
        } catch let failure as ModelFailure {
            progress.clear()
            throw CommandFailure(failure.detail, next: failure.nextAction)
        }
        return Milliseconds(Int64(began.duration(to: .now) / .milliseconds(1)))
    }
}

/// Where the exercises are done.
private struct EvalDirectory {
    let path: String

    init() throws {
        let parent = ProcessContext.variable("TMPDIR") ?? "/tmp"
        path = "\(parent)/ygg-eval-\(UInt64.random(in: .min ... .max))"
        try makeDirectories(path)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
