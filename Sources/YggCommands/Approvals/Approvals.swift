import ArgumentParser
import YggClient
import YggCore

/// `ygg approvals`.
struct Approvals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals",
        abstract: "What waits for a person, oldest first.",
        discussion: """
            EXAMPLES
              ygg approvals
              ygg approvals --json | jq -r '.items[].task'
            """
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().approvals()
        let results = Results(output)
        results.list(items) { ApprovalTable.make(items, now: ProcessContext.now()) }
        results.hint(
            items.isEmpty
                ? "Nothing waits for you."
                : "Look at one with: ygg task diff TASK; then ygg approve TASK, or ygg reject TASK"
        )
    }
}

/// Approvals below each other.
enum ApprovalTable {
    static func make(_ items: [JSONObject], now: Timestamp) -> Table {
        let rows = items.map { item -> [Table.Cell] in
            func time(_ key: String) -> Timestamp? { item[key]?.stringValue.flatMap(Timestamp.init(parsing:)) }
            return [
                .init(item["task"]?.stringValue ?? ""), .init(item["subject"]?.stringValue ?? "", .yellow),
                .init(SpanText.age(of: time("requestedAt"), now: now)),
                .init(SpanText.age(of: time("expiresAt"), now: now)),
                .init(String((item["digest"]?.stringValue ?? "").prefix(12))),
                .init(DisplayText.linesInOne(item["summary"]?.stringValue ?? "")),
            ]
        }
        return Table(
            [
                .init("TASK"), .init("ASKS"), .init("AGE", alignment: .right),
                .init("EXPIRES", alignment: .right, isOptional: true), .init("DIGEST", isOptional: true),
                .init("SUMMARY", isFlexible: true),
            ],
            rows: rows
        )
    }
}
