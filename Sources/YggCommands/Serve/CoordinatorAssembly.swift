import Logging
import ServiceLifecycle
import YggConfiguration
import YggCoordinator
import YggCore
import YggHTTP
import YggServer
import YggStorage

/// Puts a coordinator together: store, control plane, HTTP.
struct CoordinatorAssembly {
    let settings: ResolvedSettings
    let logger: Logger

    /// Serves until the surrounding group is shut down.
    /// - Parameter onReady: called with the address once it is open.
    func run(localExecutor: ExecutorID? = nil, onReady: @escaping @Sendable (String) async -> Void) async throws {
        if let objection = RequestGuard.objection(toHost: settings.coordinatorHost, token: settings.token) {
            throw CommandFailure(objection, status: .usage)
        }
        try makeDirectories(settings.dataDirectory)
        let database = try SQLiteDatabase(path: settings.dataDirectory + "/ygg.sqlite")
        let coordinator = try await Coordinator.start(
            settings: try coordinatorSettings(localExecutor: localExecutor),
            database: database,
            link: HTTPAgentLink(),
            logger: logger
        )
        let server = CoordinatorServer(
            coordinator: coordinator,
            settings: .init(
                host: settings.coordinatorHost,
                port: settings.coordinatorPort,
                token: settings.token,
                names: publicNames
            ),
            logger: quiet,
            onReady: onReady
        )
        let group = ServiceGroup(
            configuration: .init(
                // Stopped from the last to the first: the coordinator answers the polls that the server waits for.
                services: [.init(service: server.application), .init(service: coordinator)],
                logger: quiet
            )
        )
        do {
            try await group.run()
        } catch {
            throw PortFailure.explain(error, host: settings.coordinatorHost, port: settings.coordinatorPort)
        }
        await database.close()
    }

    private func coordinatorSettings(localExecutor: ExecutorID?) throws -> CoordinatorSettings {
        var routes = settings.configuration.routes
        if let localExecutor { routes = routes.addingFallback(localExecutor) }
        var limits = CoordinatorSettings.Limits()
        limits.body = Int(settings.bodyLimit.bytes)
        limits.largeBody = Int(settings.largeBodyLimit.bytes)
        limits.artifact = Int(settings.artifactLimit.bytes)
        return CoordinatorSettings(
            routes: routes,
            resources: settings.configuration.resources,
            declaredKinds: settings.configuration.handlers.map(\.spec),
            leases: LeaseKeeper.Settings(ttl: settings.leaseTTL),
            forwarding: Forwarder.Settings(
                ttl: settings.servicesTTL,
                registrationGrace: settings.registrationGrace
            ),
            agents: try AgentDirectory(settings, environment: ProcessContext.environment),
            dataDirectory: settings.dataDirectory,
            limits: limits
        )
    }

    /// Hosts by which a request may name this server.
    private var publicNames: [String] {
        let urlHost = settings.publicURL.flatMap { url -> String? in
            guard let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first else {
                return nil
            }
            return rest.split(separator: ":").first.map(String.init)
        }
        return [settings.coordinatorHost] + (urlHost.map { [$0] } ?? [])
    }

    /// The frameworks' own lines are about their insides.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

/// A port that is taken, in words that help.
enum PortFailure {
    static func explain(_ error: any Error, host: String, port: Int) -> any Error {
        guard "\(error)".contains("Address already in use") else { return error }
        let holder = PortHolder.describe(port: port).map { " by \($0)" } ?? ""
        return CommandFailure(
            "Port \(port) on \(host) is taken\(holder).",
            next: "Stop that one, or choose another with --port."
        )
    }
}
