import ArgumentParser
import YggAgent
import YggConfiguration
import YggCore

/// `ygg config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting with the value that counts and where it comes from; or the machines of a fleet.",
        discussion: """
            A flag counts before a variable, a variable before the file, the file before the default. Secrets are \
            never printed. Of an executor it also lists what a model may run in a repository (run_command).

            With --file it prints an inventory instead: every machine, and with --json all that a deployment needs, the \
            machine's whole yggdrasil.yaml among it.

            EXAMPLES
              ygg config show
              YGG_PORT=6000 ygg config show --role coordinator
              ygg config show --file fleet.yaml --json | jq '.machines[] | select(.name == "huginn") | .yggdrasil'
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

    @Option(
        help: ArgumentHelp("An inventory, fleet.yaml, in place of this machine's configuration.", valueName: "fleet")
    )
    var file: String?

    func run() async throws {
        if let file {
            showFleet(try FleetFile.load(file))
            return
        }
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

    private func showFleet(_ fleet: FleetFile) {
        Results(output).one(fleet.json) { style in
            let terminal = Terminal.output
            let coordinator = fleet.coordinator
            let machines = Table(
                [
                    .init("MACHINE"), .init("SSH"), .init("IMAGE"), .init("PORT", alignment: .right),
                    .init("HANDLERS", isFlexible: true),
                ],
                rows: fleet.machines.map { machine in
                    [
                        .init(machine.name.rawValue), .init(machine.ssh), .init(machine.image.rawValue),
                        .init(String(machine.port)), .init(machine.handlers.names.joined(separator: ",")),
                    ]
                }
            )
            return machines.rendered(width: terminal.width, style: style)
                + "coordinator \(coordinator.url) on \(coordinator.machine), images \(fleet.registry.name) \(fleet.tag), "
                + "\(fleet.canary) goes first\n"
        }
    }
}
