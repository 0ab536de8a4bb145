import ArgumentParser
import YggClient
import YggCore

/// `ygg task events`.
struct TaskEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List the entries of a task's log.",
        discussion: """
            EXAMPLES
              ygg task events 01k9s2… --limit 20
              ygg task events 01k9s2… -o jsonl | jq 'select(.type == "state")'
            """
    )

    @OptionGroup var task: TaskArgument

    @Option(help: ArgumentHelp("Begin after the event with this number.", valueName: "n"))
    var after: Int64?

    @Option(help: "How many at most. Default: all.")
    var limit: Int?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let pages = EventPages(client: try connection.client(), task: task.id)
        if output.format == .jsonl {
            return try await pages.read(after: after, limit: limit) { Console.out(JSON.object($0).text + "\n") }
        }
        var events: [JSONObject] = []
        try await pages.read(after: after, limit: limit) { events.append($0) }
        Results(output).list(events) { EventTable.make(events) }
    }
}

/// Events below each other.
enum EventTable {
    static func make(_ events: [JSONObject]) -> Table {
        let rows = events.map { event -> [Table.Cell] in
            let type = event["type"]?.stringValue ?? ""
            let data = event["data"]?.objectValue ?? JSONObject()
            let state = type == EventType.state.rawValue ? data["state"]?.stringValue : nil
            return [
                .init(event["seq"]?.text ?? ""), .init(event["at"]?.stringValue ?? "", .dim), .init(type),
                .init(
                    EventSummary.line(type, data) ?? state ?? "",
                    Style.emphasis(of: state.flatMap(TaskState.init(rawValue:)))
                ),
            ]
        }
        return Table(
            [.init("SEQ", alignment: .right), .init("AT"), .init("TYPE"), .init("WHAT", isFlexible: true)],
            rows: rows
        )
    }
}
