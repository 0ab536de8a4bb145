import FoundationEssentials
package import YggCore

/// Every setting with the value that counts for one process: what a role is started with, and what
/// `ygg config show` prints.
package struct ResolvedSettings: Sendable {
    /// A line of `ygg config show`.
    package struct Entry: Sendable, Hashable {
        package let name: String
        /// nil for a section of the file that is no single setting.
        package let key: SettingKey?
        /// The value as flags spell it; empty where there is none. Of a secret only whether it is set.
        package let value: String
        package let origin: Origin
    }

    private let file: LoadedConfiguration?
    package let role: Role
    /// What only the file can say: routes, executors, handlers, resources.
    package let configuration: Configuration
    package let entries: [Entry]

    package let dataDirectory: String
    package let logDirectory: String
    package let logLevel: LogLevel
    package let token: String?

    package let coordinatorHost: String
    package let coordinatorPort: Int
    package let publicURL: String?
    package let leaseTTL: Milliseconds
    package let registrationGrace: Milliseconds
    package let servicesTTL: Milliseconds
    package let managerToken: String?
    package let bodyLimit: ByteSize
    package let largeBodyLimit: ByteSize
    package let artifactLimit: ByteSize
    package let batchLimit: Int
    package let headerLimit: ByteSize
    package let eventLimit: Int
    package let openTaskLimit: Int
    package let requestLimit: Int
    package let retentionAge: Milliseconds
    package let retentionSize: ByteSize
    package let retentionAudit: Milliseconds
    package let authLoopback: LoopbackAccess
    package let coordinatorDiskFloor: ByteSize
    /// nil where the coordinator makes no backups by itself.
    package let backupDirectory: String?
    package let backupKeep: Int
    package let backupInterval: Milliseconds
    package let trackerCommand: String
    package let trackerInterval: Milliseconds
    package let trackerTimeout: Milliseconds
    package let trackerAhead: Int
    package let trackerOnFailure: TrackerSection.OnFailure
    /// By their whole paths.
    package let trackerWorkspaces: [TrackerSection.Workspace]

    package let coordinatorURL: String
    /// nil where nobody gave one, which only `ygg up` and the clients can do without.
    package let executorID: ExecutorID?
    package let executorHost: String
    package let executorPort: Int
    package let handlers: HandlerSelection
    package let slots: Slots
    package let labels: [String: String]
    package let workspaceRoot: String
    package let repositories: [String]
    package let drainTimeout: Milliseconds
    package let sessionsKeep: Milliseconds
    package let window: Int
    package let executorDiskFloor: ByteSize
    /// What may be done to the machine, with paths as a whole.
    package let machine: MachineAccess
    /// `provider/model`, or a model of the first of `modelProviders`.
    package let defaultModel: String
    /// With the address of each, and files by their whole path.
    package let modelProviders: [ModelProviderEntry]

    /// The configuration file; nil where there is none.
    package var configurationFile: String? { file?.path }

    /// Where a value came from: a port that nobody asked for may be exchanged for a free one.
    package func origin(of key: SettingKey) -> Origin { entries.first { $0.key == key }?.origin ?? .fallback }

    /// Whether somebody said anything of models or their servers.
    package var namesModels: Bool {
        origin(of: .defaultModel) != .fallback || origin(of: .ollamaHost) != .fallback
            || file?.line(of: "models.providers") != nil
    }

    /// What somebody who knows more than the form of values finds wrong with them, each with the place where it is put
    /// right.
    /// - Parameter input: pointers are those of the file, also for what was set in another way.
    package func error(_ input: InvalidInput) -> ConfigurationError {
        let issues = input.issues.flatMap { issue -> [ConfigurationError.Issue] in
            if issue.pointer.hasPrefix("/executor/handlers"), let name = origin(of: .handlers).nameOutsideFile {
                return [.init(file: nil, line: nil, key: name, detail: issue.detail)]
            }
            let found = InvalidInput(issues: [issue])
            return file?.error(found).issues
                ?? [.init(file: nil, line: nil, key: keyPath(issue.pointer), detail: issue.detail)]
        }
        return ConfigurationError(issues: issues)
    }

    /// Flag before environment before file before default.
    /// - Parameters:
    ///   - flags: as given on the command line; a repeatable one joined with commas.
    ///   - file: nil where there is none.
    ///   - isRoot: for tests; by default whether this process is root's.
    /// - Throws: everything that is wrong with flags and variables, at once.
    package static func resolve(
        role: Role,
        flags: [SettingKey: String],
        environment: [String: String],
        file: LoadedConfiguration?,
        currentDirectory: String = FileManager.default.currentDirectoryPath,
        isRoot: Bool? = nil
    ) throws(ConfigurationError) -> ResolvedSettings {
        let directories =
            isRoot.map { Directories(environment: environment, currentDirectory: currentDirectory, isRoot: $0) }
            ?? Directories(environment: environment, currentDirectory: currentDirectory)
        var resolver = SettingResolver(role: role, flags: flags, environment: environment, file: file)
        let settings = ResolvedSettings(role: role, file: file, directories: directories, resolver: &resolver)
        if !resolver.issues.isEmpty { throw ConfigurationError(issues: resolver.issues) }
        return settings
    }

    private init(
        role: Role,
        file: LoadedConfiguration?,
        directories: Directories,
        resolver: inout SettingResolver
    ) {
        let configuration = file?.configuration ?? Configuration()
        let coordinator = configuration.coordinator
        let executor = configuration.executor
        self.file = file
        self.role = role
        self.configuration = configuration

        resolver.noteFile()
        let path = TextForm<String>.path(from: directories)
        let pathInFile = { (path: String) in directories.absolute(path, from: file?.directory) }
        if role != .client, directories.data == nil, resolver.isUnset(.dataDirectory) {
            resolver.complain("YGG_DATA_DIR", "must be set, because there is no HOME to put the data in")
        }
        dataDirectory = resolver.value(.dataDirectory, path, file: nil, default: directories.data ?? "")
        token = resolver.value(.token, TextForm.token.optional, file: nil, default: nil)
        logLevel = resolver.value(.logLevel, .logLevel, file: nil, default: .info)
        logDirectory = resolver.value(
            .logDirectory,
            path,
            file: executor.logDirectory.map(pathInFile),
            default: "\(dataDirectory)/logs"
        )

        coordinatorHost = resolver.value(.coordinatorHost, .host, file: coordinator.host, default: "127.0.0.1")
        coordinatorPort = resolver.value(
            .coordinatorPort,
            .port,
            file: coordinator.port,
            default: SettingKey.defaultCoordinatorPort
        )
        publicURL = resolver.value(.publicURL, TextForm.url.optional, file: coordinator.publicURL, default: nil)
        leaseTTL = resolver.value(
            .leaseTTL,
            .duration(CoordinatorSection.leaseTTLRange),
            file: coordinator.leaseTTL,
            default: .seconds(15)
        )
        registrationGrace = resolver.value(
            .registrationGrace,
            .duration(CoordinatorSection.registrationGraceRange),
            file: coordinator.registrationGrace,
            default: .minutes(1)
        )
        servicesTTL = resolver.value(
            .servicesTTL,
            .duration(ServicesSection.ttlRange),
            file: configuration.services.ttl,
            default: .seconds(30)
        )
        managerToken = resolver.value(.managerToken, TextForm.token.optional, file: nil, default: nil)
        bodyLimit = resolver.value(
            .bodyLimit,
            .size(CoordinatorSection.bodyRange),
            file: coordinator.limits.body,
            default: .mebibytes(1)
        )
        largeBodyLimit = resolver.value(
            .largeBodyLimit,
            .size(CoordinatorSection.largeBodyRange),
            file: coordinator.limits.largeBody,
            default: .mebibytes(16)
        )
        artifactLimit = resolver.value(
            .artifactLimit,
            .size(CoordinatorSection.artifactRange),
            file: coordinator.limits.artifact,
            default: .mebibytes(256)
        )
        batchLimit = resolver.value(
            .batchLimit,
            .count(CoordinatorSection.batchRange),
            file: coordinator.limits.batch,
            default: 1000
        )
        headerLimit = resolver.value(
            .headerLimit,
            .size(CoordinatorSection.headerRange),
            file: coordinator.limits.headers,
            default: ByteSize(bytes: 32 << 10)
        )
        eventLimit = resolver.value(
            .eventLimit,
            .count(CoordinatorSection.eventRange),
            file: coordinator.limits.events,
            default: 1_000_000
        )
        openTaskLimit = resolver.value(
            .openTaskLimit,
            .count(CoordinatorSection.openTaskRange),
            file: coordinator.limits.openTasks,
            default: 1000
        )
        requestLimit = resolver.value(
            .requestLimit,
            .count(CoordinatorSection.requestRange),
            file: coordinator.limits.requestsPerSecond,
            default: 1000
        )
        retentionAge = resolver.value(
            .retentionAge,
            .duration(CoordinatorSection.retentionAgeRange),
            file: coordinator.retention.age,
            default: .days(30)
        )
        retentionSize = resolver.value(
            .retentionSize,
            .size(CoordinatorSection.retentionSizeRange),
            file: coordinator.retention.size,
            default: .gibibytes(2)
        )
        retentionAudit = resolver.value(
            .retentionAudit,
            .duration(CoordinatorSection.retentionAgeRange),
            file: coordinator.retention.audit,
            default: .days(365)
        )
        authLoopback = resolver.value(
            .authLoopback,
            .loopbackAccess,
            file: configuration.auth.loopback,
            default: .open
        )
        coordinatorDiskFloor = resolver.value(
            .coordinatorDiskFloor,
            .size(CoordinatorSection.diskFloorRange),
            file: coordinator.diskFloor,
            default: .mebibytes(256)
        )
        backupDirectory = resolver.value(
            .backupDirectory,
            path.optional,
            file: configuration.backup.directory.map { .some(pathInFile($0)) },
            default: nil
        )
        backupKeep = resolver.value(
            .backupKeep,
            .count(BackupSection.keepRange),
            file: configuration.backup.keep,
            default: 7
        )
        backupInterval = resolver.value(
            .backupInterval,
            .duration(BackupSection.intervalRange),
            file: configuration.backup.interval,
            default: .days(1)
        )
        let tracker = configuration.tracker
        trackerCommand = resolver.value(
            .trackerCommand,
            .line,
            file: tracker.command.map { $0.contains("/") ? pathInFile($0) : $0 },
            default: "bd"
        )
        trackerInterval = resolver.value(
            .trackerInterval,
            .duration(TrackerSection.intervalRange),
            file: tracker.interval,
            default: .seconds(30)
        )
        trackerTimeout = resolver.value(
            .trackerTimeout,
            .duration(TrackerSection.timeoutRange),
            file: tracker.timeout,
            default: .minutes(1)
        )
        trackerAhead = resolver.value(
            .trackerAhead,
            .count(TrackerSection.aheadRange),
            file: tracker.ahead,
            default: 8
        )
        trackerOnFailure = resolver.value(.trackerOnFailure, .onFailure, file: tracker.onFailure, default: .park)
        trackerWorkspaces = tracker.workspaces.map { workspace in
            var workspace = workspace
            workspace.path = pathInFile(workspace.path)
            return workspace
        }

        coordinatorURL = resolver.value(
            .coordinatorURL,
            .url,
            file: executor.coordinator,
            default: "http://127.0.0.1:\(SettingKey.defaultCoordinatorPort)"
        )
        executorID = resolver.value(
            .executorID,
            TextForm.executorID.optional,
            file: executor.id,
            default: role == .up ? ExecutorID(trusted: "local") : nil
        )
        executorHost = resolver.value(.executorHost, .host, file: executor.host, default: "127.0.0.1")
        executorPort = resolver.value(
            .executorPort,
            .port,
            file: executor.port,
            default: SettingKey.defaultExecutorPort
        )
        handlers = resolver.value(.handlers, .handlers, file: executor.handlers, default: .all)
        slots = resolver.value(.slots, .slots, file: executor.slots, default: Slots(["default": defaultSlots]))
        labels = resolver.value(.labels, .labels, file: executor.labels, default: [:])
        workspaceRoot = resolver.value(
            .workspaceRoot,
            path,
            file: executor.workspaceRoot.map(pathInFile),
            default: "\(dataDirectory)/workspace"
        )
        repositories = resolver.value(
            .repositories,
            path.list,
            file: executor.repositories?.map(pathInFile),
            default: role == .up ? ["/"] : [workspaceRoot]
        )
        drainTimeout = resolver.value(
            .drainTimeout,
            .duration(ExecutorSection.drainTimeoutRange),
            file: executor.drainTimeout,
            default: SettingKey.defaultDrainTimeout
        )
        sessionsKeep = resolver.value(
            .sessionsKeep,
            .duration(ExecutorSection.sessionsKeepRange),
            file: executor.sessionsKeep,
            default: .days(7)
        )
        window = resolver.value(
            .window,
            .count(ExecutorSection.windowRange),
            file: executor.window,
            default: slots["default"] + SettingKey.prefetched
        )
        executorDiskFloor = resolver.value(
            .executorDiskFloor,
            .size(CoordinatorSection.diskFloorRange),
            file: executor.diskFloor,
            default: .mebibytes(256)
        )
        var machine = executor.machine
        machine.ansible = machine.ansible.map { ansible in
            MachineAccess.Ansible(root: pathInFile(ansible.root), inventory: ansible.inventory)
        }
        self.machine = machine
        defaultModel = resolver.value(
            .defaultModel,
            .model,
            file: configuration.models.defaultModel,
            default: ModelsSection.standardModel
        )
        resolver.checkDefaultModel(defaultModel, among: configuration.models)
        let ollama = resolver.value(
            .ollamaHost,
            .line,
            file: configuration.models.ollamaURL,
            default: SettingKey.defaultOllama
        )
        modelProviders = configuration.models.providers.map { entry in
            var entry = entry
            switch entry.service {
            case .scripted(let file): entry.service = .scripted(file: pathInFile(file))
            case .ollama(var server):
                server.url =
                    entry.name == ModelsSection.defaultProvider ? ollama : server.url ?? SettingKey.defaultOllama
                entry.service = .ollama(server)
            }
            return entry
        }
        resolver.noteSections()
        entries = resolver.entries
    }
}
