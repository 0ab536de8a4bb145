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
        let settings = try ResolvedSettings.here(
            role: .client,
            flags: coordinator.map { [.coordinatorURL: $0] } ?? [:]
        )
        return CoordinatorClient(address: settings.coordinatorURL, token: settings.token)
    }
}
