import ArgumentParser
import YggClient
import YggCore

/// `ygg task logs`.
struct TaskLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a task wrote, each stream to its own.",
        discussion: """
            EXAMPLES
              ygg task logs 01k9s2…
              ygg task logs --follow 01k9s2…          until it ends; its status is this command's
              ygg task logs 01k9s2… --json --after 100   the whole log as events, one a line
            """
    )

    @OptionGroup var task: TaskArgument

    @Flag(name: [.short, .long], help: "Go on until the task ends. Ctrl-C leaves it running.")
    var follow = false

    @Option(help: ArgumentHelp("Begin after the event with this number.", valueName: "n"))
    var after: Int64?

    @OptionGroup var watch: WatchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        if follow {
            return try await TaskWatch(client: client, options: watch, format: output.format)
                .run(task.id, .follow(after: after, .everything))
        }
        var printer = EventPrinter(detail: .outputOnly, style: Terminal.error.style)
        try await EventPages(client: client, task: task.id).read(after: after) { event in
            if output.format == .table {
                printer.print(event["type"]?.stringValue ?? "", event["data"]?.objectValue ?? JSONObject()).write()
            } else {
                Console.out(JSON.object(event).text + "\n")
            }
        }
    }
}

/// A task's log as it is now, page by page.
struct EventPages {
    /// The most one answer carries.
    private static let pageLimit = 1000

    let client: CoordinatorClient
    let task: String

    /// - Parameter limit: how many entries at most; nil reads to the end.
    func read(after: Int64?, limit: Int? = nil, _ body: (JSONObject) -> Void) async throws {
        var after = after
        var rest = limit ?? .max
        while rest > 0 {
            let page = try await client.events(task, after: after, limit: min(rest, Self.pageLimit))
            for event in page.items { body(event) }
            rest -= page.items.count
            let last = page.items.last?["seq"]?.intValue
            guard page.nextCursor != nil, let last, last > after ?? -1 else { return }
            after = last
        }
    }
}
