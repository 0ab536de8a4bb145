import ArgumentParser
import YggClient
import YggCore
import YggProtocol

/// `ygg task cancel`.
struct TaskCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel tasks. A running one is asked to end, and ended if it does not.",
        discussion: """
            EXAMPLES
              ygg task cancel 01k9s2…
              ygg task list --state queued -o jsonl | jq -r .id | xargs ygg task cancel
            """
    )

    @Argument(help: ArgumentHelp("The tasks' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for id in ids { try TaskArgument.check(id) }
    }

    func run() async throws {
        let client = try connection.client()
        var status = ExitStatus.succeeded
        for id in ids {
            do {
                show(try await client.cancel(id))
            } catch let problem as Problem {
                // One that has ended, or never was, does not save the others.
                let failure = CommandFailure(describing: problem)
                Console.error(failure.text)
                status = failure.status
            }
        }
        if status != .succeeded { throw ExitCode(status.rawValue) }
    }

    private func show(_ task: TaskView) {
        Results(output).one(task.json) { style in
            let isPending = task.state?.isTerminal == false
            let word = isPending ? "asked to end" : task.stateText
            return "\(task.id) \(style(isPending ? .yellow : Style.emphasis(of: task.state), word))\n"
        }
    }
}
