import ArgumentParser
import YggClient
import YggCore

/// `ygg tracker status`.
struct TrackerStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what became of the issues: taken, waiting, left alone.",
        discussion: """
            EXAMPLES
              ygg tracker status
              ygg tracker status --json | jq '.items[].unmapped'
            """
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().tracker()
        if items.isEmpty {
            throw CommandFailure(
                "This coordinator has no tracker.",
                next: "Name a workspace under tracker.workspaces in yggdrasil.yaml, and start the coordinator again."
            )
        }
        switch output.format {
        case .table:
            let style = Terminal.output.style
            Console.out(items.map { TrackerText.status($0, style: style) }.joined(separator: "\n"))
        case .json, .jsonl: Results(output).list(items) { Table([], rows: []) }
        }
    }
}

/// Workspaces for people.
enum TrackerText {
    static func status(_ item: JSONObject, style: Style) -> String {
        let count = { (key: String) in item[key]?.intValue ?? 0 }
        var details = Details()
        details.add("workspace", item["workspace"]?.stringValue, .bold)
        details.add("tracker", item["version"]?.stringValue)
        details.add("as", item["actor"]?.stringValue)
        details.add("looked", item["polledAt"]?.stringValue ?? "not yet")
        details.add("problem", item["problem"]?.stringValue ?? item["objection"]?.stringValue, .red)
        for note in item["notes"]?.arrayValue ?? [] { details.add("note", note.stringValue, .yellow) }
        details.add(
            "ready",
            "\(count("ready")): \(count("waitingCount")) to be taken, \(count("unmapped")) for people, "
                + "\(count("leftAlone")) left alone"
        )
        var text = details.rendered(style: style)
        let leases = (item["leases"]?.arrayValue ?? []).compactMap(\.objectValue)
        let waiting = (item["waiting"]?.arrayValue ?? []).compactMap(\.objectValue)
        let ended = (item["ended"]?.arrayValue ?? []).compactMap(\.objectValue)
        guard !(leases + waiting + ended).isEmpty else { return text }
        let word = { (object: JSONObject, key: String) in object[key]?.stringValue ?? "" }
        let rows =
            leases.map { lease -> [Table.Cell] in
                let state = lease["state"]?.stringValue ?? word(lease, "step")
                return [
                    .init(word(lease, "issue")), .init(state), .init(word(lease, "kind")), .init(word(lease, "task")),
                    .init(word(lease, "title")),
                ]
            }
            + waiting.map { issue in
                let reason = issue["reason"]?.stringValue.map { " (\($0))" } ?? ""
                return [
                    .init(word(issue, "issue")), .init("waits\(reason)"), .init(word(issue, "kind")), .init(""),
                    .init(word(issue, "title")),
                ]
            }
            + ended.map { lease in
                [
                    .init(word(lease, "issue")), .init(word(lease, "step"), .dim), .init(word(lease, "kind")),
                    .init(word(lease, "task")), .init(word(lease, "title")),
                ]
            }
        let table = Table(
            [
                .init("ISSUE"), .init("STATE", isFlexible: true), .init("KIND"), .init("TASK"),
                .init("TITLE", isFlexible: true),
            ],
            rows: rows
        )
        text += table.rendered(width: Terminal.output.width, style: style)
        return text
    }

    /// What a look found, and what each of it would become.
    static func sights(_ items: [JSONObject]) -> Table {
        let rows = items.flatMap { item in
            (item["issues"]?.arrayValue ?? []).compactMap(\.objectValue).map { issue -> [Table.Cell] in
                let problem = issue["problem"]?.stringValue
                let kind = issue["kind"]?.stringValue
                return [
                    .init(issue["issue"]?.stringValue ?? ""),
                    .init(kind ?? "–", kind == nil ? .dim : nil),
                    .init(
                        problem ?? issue["because"]?.stringValue ?? "no rule names it",
                        problem == nil ? nil : .yellow
                    ),
                    .init(issue["title"]?.stringValue ?? ""),
                ]
            }
        }
        return Table(
            [
                .init("ISSUE"), .init("BECOMES"), .init("BECAUSE OF", isFlexible: true),
                .init("TITLE", isFlexible: true),
            ],
            rows: rows
        )
    }
}
