import FoundationEssentials
import YggAgent
import YggCore
import YggExecutor
import YggProcess

/// Has a model do exercises, each in a repository made for it, by the handler that does the fleet's work.
struct EvalRun {
    let executor: ExecutorSettings
    let meter: TokenMeter
    let model: String?
    let isScripted: Bool
    /// Where the repositories are made.
    let directory: String
    /// What no command of an exercise may see.
    let hidden: [String]
    let onProgress: @Sendable (String) async -> Void

    func result(of exercise: Exercise) async throws -> EvalReport.Result {
        if let missing = await missing(for: exercise) {
            return EvalReport.Result(name: exercise.name, sort: exercise.sort, ending: .skipped(missing))
        }
        let repository = "\(directory)/\(exercise.name)"
        try await make(exercise, at: repository)
        let before = meter.now
        let began = ContinuousClock.now
        let report = try await OneShot.run(
            exercise.kind,
            params: exercise.params(repository: repository, model: model),
            settings: executor
        ) { event in
            if let text = event.data["text"]?.stringValue, event.type == .progress { await onProgress(text) }
        }
        let duration = Milliseconds(Int64(began.duration(to: .now) / .milliseconds(1)))
        let after = meter.now
        let written = after.written - before.written
        let seconds = (after.speaking - before.speaking) / .seconds(1)
        var result = EvalReport.Result(
            name: exercise.name,
            sort: exercise.sort,
            ending: try await ending(of: exercise, report, at: repository)
        )
        result.steps = report?.result["steps"]?.intValue ?? Int64(after.answers - before.answers)
        result.tokens = written + after.read - before.read
        // How fast a scenario is read says nothing.
        if written > 0, seconds > 0, !isScripted { result.rate = Double(written) / seconds }
        result.duration = duration
        return result
    }

    /// What it lacks here, in words; nil where it can be done.
    private func missing(for exercise: Exercise) async -> String? {
        for tool in ["git", exercise.tool] {
            guard case .notStarted = await run([tool, "--version"], at: directory).outcome.ending else { continue }
            return "\(tool) is not installed"
        }
        return nil
    }

    private func make(_ exercise: Exercise, at repository: String) async throws {
        try makeDirectories(repository)
        for file in exercise.files {
            try file.text.write(toFile: "\(repository)/\(file.path)", atomically: true, encoding: .utf8)
        }
        for arguments in [
            ["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", exercise.instruction],
        ] {
            _ = try await OwnGit.output(arguments, at: repository, environment: ProcessContext.environment)
        }
    }

    /// What the agent says of its work counts for nothing by itself: the work has to have landed, the files that check it
    /// have to be as they were, and the check has to pass.
    private func ending(
        of exercise: Exercise,
        _ report: FinalReport?,
        at repository: String
    ) async throws -> EvalReport.Result.Ending {
        guard let report, case .finished(let outcome) = report.ending else {
            throw CommandFailure("The exercise \(exercise.name) was interrupted.")
        }
        if let error = report.error { return .unsolved(cause: error.code, detail: error.detail) }
        guard outcome == .succeeded else {
            let why = report.result["unverified"]?.stringValue ?? ""
            return .unsolved(cause: outcome.rawValue, detail: why)
        }
        for file in exercise.files.dropFirst() {
            let now = try? String(contentsOfFile: "\(repository)/\(file.path)", encoding: .utf8)
            if now != file.text { return .unsolved(cause: "check-changed", detail: "\(file.path) is not what it was") }
        }
        let check = ExerciseCheck(
            directory: directory,
            hidden: hidden,
            environment: ProcessContext.environment
        )
        guard try await check.passes(exercise.check, in: repository) else {
            let words = exercise.check.joined(separator: " ")
            return .unsolved(cause: "check-failed", detail: "\(words) fails")
        }
        return .solved
    }

    private func run(_ argv: [String], at path: String) async -> CollectedOutput {
        await collectProcess(
            ProcessSpec(
                argv: argv,
                environment: cleanEnvironment(from: ProcessContext.environment),
                workingDirectory: path,
                runTimeout: .seconds(60)
            )
        )
    }
}
