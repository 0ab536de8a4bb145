import ArgumentParser
import YggCore
import YggClient

/// `ygg task cancel`.
struct TaskCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel tasks. A running one is asked to end, and ended if it does not.",
        discussion: """
            EXAMPLES
              ygg task cancel 01k9s2…
              ygg task list --state queued -o jsonl | jq -r .id | xargs ygg task cancel
            """)

    @Argument(help: ArgumentHelp("The tasks' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for id in ids { try TaskArgument.check(id) }
    }

    func run() async throws {
        let client = try connection.client()
        for id in ids {
            let task = try await client.cancel(id)
            Results(output).one(task.json) { style in
                let isPending = task.state?.isTerminal == false
                let word = isPending ? "asked to end" : task.stateText
                return "\(task.id) \(style(isPending ? .yellow : Style.emphasis(of: task.state), word))\n"
            }
        }
    }
}
