import ArgumentParser
import YggClient
import YggCore

/// What `--wait` and `--follow` do, for every command that has them.
struct TaskWatch: Sendable {
    enum Mode: Sendable {
        /// Silent until the end, then the result.
        case wait
        /// Everything as it happens.
        case follow(after: Int64?, EventPrinter.Detail)
    }

    let client: CoordinatorClient
    let goal: WatchGoal
    /// Whether an option was given that means nothing where nobody waits.
    let isAskedFor: Bool
    let limit: TimeLimit
    let format: OutputFormat

    init(client: CoordinatorClient, options: WatchOptions, format: OutputFormat) {
        self.client = client
        goal = options.waitFor ?? .end
        isAskedFor = options.waitFor != nil || options.timeout != nil
        limit = TimeLimit(options.timeout)
        self.format = format
    }

    /// What a command does with the task it has made: watches it as it was asked to, or prints its id.
    /// - Parameter hint: what to try next, where nobody watches.
    func conclude(_ task: TaskView, _ watching: SubmitWatchOptions, output: OutputOptions, hint: String) async throws {
        let results = Results(output)
        if watching.follow {
            results.hint(task.id)
            try await run(task.id, .follow(after: nil, .everything))
        } else if watching.wait || isAskedFor {
            try await run(task.id, .wait)
        } else {
            results.one(task.json) { _ in "\(task.id)\n" }
            results.hint(hint)
        }
    }

    /// Watches to the end, prints how it came out, and ends the command with its exit status.
    func run(_ id: String, _ mode: Mode) async throws {
        let status = try await watch(id, mode)
        if status != .succeeded { throw ExitCode(status.rawValue) }
    }

    func watch(_ id: String, _ mode: Mode) async throws -> ExitStatus {
        let task: TaskView
        switch mode {
        case .wait:
            InterruptNotice.install("\(id) goes on. Come back with: ygg task wait \(id)")
            let style = Terminal.error.style
            task = try await TaskWaiter(client: client, goal: goal) { Console.error(style(.dim, $0) + "\n") }
                .wait(for: id, limit: limit)
            printResult(of: task)
        case .follow(let after, let detail):
            InterruptNotice.install("\(id) goes on. Come back with: ygg task logs --follow \(id)")
            task = try await TaskFollower(client: client, goal: goal, format: format, detail: detail)
                .follow(id, after: after, limit: limit)
        }
        if format == .table { Console.error(TaskReport.line(task, style: Terminal.error.style) + "\n") }
        return ExitStatus(task)
    }

    private func printResult(of task: TaskView) {
        switch format {
        case .table:
            guard let output = task.result?["output"]?.stringValue, !output.isEmpty else { return }
            Console.out(output.hasSuffix("\n") ? output : output + "\n")
        case .json: Console.out(JSON.object(task.json).prettyText + "\n")
        case .jsonl: Console.out(JSON.object(task.json).text + "\n")
        }
    }
}
