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
        let layout = StoreLayout(directory: settings.dataDirectory)
        let database = try SQLiteDatabase(path: layout.database)
        if let copy = try StoreMigration.keepCopy(of: layout).copy {
            logger.notice("store.copied-before-migration", metadata: ["path": "\(copy)"])
        }
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
        let retention = Retention(coordinator: coordinator, upkeep: database, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                // Stopped from the last to the first: the coordinator answers the polls that the server waits for.
                services: [
                    .init(service: server.application), .init(service: coordinator), .init(service: retention),
                ],
                logger: quiet
            )
        )
        do {
            try await group.run()
        } catch {
            throw PortFailure.explain(
                error,
                host: settings.coordinatorHost,
                port: settings.coordinatorPort,
                flag: "--port"
            )
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
        var coordinator = CoordinatorSettings(
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
        coordinator.retention = RetentionRules(age: settings.retentionAge, size: settings.retentionSize.bytes)
        coordinator.diskFloor = settings.coordinatorDiskFloor.bytes
        coordinator.measureDisk = { [path = settings.dataDirectory] in diskSpace(of: path) }
        return coordinator
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
