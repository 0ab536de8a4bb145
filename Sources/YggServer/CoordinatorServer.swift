package import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
package import YggCoordinator
package import YggCore
import YggHTTP

/// The coordinator over HTTP.
package struct CoordinatorServer: Sendable {
    /// Reads the configuration of the process anew and says what that changed. Throws a `Problem` for one that cannot be
    /// used.
    package typealias Reload = @Sendable (Author) async throws -> JSONObject

    package struct Settings: Sendable {
        package var host: String
        /// 0 picks a free one.
        package var port: Int
        /// Whether a token is asked for on loopback as well.
        package var needsToken: Bool
        /// How it is reached from elsewhere, where somebody said so.
        package var publicURL: String?
        /// Further names under which requests may come.
        package var names: [String]
        /// nil where the configuration cannot be reloaded.
        package var reload: Reload?

        package init(
            host: String,
            port: Int,
            needsToken: Bool,
            publicURL: String? = nil,
            names: [String] = [],
            reload: Reload? = nil
        ) {
            self.host = host
            self.port = port
            self.needsToken = needsToken
            self.publicURL = publicURL
            self.names = names
            self.reload = reload
        }
    }

    let coordinator: Coordinator
    let settings: Settings
    let logger: Logger
    /// Called with the address once the port is open.
    let onReady: @Sendable (String) async -> Void

    package init(
        coordinator: Coordinator,
        settings: Settings,
        logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void
    ) {
        self.coordinator = coordinator
        self.settings = settings
        self.logger = logger
        self.onReady = onReady
    }

    /// What stands between a household of one machine and a second one.
    package static let loopbackNote = """
        This coordinator serves loopback alone, so a second machine cannot reach it. Set coordinator.host to an address \
        or interface of this machine that the other one reaches (tailscale0), and coordinator.publicUrl to the URL it \
        is to use (http://surtr:5080); then start the coordinator again.
        """

    /// Serves until it is told to shut down. `Coordinator.run` goes on beside it, as a service of its own.
    package var application: some ApplicationProtocol {
        var endpoints = Endpoints()
        TaskRoutes(coordinator: coordinator).add(to: &endpoints)
        ApprovalRoutes(coordinator: coordinator).add(to: &endpoints)
        EventRoutes(coordinator: coordinator).add(to: &endpoints)
        ExecutorRoutes(coordinator: coordinator).add(to: &endpoints)
        ServiceRoutes(coordinator: coordinator).add(to: &endpoints)
        CatalogueRoutes(coordinator: coordinator).add(to: &endpoints)
        TrackerRoutes(coordinator: coordinator).add(to: &endpoints)
        HealthRoutes(coordinator: coordinator).add(to: &endpoints)
        AccessRoutes(
            coordinator: coordinator,
            isLoopback: RequestGuard.isLoopback(settings.host),
            publicURL: settings.publicURL
        ).add(to: &endpoints)
        AuditRoutes(coordinator: coordinator).add(to: &endpoints)
        ConfigurationRoutes(reload: settings.reload).add(to: &endpoints)
        let guardian = RequestGuard(
            doorkeeper: coordinator.access,
            isLoopback: RequestGuard.isLoopback(settings.host),
            needsToken: settings.needsToken,
            names: settings.names,
            headerLimit: coordinator.settings.limits.headers,
            headerSetting: "coordinator.limits.headers"
        )
        let host = settings.host
        return Application(
            responder: endpoints.responder(guardedBy: guardian),
            server: .loopBoundHTTP1(configuration: .init(idleTimeout: .seconds(90))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: settings.port),
                serverName: nil,
                backlog: 1024
            ),
            onServerRunning: { [onReady] channel in
                let port = channel.localAddress?.port ?? 0
                await onReady("http://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host):\(port)")
            },
            logger: logger
        )
    }
}
