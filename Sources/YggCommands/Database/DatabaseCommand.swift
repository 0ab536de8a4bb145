import ArgumentParser
import YggConfiguration
import YggCoordinator

/// `ygg db`: the upkeep of a coordinator's store, on the machine where it lies.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Back up, restore, check or migrate a coordinator's store.",
        discussion: """
            These commands work on the data directory itself, not through a coordinator.

            EXAMPLES
              ygg db backup /mnt/backups/
              ygg db check
              ygg db restore /mnt/backups/yggdrasil-20260301T030000
            """,
        subcommands: [DatabaseBackup.self, DatabaseRestore.self, DatabaseCheck.self, DatabaseMigrate.self]
    )
}

/// Where the store lies.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The coordinator's data directory.", valueName: "dir"))
    var dataDir: String?

    /// The store of the data directory that a coordinator started the same way would use.
    func layout() throws -> StoreLayout {
        var flags: [SettingKey: String] = [:]
        flags[.config] = config
        flags[.dataDirectory] = dataDir
        let environment = ProcessContext.environment
        let directory = ProcessContext.workingDirectory
        let path = try ConfigurationFile.locate(
            explicit: config,
            environment: environment,
            currentDirectory: directory
        )
        let settings = try ResolvedSettings.resolve(
            role: .coordinator,
            flags: flags,
            environment: environment,
            file: try path.map(ConfigurationFile.load),
            currentDirectory: directory
        )
        return StoreLayout(directory: settings.dataDirectory)
    }
}
