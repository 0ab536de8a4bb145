import ArgumentParser
import YggClient

/// `ygg task retry`.
struct TaskRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Run a finished task again, as a new one; its id is printed. A delayed task starts now.",
        discussion: """
            EXAMPLES
              ygg task retry 01k9s2…
              ygg task retry 01k9s2… --follow
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup(title: "Watching") var watching: SubmitWatchOptions
    @OptionGroup var watch: WatchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let task = try await client.retry(task.id, idempotencyKey: IdempotencyKey.make())
        let hint = "\(task.stateText); follow it with: ygg task logs --follow \(task.id)"
        try await TaskWatch(client: client, options: watch, format: output.format)
            .conclude(task, watching, output: output, hint: hint)
    }
}
