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
            EXAMPLES
              ygg health
              ygg health http://huginn:5002

            STATUS  0 pass or warn, 1 fail, 3 cannot be reached
            """
    )

    @Argument(help: ArgumentHelp("Which server. Default: the coordinator.", valueName: "url"))
    var url: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client =
            try url.map {
                try Connection(
                    ResolvedSettings.here(role: .client),
                    explicit: $0,
                    environment: ProcessContext.environment
                ).client
            }
            ?? connection.client()
        let health = try await client.health()
        Results(output).one(health) { HealthText.text(health, of: client.urls.joined(separator: ", "), style: $0) }
        if health["status"]?.stringValue == "fail" { throw ExitCode(ExitStatus.failed.rawValue) }
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
