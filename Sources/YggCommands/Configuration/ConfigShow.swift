import ArgumentParser
import YggConfiguration
import YggCore

/// `ygg config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting with the value that counts and where it comes from.",
        discussion: """
            A flag counts before a variable, a variable before the file, the file before the default. Secrets are \
            never printed.

            EXAMPLES
              ygg config show
              YGG_PORT=6000 ygg config show --role coordinator
            """
    )

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let entries = try options.resolve().entries
        let items = entries.map { entry -> JSONObject in
            ["name": .string(entry.name), "value": .string(entry.value), "origin": .string(entry.origin.description)]
        }
        Results(output).list(items) {
            Table(
                [.init("SETTING"), .init("VALUE", isFlexible: true), .init("FROM")],
                rows: entries.map { entry in
                    [
                        .init(entry.name), .init(entry.value),
                        .init(entry.origin.description, entry.origin == .fallback ? .dim : nil),
                    ]
                }
            )
        }
    }
}
