import FoundationEssentials
import Logging
import ServiceLifecycle
import YggConfiguration
import YggCoordinator
import YggCore
import YggHTTP
import YggServer
import YggStorage
import YggTelemetry

/// Puts a coordinator together: store, control plane, HTTP.
struct CoordinatorAssembly {
    let here: Surroundings
    let logger: Logger
    /// What is in nothing that it writes.
    let secrets: KnownSecrets

    private var settings: ResolvedSettings { here.settings }

    /// An executor that is a part of the same process.
    struct LocalExecutor {
        var id: ExecutorID
        /// What it shows.
        var key: String
        /// How it is read.
        var reader: LocalReader
    }

    /// Serves until the surrounding group is shut down.
    /// - Parameter onReady: called with the address once it is open.
    func run(localExecutor: LocalExecutor? = nil, onReady: @escaping @Sendable (String) async -> Void) async throws {
        let host = try await cancelWhenGracefulShutdown {
            try await ServedHost().resolve(settings.coordinatorHost, key: "coordinator.host") { sentence in
                logger.notice("coordinator.waiting", metadata: ["reason": "\(sentence)"])
            }
        }
        let isLoopback = RequestGuard.isLoopback(host)
        if let objection = RequestGuard.objection(toSharedToken: settings.token, onHost: host) {
            throw CommandFailure(objection, status: .usage)
        }
        let needsToken = !isLoopback || settings.authLoopback == .required
        try makeDirectories(settings.dataDirectory)
        try checkPlace()
        let layout = StoreLayout(directory: settings.dataDirectory)
        try layout.refuseUnfinishedRestore()
        let database = try SQLiteDatabase(path: layout.database)
        if let copy = try StoreMigration.keepCopy(of: layout).copy {
            logger.notice("store.copied-before-migration", metadata: ["path": "\(copy)"])
        }
        let coordinator = try await Coordinator.start(
            settings: try Self.coordinatorSettings(settings, localExecutor: localExecutor?.id, needsToken: needsToken),
            database: database,
            link: HTTPAgentLink(localReader: localExecutor?.reader, secrets: secrets),
            logger: logger
        )
        join(coordinator, localExecutor: localExecutor?.id, needsToken: needsToken)
        if let localExecutor { coordinator.access.admit(localExecutor.id, under: localExecutor.key) }
        if needsToken {
            try await AdminToken.ensure(for: coordinator, in: settings.dataDirectory, secrets: secrets, logger: logger)
        } else {
            logger.info("coordinator.loopback-only", metadata: ["hint": "\(CoordinatorServer.loopbackNote)"])
        }
        let notice = ServedNotice(in: settings.dataDirectory)
        defer { notice.remove() }
        let server = CoordinatorServer(
            coordinator: coordinator,
            settings: .init(
                host: host,
                port: settings.coordinatorPort,
                needsToken: needsToken,
                publicURL: settings.publicURL,
                names: publicNames(host),
                reload: { [here] author in try await here.reload.reload(by: author) }
            ),
            logger: quiet,
            onReady: { address in
                if needsToken { tell(notice, address) }
                await onReady(address)
            }
        )
        let retention = Retention(coordinator: coordinator, upkeep: database, logger: logger)
        let keeper = coordinator.settings.backup.map { backup in
            BackupKeeper(coordinator: coordinator, settings: backup, logger: logger)
        }
        let workspaces = settings.trackers(logger)
        let trackers = workspaces.isEmpty ? nil : TrackerService(workspaces, coordinator: coordinator, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                // Stopped from the last to the first: the coordinator answers the polls that the server waits for.
                services: [
                    .init(service: server.application), .init(service: coordinator), .init(service: retention),
                ] + (keeper.map { [.init(service: $0)] } ?? []) + (trackers.map { [.init(service: $0)] } ?? []),
                logger: quiet
            )
        )
        do {
            try await group.run()
        } catch {
            throw PortFailure.explain(
                error,
                host: host,
                port: settings.coordinatorPort,
                flag: "--port"
            )
        }
        await database.close()
    }

    /// Tells the commands on this machine where their token may be shown.
    private func tell(_ notice: ServedNotice, _ address: String) {
        guard let served = ServedCoordinator(address: address, publicURL: settings.publicURL) else { return }
        do {
            try notice.put(served)
        } catch {
            logger.warning("coordinator.address-not-told", metadata: ["reason": "\(error)"])
        }
    }

    /// A database is not opened where it would be lost.
    private func checkPlace() throws {
        let path = resolvedPath(settings.dataDirectory) ?? settings.dataDirectory
        let mounts = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
        let objection = DataPlace.objection(to: path, mounts: String(decoding: mounts, as: UTF8.self)) {
            FileManager.default.fileExists(atPath: $0)
        }
        guard let objection else { return }
        throw CommandFailure(
            objection,
            next: "Choose a folder on a disk of this machine: --data-dir or YGG_DATA_DIR.",
            status: .usage
        )
    }

    /// A part of what surrounds it: reloads reach it, and signs of life are given while it answers.
    private func join(_ coordinator: Coordinator, localExecutor: ExecutorID?, needsToken: Bool) {
        here.reload.set(.coordinator) { settings in
            let wanted = try Self.coordinatorSettings(settings, localExecutor: localExecutor, needsToken: needsToken)
            return { author, plan in try await coordinator.reload(wanted, by: author, changes: plan.summary) }
        }
        here.supervisor.check(.coordinator) { await coordinator.answers() }
    }

    private static func coordinatorSettings(
        _ settings: ResolvedSettings,
        localExecutor: ExecutorID?,
        needsToken: Bool
    ) throws -> CoordinatorSettings {
        var routes = settings.configuration.routes
        if let localExecutor { routes = routes.addingFallback(localExecutor) }
        var limits = CoordinatorSettings.Limits()
        limits.body = Int(settings.bodyLimit.bytes)
        limits.largeBody = Int(settings.largeBodyLimit.bytes)
        limits.artifact = Int(settings.artifactLimit.bytes)
        limits.batch = settings.batchLimit
        limits.headers = Int(settings.headerLimit.bytes)
        limits.events = settings.eventLimit
        limits.openTasks = settings.openTaskLimit
        var coordinator = CoordinatorSettings(
            routes: routes,
            resources: settings.configuration.resources,
            declaredKinds: settings.configuration.handlers.map(\.spec),
            leases: LeaseKeeper.Settings(ttl: settings.leaseTTL),
            forwarding: Forwarder.Settings(
                ttl: settings.servicesTTL,
                registrationGrace: settings.registrationGrace
            ),
            agents: try AgentDirectory(
                settings,
                needsToken: needsToken,
                environment: ProcessContext.environment
            ),
            dataDirectory: settings.dataDirectory,
            limits: limits
        )
        coordinator.tierRules = settings.configuration.tierRules
        coordinator.registryURL = settings.configuration.coordinator.registryURL
        coordinator.access.sharedToken = settings.token
        coordinator.access.requestsPerSecond = settings.requestLimit
        coordinator.access.auditAge = max(settings.retentionAudit, settings.retentionAge)
        coordinator.retention = RetentionRules(age: settings.retentionAge, size: settings.retentionSize.bytes)
        coordinator.backup = settings.backupDirectory.map { directory in
            BackupSettings(
                directory: directory,
                keep: settings.backupKeep,
                interval: settings.backupInterval,
                configuration: settings.configurationFile,
                host: ProcessContext.hostName
            )
        }
        coordinator.diskFloor = settings.coordinatorDiskFloor.bytes
        coordinator.measureDisk = { [path = settings.dataDirectory] in diskSpace(of: path) }
        return coordinator
    }

    /// Hosts by which a request may name this server.
    private func publicNames(_ host: String) -> [String] {
        let urlHost = settings.publicURL.flatMap { url -> String? in
            guard let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first else {
                return nil
            }
            return rest.split(separator: ":").first.map(String.init)
        }
        return [host, settings.coordinatorHost] + (urlHost.map { [$0] } ?? [])
    }

    /// The frameworks' own lines are about their insides.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

extension StoreLayout {
    /// What a killed restore has left is no store, and an empty one in its place would look like one. An executor that
    /// began there would be in the way of the restore that is to be run again.
    func refuseUnfinishedRestore() throws {
        guard HouseholdRestore.isUnfinished(in: self) else { return }
        throw CommandFailure(
            "A restore into \(directory) was not finished.",
            next: "Run it again: ygg restore BACKUP --data-dir \(directory)"
        )
    }
}
