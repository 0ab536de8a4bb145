import ArgumentParser
import YggClient
import YggConfiguration

/// Which coordinator a command talks to. No token is an option: a command line is read by everybody on the machine.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The coordinator. Default: YGG_COORDINATOR, else executor.coordinator of the configuration, "
                + "else that of ygg login, else one on this machine that asks for a token, else "
                + "\(CoordinatorClient.defaultURL).",
            valueName: "url"
        )
    )
    var coordinator: String?

    func client() throws -> CoordinatorClient { try resolve().client }

    func resolve() throws -> Connection {
        let settings = try ResolvedSettings.here(
            role: .client,
            flags: coordinator.map { [.coordinatorURL: $0] } ?? [:]
        )
        return try Connection(settings, environment: ProcessContext.environment)
    }
}
