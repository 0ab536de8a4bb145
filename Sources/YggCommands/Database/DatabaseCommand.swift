import ArgumentParser
import YggConfiguration
import YggCoordinator

/// `ygg db`: the upkeep of a coordinator's store, on the machine where it lies.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Copy, restore, check or migrate a coordinator's store.",
        discussion: """
            These commands work on the data directory itself, not through a coordinator. A backup of everything, artifacts, \
            keys and configuration too, is what `ygg backup` makes.

            EXAMPLES
              ygg db check
              ygg db backup ygg-before-the-move.sqlite
              ygg db restore ygg-before-the-move.sqlite
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
    func layout() throws -> StoreLayout { StoreLayout(directory: try settings().dataDirectory) }

    func settings() throws -> ResolvedSettings {
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
        return try ResolvedSettings.resolve(
            role: .coordinator,
            flags: flags,
            environment: environment,
            file: try path.map(ConfigurationFile.load),
            currentDirectory: directory
        )
    }
}
