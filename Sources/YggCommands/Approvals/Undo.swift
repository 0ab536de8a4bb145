import ArgumentParser
import YggClient
import YggCore
import YggProtocol

/// `ygg undo`.
struct Undo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take back what a task has landed: a new task makes the revert, and asks before it lands.",
        discussion: """
            What was landed stays in the history; a commit that takes it back is added, once you have approved its diff. \
            Where later commits change the same lines, the task says so and nothing happens.

            EXAMPLES
              ygg undo 01k9s2…
              ygg undo 01k9s2… --wait
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup(title: "Watching") var watching: SubmitWatchOptions
    @OptionGroup var watch: WatchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let landed = try await client.task(task.id)
        guard let result = landed.result, let commit = result["commit"]?.stringValue,
            let branch = result["branch"]?.stringValue, let repository = result["repository"]?.stringValue
        else {
            throw CommandFailure(
                "\(task.id) has landed nothing that could be taken back: it is \(landed.stateText).",
                next: "See what it did: ygg task show \(task.id)"
            )
        }
        var body: JSONObject = [
            "kind": "git-revert", "title": .string("Undo \(landed.title)"),
            "params": [
                "repo": .string(repository), "commit": .string(commit), "target": .string(branch),
                "push": .bool(result["pushed"]?.boolValue ?? false),
            ],
        ]
        // A path is one on the machine where it landed.
        if repository.hasPrefix("/"), let executor = landed.executor {
            body.append("labels", [.string("executor=\(executor)")])
        }
        let undoing = try await client.submit(.object(body), idempotencyKey: IdempotencyKey.make())
        let hint = "\(undoing.stateText); when it asks, look and approve: ygg task diff \(undoing.id)"
        try await TaskWatch(client: client, options: watch, format: output.format)
            .conclude(undoing, watching, output: output, hint: hint)
    }
}
