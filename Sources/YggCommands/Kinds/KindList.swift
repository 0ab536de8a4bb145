import ArgumentParser
import YggClient
import YggCore

/// `ygg kind list`.
struct KindList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the kinds of task.",
        discussion: """
            EXAMPLES
              ygg kind list
              ygg kind list --prefix git- --json
            """,
        aliases: ["ls"]
    )

    @Option(help: "Only kinds with this prefix, such as git-.")
    var prefix: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kinds = try await connection.client().kinds().filter { kind in
            prefix.map { (kind["kind"]?.stringValue ?? "").hasPrefix($0) } ?? true
        }
        Results(output).list(kinds) { KindTable.make(kinds) }
    }
}

/// Kinds below each other.
enum KindTable {
    static func make(_ kinds: [JSONObject]) -> Table {
        let rows = kinds.map { kind -> [Table.Cell] in
            let offeredBy = (kind["offeredBy"]?.arrayValue ?? []).compactMap(\.stringValue)
            return [
                .init(kind["kind"]?.stringValue ?? ""), .init(parameters(kind)),
                offeredBy.isEmpty ? .init("nobody", .yellow) : .init(offeredBy.joined(separator: ", ")),
                .init(kind["description"]?.stringValue ?? ""),
            ]
        }
        return Table(
            [
                .init("KIND"), .init("PARAMETERS", isFlexible: true), .init("OFFERED BY", isFlexible: true),
                .init("DESCRIPTION", isFlexible: true),
            ],
            rows: rows
        )
    }

    /// Names; those that may be left out in brackets.
    private static func parameters(_ kind: JSONObject) -> String {
        (kind["params"]?.objectValue?.members ?? []).map { member in
            KindDetails.isRequired(member.value) ? member.key : "[\(member.key)]"
        }
        .joined(separator: " ")
    }
}
