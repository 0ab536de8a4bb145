import Synchronization
import YggAgent
import YggCore
import YggProcess

/// Builds or tests a repository, in a work tree of its own, with the tool that its files speak for.
struct DevTask: ProcessHandler {
    let spec: KindSpec
    let goal: DevTool.Goal

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        // What a build leaves behind is not worth a work tree: it can be made again.
        return try await Worktree.with(
            params["repo"]?.stringValue ?? "",
            ref: params["ref"]?.stringValue,
            leftovers: .discard,
            run
        ) { worktree async throws(HandlerFailure) in
            let tool = try await tool(for: worktree, wanted: params["tool"]?.stringValue, run)
            return try await carryOut(tool, in: worktree, run)
        }
    }

    private func tool(
        for worktree: Worktree,
        wanted: String?,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> DevTool {
        if let tool = wanted.flatMap(DevTool.init(rawValue:)) { return tool }
        let found = DevTool.detect(in: worktree.path)
        guard let first = found.first else {
            let files = DevTool.allCases.compactMap(\.files.first).joined(separator: ", ")
            throw HandlerFailure(
                code: "unknown-project",
                detail:
                    "Nothing says how to \(goal.rawValue) \(worktree.mirror.address.display): it has none of \(files). "
                    + "Name the tool, or use dev-run with a command.",
                retryable: false
            )
        }
        if found.count > 1 {
            let others = found.dropFirst().map { "\($0.file) (\($0.tool))" }.joined(separator: ", ")
            await run.message(
                "Uses \(first.tool), because of \(first.file); there is also \(others): the parameter tool chooses."
            )
        }
        return first.tool
    }

    private func carryOut(_ tool: DevTool, in worktree: Worktree, _ run: AttemptRun) async throws(HandlerFailure)
        -> JSONObject
    {
        let environment = run.context.environment.merging(DevTool.environment) { $1 }
        let tests = Mutex(TestLog(tool.dialect))
        var duration = Duration.zero
        var result: JSONObject = ["tool": .string(tool.rawValue)]
        for argv in tool.commands(for: goal, in: worktree.path) {
            let command = argv.joined(separator: " ")
            await run.progress("Runs \(command)")
            let outcome = await run.stream(argv, in: worktree.path, environment: environment) { stream, bytes in
                tests.withLock { $0.append(stream, bytes) }
            }
            duration += outcome.duration
            result["exitCode"] = outcome.resultMembers["exitCode"]
            guard var failure = await run.failure(outcome, of: argv, environment: environment) else { continue }
            for member in result.members where failure.result[member.key] == nil {
                failure.result[member.key] = member.value
            }
            if goal == .test, let summary = tests.withLock({ $0.finish() }) {
                failure.result["tests"] = .object(summary.json)
                if failure.error.code == "exit-code", summary.failed > 0 {
                    failure.error.detail =
                        "\(summary.failed) of \(counted(summary.total, "test", "tests")) failed: "
                        + failure.error.detail
                }
            }
            failure.result["summary"] = .string("\(command): \(failure.error.detail)")
            throw failure
        }
        let summary = goal == .test ? tests.withLock { $0.finish() } : nil
        result["tests"] = summary.map { .object($0.json) }
        let outcome = goal == .build ? "builds" : summary?.text ?? "tests passed"
        result["summary"] = .string("\(tool): \(outcome), in \(seconds(duration))")
        return result
    }
}

/// Runs a command in a work tree of its own.
struct DevRun: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        let argv = params["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
        guard let command = argv.first, !command.isEmpty else {
            throw HandlerFailure(code: "invalid-params", detail: "command is empty.", retryable: false)
        }
        // Here what is left may be what the command was run for.
        return try await Worktree.with(
            params["repo"]?.stringValue ?? "",
            ref: params["ref"]?.stringValue,
            leftovers: .keep,
            run
        ) { worktree async throws(HandlerFailure) in
            let environment = run.context.environment.merging(DevTool.environment) { $1 }
            let outcome = await run.stream(argv, in: worktree.path, environment: environment)
            if let failure = await run.failure(outcome, of: argv, environment: environment) { throw failure }
            var result = outcome.resultMembers
            result.append("summary", .string("\(command) finished in \(seconds(outcome.duration))"))
            return result
        }
    }
}
