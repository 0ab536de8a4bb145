import ArgumentParser
import YggClient
import YggCore

/// `ygg task list`.
struct TaskList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tasks, the newest first.",
        discussion: """
            EXAMPLES
              ygg task list --state queued,running
              ygg task list --prefix git- --limit 10
              ygg task list --all -o jsonl | jq -r .id
            """,
        aliases: ["ls"]
    )

    /// The most one answer carries.
    private static let pageLimit = 200

    @Option(help: "Only these states. Repeatable, or separated by commas.")
    var state: [String] = []

    @Option(help: "Only kinds with this prefix, such as git-.")
    var prefix: String?

    @Option(help: "Only tasks with this label.")
    var label: String?

    @Option(help: "Only tasks of this executor.")
    var executor: String?

    @Option(help: "How many.")
    var limit = 50

    @Flag(help: "All there are.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
        _ = try states()
    }

    private func states() throws -> [TaskState] {
        try state.flatMap { $0.split(separator: ",") }.map { word in
            guard let state = TaskState(rawValue: String(word)) else {
                let allowed = TaskState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\"\(word)\" is not a state: \(allowed)")
            }
            return state
        }
    }

    func run() async throws {
        let client = try connection.client()
        let filter = TaskFilter(states: try states(), prefix: prefix, label: label, executor: executor)
        var items: [JSONObject] = []
        var cursor: String?
        repeat {
            let room = all ? Self.pageLimit : min(Self.pageLimit, limit - items.count)
            let page = try await client.tasks(filter, limit: room, cursor: cursor)
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil && (all || items.count < limit)
        Results(output).list(items, nextCursor: cursor) { TaskTable.make(items, now: ProcessContext.now()) }
        if items.isEmpty { Results(output).hint("No tasks. Submit one with: ygg task submit KIND") }
        if cursor != nil { Results(output).hint("There are more: --limit N or --all.") }
    }
}

/// Tasks below each other.
enum TaskTable {
    static func make(_ items: [JSONObject], now: Timestamp) -> Table {
        let columns: [Table.Column] = [
            .init("ID"), .init("STATE"), .init("KIND"), .init("EXECUTOR", isOptional: true),
            .init("AGE", alignment: .right, isOptional: true), .init("TOOK", alignment: .right, isOptional: true),
            .init("TITLE", isFlexible: true),
        ]
        let rows = items.map { item -> [Table.Cell] in
            let task = TaskView(item)
            let isDeclined = item["problem"] != nil
            return [
                .init(task.id),
                .init(
                    isDeclined ? "\(task.stateText), declined" : task.stateText,
                    isDeclined ? .yellow : Style.emphasis(of: task.state)
                ),
                .init(task.kind),
                .init(task.executor ?? ""), .init(SpanText.age(of: task.createdAt, now: now)),
                .init(took(task, now: now)), .init(task.title),
            ]
        }
        return Table(columns, rows: rows)
    }

    /// How long it took, or has taken so far.
    private static func took(_ task: TaskView, now: Timestamp) -> String {
        guard let started = task.startedAt else { return "" }
        if let finished = task.finishedAt { return SpanText.exact(finished - started) }
        return task.state == .running ? SpanText.coarse(now - started) : ""
    }
}
