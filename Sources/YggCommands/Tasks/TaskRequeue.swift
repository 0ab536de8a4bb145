import ArgumentParser
import YggClient

/// `ygg task requeue`.
struct TaskRequeue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Give up the running attempt of a task and queue it again, uncounted.",
        discussion: """
            For a task whose executor is away and is not waited for. Should it come \
            back, it is told to end that attempt, and what it says of it is refused. \
            Until it hears of that it may still be at work: make sure that the task \
            may run twice.

            EXAMPLES
              ygg why 01k9s2…            on which executor it runs, and whether that is heard
              ygg task requeue 01k9s2…
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let task = try await connection.client().requeue(task.id)
        Results(output).one(task.json) { style in
            "\(task.id) \(style(Style.emphasis(of: task.state), task.stateText))\n"
        }
    }
}
