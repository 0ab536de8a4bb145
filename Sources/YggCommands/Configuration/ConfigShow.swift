import ArgumentParser
import YggAgent
import YggConfiguration
import YggCore

/// `ygg config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting with the value that counts and where it comes from.",
        discussion: """
            A flag counts before a variable, a variable before the file, the file before the default. Secrets are \
            never printed. Of an executor it also lists what a model may run in a repository (run_command).

            EXAMPLES
              ygg config show
              YGG_PORT=6000 ygg config show --role coordinator
            """
    )

    /// What counts without being a setting: the kinds of work on code that are built in, and the commands that a model may
    /// run in it.
    private static var builtIn: [(name: String, value: String, origin: Origin)] {
        let kinds = CodeKind.standard.map(\.kind.rawValue).joined(separator: ", ")
        let commands = CommandRules.standard.rules.map { ("run_command \($0.names)", $0.allowance) }
        return ([("codeKinds, built in", kinds)] + commands).map { ($0.0, $0.1, .fallback) }
    }

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try options.resolve()
        let isExecutor = settings.role == .up || settings.role == .executor
        let entries = settings.entries.map { ($0.name, $0.value, $0.origin) } + (isExecutor ? Self.builtIn : [])
        let items = entries.map { name, value, origin -> JSONObject in
            ["name": .string(name), "value": .string(value), "origin": .string(origin.description)]
        }
        Results(output).list(items) {
            Table(
                [.init("SETTING"), .init("VALUE", isFlexible: true), .init("FROM")],
                rows: entries.map { name, value, origin in
                    [.init(name), .init(value), .init(origin.description, origin == .fallback ? .dim : nil)]
                }
            )
        }
    }
}
