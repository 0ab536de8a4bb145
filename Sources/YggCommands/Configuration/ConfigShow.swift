import ArgumentParser
import YggConfiguration
import YggCore

/// `ygg config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting with the value that counts and where it comes from; or the machines of a fleet.",
        discussion: """
            A flag counts before a variable, a variable before the file, the file before the default. Secrets are \
            never printed.

            With --file it prints an inventory instead: every machine, and with --json all that a deployment needs, the \
            machine's whole yggdrasil.yaml among it.

            EXAMPLES
              ygg config show
              YGG_PORT=6000 ygg config show --role coordinator
              ygg config show --file fleet.yaml --json | jq '.machines[] | select(.name == "huginn") | .yggdrasil'
            """
    )

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
