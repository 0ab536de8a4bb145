import ArgumentParser
import YggClient
import YggCore
import YggProtocol

/// `ygg token create`.
struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token. It is shown once and kept nowhere.",
        discussion: """
            The token alone is written to standard output, so that a script can take it; what there is to say about it goes
            to standard error. Several tokens of one name may be valid at once: that is how one is replaced by another.

            EXAMPLES
              ygg token create freya --role operator
              ygg token create ci --role submitter --expires 30d > ci.token
              ygg token create huginn --role join        (invites a machine; huginn is the executor's id)
            """
    )

    @Argument(help: "The person's name, or the executor's id.")
    var name: String

    @Option(help: "viewer, submitter, operator, executor or join.")
    var role: AccessRole

    @Option(
        help: ArgumentHelp("How long it is good for. Default: 1h for join, else for ever.", valueName: "90d"),
        transform: DurationArgument.parse
    )
    var expires: Milliseconds?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let connection = try connection.resolve()
        let created = try await connection.client.createToken(TokenRequest(name: name, role: role, expiresIn: expires))
        Results(output).one(created) { _ in (created["token"]?.stringValue ?? "") + "\n" }
        guard output.format == .table else { return }
        for line in remarks(on: created, of: connection) { Console.error(line + "\n") }
    }

    private func remarks(on created: JSONObject, of connection: Connection) -> [String] {
        let end = created["expiresAt"]?.stringValue.map { ", until \($0)" } ?? ""
        var lines = ["\(created["id"]?.stringValue ?? "") for \(name), \(role.rawValue)\(end). It is not shown again."]
        var note = created["note"]?.stringValue
        if role == .join {
            let address = InvitationAddress(
                publicURL: created["coordinator"]?.stringValue,
                asked: connection.url,
                served: connection.served
            )
            lines.append("On the machine that is to be \(name):")
            let token = created["token"]?.stringValue ?? ""
            lines.append("  ygg executor join --coordinator \(address.url) --token \(token)")
            note = note ?? address.note
        }
        if let note { lines.append("note: \(note)") }
        return lines
    }
}

extension AccessRole: ExpressibleByArgument {}
