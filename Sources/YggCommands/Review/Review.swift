import ArgumentParser
import YggClient
import YggCore

/// `ygg review`.
struct Review: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Go through what waits for you, one after the other: approve, send back, reject, later.",
        discussion: """
            What others wait for comes first, then the oldest. What is approved lands while you look at the next; at the \
            end the landings are waited for.

            Keys: a approve, s send back with a note, r reject, l later, d more of the diff, q quit, ? help. Where \
            standard input is no terminal, each line is a key; `s NOTE` has its note behind it, and after `s` alone the \
            whole next line is the note. With an empty note nothing is sent back, and the same task asks for its key again.

            STATUS  0 nothing needs you, 5 something still waits for you, 1 a landing failed

            EXAMPLES
              ygg review
              printf 'a\\ns Keep the old name.\\nq\\n' | ygg review
              ygg review --json | jq -r '.items[].task'
            """
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let items = try await Self.items(client)
        let results = Results(output)
        guard output.format == .table else { return results.list(items.map(\.json)) { Table([], rows: []) } }
        guard !items.isEmpty else { return try await sayWhatRuns(client) }
        let keys = KeyReader(farewell: "What was approved goes on landing. Come back with: ygg review\n")
        defer { keys.end() }
        var desk = ReviewDesk(client: client, keys: keys)
        let tally = try await desk.review(items)
        Console.out("\n" + tally.line + "\n")
        if tally.status != .succeeded { throw ExitCode(tally.status.rawValue) }
    }

    private static func items(_ client: CoordinatorClient) async throws -> [ReviewItem] {
        let approvals = try await client.approvals()
        guard !approvals.isEmpty else { return [] }
        let blocked = try await client.allTasks(TaskFilter(states: [.blocked]))
        var items: [ReviewItem] = []
        for approval in approvals {
            guard let id = approval["task"]?.stringValue else { continue }
            items.append(ReviewItem(approval, task: try await client.task(id), unfinished: blocked))
        }
        return items.inOrder
    }

    private func sayWhatRuns(_ client: CoordinatorClient) async throws {
        let tasks = try await client.allTasks(TaskFilter(states: [.running, .queued, .scheduled, .blocked]))
        guard !tasks.isEmpty else { return Console.out("Nothing waits for you, and nothing runs.\n") }
        Console.out("Nothing waits for you. Under way:\n")
        let terminal = Terminal.output
        let table = TaskTable.make(tasks.map(\.json), now: ProcessContext.now())
        Console.out(table.rendered(width: terminal.width, style: terminal.style))
    }
}

extension CoordinatorClient {
    /// All tasks that a filter lets through, the newest first.
    func allTasks(_ filter: TaskFilter) async throws -> [TaskView] {
        var tasks: [TaskView] = []
        var cursor: String?
        repeat {
            let page = try await self.tasks(filter, limit: 200, cursor: cursor)
            tasks += page.items.map(TaskView.init)
            cursor = page.nextCursor
        } while cursor != nil
        return tasks
    }
}
