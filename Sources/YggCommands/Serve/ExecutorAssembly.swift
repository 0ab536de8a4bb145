import Logging
import YggAgent
import YggConfiguration
import YggCore
import YggExecutor
import YggTelemetry

/// Puts an executor together: handlers, data directory, the link to its coordinator, HTTP.
struct ExecutorAssembly {
    let settings: ResolvedSettings
    let id: ExecutorID
    /// The address it serves.
    let host: String

    /// - Parameters:
    ///   - coordinator: whom it dials.
    ///   - port: in place of the configured one.
    ///   - mayMovePort: whether a port that is taken may be exchanged for a free one, because nobody asked for it.
    ///   - readerToken: what a coordinator in the same process shows.
    ///   - here: what it becomes a part of: reloads reach it, and signs of life are given while it answers.
    func service(
        coordinator: HTTPCoordinatorLink,
        log: ProcessLog,
        port: Int? = nil,
        mayMovePort: Bool = false,
        readerToken: String? = nil,
        clock: RuntimeClock = .host,
        here: Surroundings,
        readyWhen moment: ReadyNotice.Moment = .takesWork,
        onReady: @escaping @Sendable (String) async -> Void
    ) throws -> ExecutorService {
        var executor = try executorSettings(secrets: log.secrets)
        if let port { executor.port = port }
        executor.mayMovePort = mayMovePort
        executor.readerToken = readerToken
        executor.readLog = { [file = log.file] count in file.lines(last: count) }
        executor.reload = { try await here.reload.reload(by: .local) }
        let service = try ExecutorService(
            settings: executor,
            link: coordinator,
            clock: clock,
            logger: log.logger("ygg.executor"),
            readyWhen: moment,
            onReady: onReady
        )
        // Its models stay: whoever waits in line for one of them must not be passed by in another line.
        here.reload.set(.executor) { [id, host, models = executor.models, secrets = log.secrets] settings in
            let assembly = ExecutorAssembly(settings: settings, id: id, host: host)
            let wanted = try assembly.executorSettings(secrets: secrets, models: models)
            return { _, _ in service.executor.adopt(wanted) }
        }
        here.supervisor.check(.executor) { await service.executor.answers() }
        return service
    }

    /// Serves until the executor has ended. Signals ask it to.
    func run(_ service: ExecutorService, here: Surroundings, logger: Logger, portFlag: String) async throws {
        let signals = await StopSignals()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await serve(service, portFlag: portFlag) }
            tasks.addTask {
                await signals.watch(onReload: { await here.reload.reload(logger: logger) }) {
                    here.supervisor.stopping()
                    service.terminate()
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Serves until the executor has ended.
    /// - Parameter portFlag: what another port is chosen with.
    func serve(_ service: ExecutorService, portFlag: String) async throws {
        do {
            try await service.run()
        } catch {
            throw PortFailure.explain(
                error,
                host: host,
                port: settings.executorPort,
                flag: portFlag
            )
        }
    }

    /// - Parameters:
    ///   - secrets: what this process knows besides those of the file.
    ///   - isAlone: whether nobody else uses the data directory, so that what lies there of an earlier process may go.
    ///   - models: in place of those of the configuration as they are.
    ///   - data: in place of the configured directory.
    func executorSettings(
        secrets known: KnownSecrets,
        isAlone: Bool = true,
        models chosen: ModelDirectory? = nil,
        data directory: String? = nil
    ) throws -> ExecutorSettings {
        let data = directory ?? settings.dataDirectory + "/executor"
        try makeDirectories(data)
        try makeDirectories(settings.workspaceRoot)
        let models = try chosen ?? ModelDirectory(settings)
        let handlers = try settings.handlerRegistry(models)
        var executor = ExecutorSettings(
            id: id,
            handlers: handlers,
            workspaceRoot: settings.workspaceRoot,
            repositories: settings.repositories,
            dataDirectory: data,
            environment: try environment(data)
        )
        executor.models = models
        executor.slots = settings.slots
        executor.window = max(0, settings.window - settings.slots["default"])
        executor.labels = settings.labels
        executor.host = host
        executor.port = settings.executorPort
        executor.token = settings.token
        executor.needsToken = settings.authLoopback == .required
        executor.secrets = try Secrets(settings, known: known, owner: isAlone ? data : nil)
        executor.git = gitAccess()
        executor.drainTimeout = settings.drainTimeout
        executor.sessionsKeep = settings.sessionsKeep
        executor.diskFloor = settings.executorDiskFloor.bytes
        executor.measureDisks = { [paths = [data, settings.workspaceRoot]] in paths.compactMap(diskSpace) }
        return executor
    }

    /// Programs keep caches and drafts in a home, and some do not start without one. In a container there may be none.
    private func environment(_ data: String) throws -> [String: String] {
        var environment = ProcessContext.environment
        if let home = environment["HOME"], isDirectory(home) { return environment }
        let home = "\(data)/home"
        try makeDirectories(home)
        environment["HOME"] = home
        return environment
    }

    /// A token that is set for everybody's tools serves where the file names none.
    private func gitAccess() -> GitAccess {
        let section = settings.configuration.git
        var access = GitAccess()
        if let author = section.author { access.author = GitAuthor(name: author.name, email: author.email) }
        access.host = section.host
        let reference =
            section.credentials
            ?? (ProcessContext.environment["GITHUB_TOKEN"] == nil ? nil : .environment("GITHUB_TOKEN"))
        access.credentials = reference.map { reference in
            SecretSource(name: "git.credentials", waitsForDisk: reference.isFile) { () throws(SecretProblem) in
                do { return try reference.read() } catch {
                    throw SecretProblem(CommandFailure(describing: error).message)
                }
            }
        }
        return access
    }
}
