import ArgumentParser
import YggClient
import YggCore

/// `ygg token revoke`.
struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a token at once.",
        discussion: """
            An executor whose key is revoked ends its work and says so. What it ran moves on as if the executor were lost.

            EXAMPLES
              ygg token revoke tok-3f9kq2c81m
              ygg token revoke freya          (one token of a person; all that an executor has)
            """
    )

    @Argument(help: "The token's id, or its name.")
    var token: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let revoked = try await connection.client().revokeToken(token)
        Results(output).one(revoked) { _ in
            let ids = (revoked["revoked"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
            return "Revoked of \(revoked["name"]?.stringValue ?? ""): \(ids)\n"
        }
    }
}
