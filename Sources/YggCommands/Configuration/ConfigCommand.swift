import ArgumentParser
import YggConfiguration
import YggCore

/// `ygg config`: the configuration of this machine.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check the configuration, show what counts and where it comes from, or have it read anew.",
        subcommands: [ConfigCheck.self, ConfigShow.self, ConfigReload.self]
    )
}

/// Which configuration, and in whose eyes.
struct ConfigOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file. Default: YGG_CONFIG, else the first of ./yggdrasil.yaml, "
                + "$XDG_CONFIG_HOME/yggdrasil/yggdrasil.yaml and /etc/yggdrasil/yggdrasil.yaml.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(help: "Whose settings: up, coordinator, executor or client.")
    var role: Role = .up

    func resolve() throws -> ResolvedSettings { try ResolvedSettings.here(role: role, config: config) }
}

extension Role: ExpressibleByArgument {}
