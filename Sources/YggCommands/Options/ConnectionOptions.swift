import ArgumentParser
import YggClient
import YggConfiguration

/// Which coordinator a command talks to. The token comes from `YGG_TOKEN` alone: a command line is read by everybody
/// on the machine.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The coordinator. Default: YGG_COORDINATOR, else executor.coordinator of the configuration, "
                + "else \(CoordinatorClient.defaultURL).",
            valueName: "url"
        )
    )
    var coordinator: String?

    func client() throws -> CoordinatorClient {
        let settings = try ClientSettings.resolve(coordinator: coordinator)
        return CoordinatorClient(address: settings.coordinatorURL, token: settings.token)
    }
}

/// The settings of every command that asks a coordinator: flag, then variable, then file, then default.
enum ClientSettings {
    static func resolve(coordinator: String?) throws -> ResolvedSettings {
        let environment = ProcessContext.environment
        let directory = ProcessContext.workingDirectory
        let path = try ConfigurationFile.locate(explicit: nil, environment: environment, currentDirectory: directory)
        return try ResolvedSettings.resolve(
            role: .client,
            flags: coordinator.map { [.coordinatorURL: $0] } ?? [:],
            environment: environment,
            file: try path.map(ConfigurationFile.load),
            currentDirectory: directory
        )
    }
}
