import ArgumentParser
import YggConfiguration
import YggCore

/// `ygg config`: the configuration of this machine.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check the configuration, or show what counts and where it comes from.",
        subcommands: [ConfigCheck.self, ConfigShow.self]
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

    func resolve() throws -> ResolvedSettings {
        let environment = ProcessContext.environment
        let directory = ProcessContext.workingDirectory
        let path = try ConfigurationFile.locate(
            explicit: config,
            environment: environment,
            currentDirectory: directory
        )
        return try ResolvedSettings.resolve(
            role: role,
            flags: config.map { [.config: $0] } ?? [:],
            environment: environment,
            file: try path.map(ConfigurationFile.load),
            currentDirectory: directory
        )
    }
}

extension Role: ExpressibleByArgument {}
