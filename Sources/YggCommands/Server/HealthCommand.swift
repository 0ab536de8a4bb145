import ArgumentParser
import YggClient
import YggConfiguration
import YggCore

/// `ygg health`.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a coordinator, or any server of ours, how it is.",
        discussion: """
            What a container or a supervisor asks by itself: --role asks the server of this machine, at the address that it \
            would serve with the same variables and file. --live asks only whether it lives, which is what to start it anew \
            by: a paused executor is well.

            EXAMPLES
              ygg health
              ygg health http://huginn:5002
              ygg health --role executor --timeout 5s
              ygg health --role coordinator --live

            STATUS  0 pass or warn, 1 fail, 3 cannot be reached in time
            """
    )

    @Argument(help: ArgumentHelp("Which server. Default: the coordinator.", valueName: "url"))
    var url: String?

    @Option(help: "In place of an address: the coordinator or the executor of this machine.")
    var role: Role?

    @Flag(help: "Ask only whether it lives.")
    var live = false

    @Option(
        help: ArgumentHelp("How long it may take. Default: 10s.", valueName: "duration"),
        transform: DurationArgument.parse
    )
    var timeout: Milliseconds?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try await self.client()
        let (live, timeout) = (live, timeout ?? .seconds(10))
        let answer = try await TimeLimit(timeout).run { () -> JSONObject in
            guard live else { return try await client.health(timeout: timeout.duration) }
            let isAlive = try await client.isAlive(timeout: timeout.duration)
            return ["status": .string(isAlive ? "pass" : "fail")]
        }
        guard let health = answer else {
            throw CommandFailure(
                "\(client.urls.joined(separator: ", ")) did not answer within \(timeout.text).",
                status: .unreachable
            )
        }
        Results(output).one(health) { HealthText.text(health, of: client.urls.joined(separator: ", "), style: $0) }
        if health["status"]?.stringValue == "fail" { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func client() async throws -> CoordinatorClient {
        let own = try await OwnServer.url(role)
        guard let address = url ?? own else { return try connection.client() }
        return try Connection(
            ResolvedSettings.here(role: .client),
            explicit: address,
            environment: ProcessContext.environment
        ).client
    }
}

/// Health for people: the verdict, then each check with what it found.
enum HealthText {
    static func text(_ health: JSONObject, of url: String, style: Style) -> String {
        var details = Details()
        let status = health["status"]?.stringValue ?? ""
        details.add(url, status, emphasis(status))
        details.add("version", health["version"]?.stringValue)
        details.add("up for", health["uptimeMs"]?.intValue.map { SpanText.exact(Milliseconds($0)) })
        for (name, check) in checks(health) {
            let status = check["status"]?.stringValue ?? check.stringValue ?? ""
            let rest = (check.objectValue?.members ?? []).filter { $0.key != "status" && $0.key != "name" }
                .map { "\($0.key) \($0.value.stringValue ?? $0.value.text)" }
            details.add("  \(name)", ([status] + rest).joined(separator: "  "), emphasis(status))
        }
        return details.rendered(style: style)
    }

    /// An object by name, or a list of objects with names: servers that are not ours write either.
    private static func checks(_ health: JSONObject) -> [(name: String, check: JSON)] {
        if let object = health["checks"]?.objectValue { return object.members.map { ($0.key, $0.value) } }
        return (health["checks"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0) }
    }

    private static func emphasis(_ status: String) -> Style.Emphasis? {
        switch status {
        case "pass": .green
        case "warn": .yellow
        case "fail": .red
        default: nil
        }
    }
}
