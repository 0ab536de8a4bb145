import ArgumentParser
import YggClient
import YggCore

/// `ygg audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did what, when, from where and with which token.",
        discussion: """
            The newest first. It is kept longer than the tasks it tells of: coordinator.retention.audit.

            EXAMPLES
              ygg audit --since 24h
              ygg audit --by freya --json
              ygg audit --task 01J9ZK
            """
    )

    @Option(help: ArgumentHelp("Not what is older: a time, or how long ago.", valueName: "24h"))
    var since: String?

    @Option(help: ArgumentHelp("Only what they did.", valueName: "name"))
    var by: String?

    @Option(help: ArgumentHelp("Only what was done to this task.", valueName: "id"))
    var task: String?

    @Option(help: ArgumentHelp("Only what was done to this executor.", valueName: "id"))
    var executor: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit = 50

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let task { try TaskArgument.check(task) }
        if let executor, ExecutorID(executor) == nil { throw ValidationError("\"\(executor)\" is not an executor id") }
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
        _ = try filter(now: ProcessContext.now())
    }

    /// - Parameter now: what `--since` counts from.
    func filter(now: Timestamp) throws -> AuditFilter {
        var filter = AuditFilter(
            by: by,
            task: task.map { TaskID(trusted: $0) },
            executor: executor.map { ExecutorID(trusted: $0) }
        )
        guard let since else { return filter }
        if let time = Timestamp(parsing: since) {
            filter.since = time
        } else if let ago = Milliseconds(parsing: since) {
            filter.since = Timestamp(milliseconds: now.milliseconds - ago.rawValue)
        } else {
            throw ValidationError("--since must be a time such as 2026-03-01T12:00:00Z, or how long ago such as 24h")
        }
        return filter
    }

    func run() async throws {
        let client = try connection.client()
        let filter = try filter(now: ProcessContext.now())
        var items: [JSONObject] = []
        var cursor: String?
        repeat {
            let page = try await client.audit(filter, limit: min(200, limit - items.count), cursor: cursor)
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil && items.count < limit
        Results(output).list(items, nextCursor: cursor) { AuditTable.make(items) }
    }
}

/// The audit's entries below each other.
enum AuditTable {
    static func make(_ items: [JSONObject]) -> Table {
        let rows = items.map { item -> [Table.Cell] in
            let text = { (key: String) in Table.Cell(item[key]?.stringValue ?? "") }
            let object = item["task"]?.stringValue ?? item["executor"]?.stringValue ?? ""
            return [
                .init(String((item["at"]?.stringValue ?? "").prefix(19))), text("by"), text("action"), .init(object),
                text("detail"), text("from"), text("tokenId"),
            ]
        }
        return Table(
            [
                .init("AT"), .init("BY"), .init("ACTION"), .init("ON"), .init("DETAIL", isFlexible: true),
                .init("FROM", isOptional: true), .init("TOKEN", isOptional: true),
            ],
            rows: rows
        )
    }
}
