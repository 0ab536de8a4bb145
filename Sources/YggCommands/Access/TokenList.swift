import ArgumentParser
import YggClient
import YggCore

/// `ygg token list`.
struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tokens: whose they are, what they may, and when they were last used.",
        discussion: """
            EXAMPLES
              ygg token list
              ygg token list -o jsonl | jq -r 'select(.state == "valid") | .name'
            """,
        aliases: ["ls"]
    )

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let tokens = try await connection.client().tokens()
        Results(output).list(tokens) { TokenTable.make(tokens) }
        if tokens.isEmpty { Results(output).hint("No tokens. Make one with: ygg token create NAME --role ROLE") }
    }
}

/// Tokens below each other.
enum TokenTable {
    static func make(_ tokens: [JSONObject]) -> Table {
        let rows = tokens.map { token -> [Table.Cell] in
            let text = { (key: String) in Table.Cell(token[key]?.stringValue ?? "") }
            let time = { (key: String) in Table.Cell(String((token[key]?.stringValue ?? "").prefix(16))) }
            let state = token["joined"] == true ? "joined" : token["state"]?.stringValue ?? ""
            return [
                text("id"), text("name"), text("role"), .init(state, state == "valid" ? .green : nil),
                time("expiresAt"), time("lastUsedAt"), time("createdAt"), text("createdBy"),
            ]
        }
        return Table(
            [
                .init("ID"), .init("NAME"), .init("ROLE"), .init("STATE"), .init("EXPIRES"), .init("LAST USED"),
                .init("CREATED", isOptional: true), .init("BY", isOptional: true),
            ],
            rows: rows
        )
    }
}
