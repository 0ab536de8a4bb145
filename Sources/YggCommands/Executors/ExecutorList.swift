import ArgumentParser
import YggClient
import YggCore

/// `ygg executor list`.
struct ExecutorList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the fleet's executors.",
        discussion: """
            EXAMPLES
              ygg executor list
              ygg executor list -o jsonl | jq -r 'select(.state == "lost") | .id'
            """,
        aliases: ["ls"]
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let executors = try await connection.client().executors()
        Results(output).list(executors) { ExecutorTable.make(executors) }
        if executors.isEmpty { Results(output).hint("No executors. Start one with: ygg executor --id NAME") }
    }
}

/// Executors below each other.
enum ExecutorTable {
    static func make(_ executors: [JSONObject]) -> Table {
        let rows = executors.map { executor -> [Table.Cell] in
            let state = executor["state"]?.stringValue ?? ""
            return [
                .init(executor["id"]?.stringValue ?? ""),
                .init(state, Style.emphasis(ofExecutor: ExecutorState(rawValue: state))),
                .init(ExecutorText.slots(executor)), .init(String(executor["tasks"]?.arrayValue?.count ?? 0)),
                .init(ExecutorText.lastSeen(executor)), .init(executor["version"]?.stringValue ?? ""),
                .init(ExecutorText.prefixes(executor)), .init(ExecutorText.joined(executor)),
                .init(ExecutorText.lifecycle(executor)),
            ]
        }
        var table = Table(
            [
                .init("ID"), .init("STATE"), .init("FREE SLOTS"), .init("TASKS", alignment: .right),
                .init("SEEN", alignment: .right, isOptional: true), .init("VERSION", isOptional: true),
                .init("HANDLERS", isFlexible: true), .init("JOINED", isOptional: true), .init("NOTE", isFlexible: true),
            ],
            rows: rows
        )
        // As a rule nobody has asked anything of anybody, and on one machine nobody needs to join.
        for column in [table.columns.count - 1, table.columns.count - 2]
        where table.rows.allSatisfy({ $0[column].text.isEmpty }) {
            table.columns.remove(at: column)
            for row in table.rows.indices { table.rows[row].remove(at: column) }
        }
        return table
    }
}

/// Members of an executor in words.
enum ExecutorText {
    /// Free of total: `3/4`, others with their names.
    static func slots(_ executor: JSONObject) -> String {
        (executor["slots"]?.objectValue?.members ?? []).map { member in
            let count = "\(member.value["free"]?.text ?? "?")/\(member.value["total"]?.text ?? "?")"
            return member.key == "default" ? count : "\(member.key) \(count)"
        }
        .joined(separator: ", ")
    }

    /// Why it is as it is, and what it is yet to be: `until 07:00 by freya@surtr: new disk`.
    static func lifecycle(_ executor: JSONObject) -> String {
        var words: [String] = []
        if let until = executor["until"]?.stringValue { words.append("until \(until)") }
        if let by = executor["by"]?.stringValue { words.append("by \(by)") }
        var text = words.joined(separator: " ")
        if let why = executor["why"]?.stringValue { text += text.isEmpty ? why : ": \(why)" }
        if let pending = pending(executor) { text += text.isEmpty ? pending : "; \(pending)" }
        return text
    }

    /// What it was asked and has not heard of.
    static func pending(_ executor: JSONObject) -> String? {
        guard let pending = executor["pending"], let action = pending["action"]?.stringValue else { return nil }
        let by = pending["by"]?.stringValue.map { " by \($0)" } ?? ""
        return "asked to \(action)\(by)\(pending["note"]?.stringValue.map { ": \($0)" } ?? "")"
    }

    static func lastSeen(_ executor: JSONObject) -> String {
        guard let milliseconds = executor["lastSeenMs"]?.intValue else { return "never" }
        return milliseconds < 1000 ? "now" : SpanText.coarse(Milliseconds(milliseconds))
    }

    /// When it joined, and who had invited it: `2026-03-01 by freya`.
    static func joined(_ executor: JSONObject) -> String {
        guard let at = executor["joinedAt"]?.stringValue else { return "" }
        return "\(at.prefix(10))\(executor["invitedBy"]?.stringValue.map { " by \($0)" } ?? "")"
    }

    static func kinds(_ executor: JSONObject) -> [String] {
        (executor["kinds"]?.arrayValue ?? []).compactMap { $0.stringValue ?? $0["kind"]?.stringValue }.sorted()
    }

    /// Each prefix with the number of its kinds: `git- (4)`.
    static func prefixes(_ executor: JSONObject) -> String {
        var counts: [(prefix: String, count: Int)] = []
        for kind in kinds(executor) {
            let prefix = TaskKind(trusted: kind).prefix
            if counts.last?.prefix == prefix {
                counts[counts.count - 1].count += 1
            } else {
                counts.append((prefix, 1))
            }
        }
        return counts.map { "\($0.prefix) (\($0.count))" }.joined(separator: ", ")
    }
}
