import ArgumentParser
import Logging
import YggConfiguration
import YggTelemetry

/// What every serving command can be told.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where everything durable lives.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("The address to serve, or an interface such as tailscale0.", valueName: "host"))
    var host: String?

    @Option(help: ArgumentHelp("Where log files are kept.", valueName: "dir"))
    var logDir: String?

    @Option(help: "The least important messages that are logged: debug, info, notice, warning, error.")
    var logLevel: String?

    /// Everything that counts for a role.
    /// - Parameter flags: of the command itself.
    func resolve(role: Role, flags: [SettingKey: String?]) throws -> ResolvedSettings {
        try source(role: role, flags: flags)()
    }

    /// Reads everything that counts for a role, as often as it is called: flags and variables stay what they were.
    func source(role: Role, flags own: [SettingKey: String?]) -> @Sendable () throws -> ResolvedSettings {
        var flags: [SettingKey: String] = own.compactMapValues { $0 }
        flags[.dataDirectory] = dataDir
        flags[role == .executor ? .executorHost : .coordinatorHost] = host
        flags[.logDirectory] = logDir
        flags[.logLevel] = logLevel
        return { [flags, config] in try ResolvedSettings.here(role: role, config: config, flags: flags) }
    }
}

/// The log of one process: lines on standard output, and in a file of its own.
struct ProcessLog {
    let file: LogFile
    let level: Logger.Level
    /// What is in none of its lines.
    let secrets: KnownSecrets

    /// - Parameter name: of the file, without its ending.
    init(settings: ResolvedSettings, name: String) throws {
        try makeDirectories(settings.logDirectory)
        file = try LogFile(path: "\(settings.logDirectory)/\(name).log")
        level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        secrets = .ofProcess(settings)
    }

    func logger(_ label: String) -> Logger {
        let destinations: [LogDestination] = [
            .stream(.standardOutput, environment: ProcessContext.environment), .file(file),
        ]
        var logger = Logger(label: label) { label in
            JSONLineHandler(label: label, destinations: destinations, secrets: secrets)
        }
        logger.logLevel = level
        return logger
    }
}
