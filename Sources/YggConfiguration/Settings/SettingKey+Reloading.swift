import YggCore

extension SettingKey {
    /// Whether a change counts as soon as the file is reloaded. The others belong to the process: what it serves, where its
    /// data is, who it is.
    package var isLive: Bool {
        switch self {
        case .bodyLimit, .largeBodyLimit, .artifactLimit, .batchLimit, .eventLimit, .openTaskLimit, .retentionAge,
            .retentionSize, .retentionAudit, .coordinatorDiskFloor, .handlers, .slots, .labels, .repositories,
            .sessionsKeep, .window, .executorDiskFloor:
            true
        case .config, .dataDirectory, .token, .logLevel, .logDirectory, .coordinatorHost, .coordinatorPort, .publicURL,
            .leaseTTL, .registrationGrace, .servicesTTL, .managerToken, .headerLimit, .requestLimit, .authLoopback,
            .backupDirectory, .backupKeep, .backupInterval, .coordinatorURL, .executorID, .executorHost, .executorPort,
            .workspaceRoot, .drainTimeout, .defaultModel, .ollamaHost, .trackerCommand, .trackerInterval,
            .trackerTimeout,
            .trackerAhead, .trackerOnFailure:
            false
        }
    }
}

/// A part of the file that is no single setting, for comparing two of them.
package enum FileSection: String, Sendable, Hashable, CaseIterable {
    case routes, tierRules, executors, services, handlers, codeKinds, resources, secrets, git, timeZone
    case machine = "executor.machine"
    case providers = "models.providers"
    case registry = "coordinator.registry.url"
    case trackerWorkspaces = "tracker.workspaces"
    case trackerRules = "tracker.rules"

    /// Whether a change counts as soon as the file is reloaded. Models do not: whoever waits in line for one must not be
    /// passed by in a second line. Neither does who is called at which address, with calls under way, nor the tracker, whose
    /// issues are held under the rules they were taken by.
    package var isLive: Bool {
        switch self {
        case .routes, .tierRules, .handlers, .codeKinds, .resources, .secrets, .git, .machine, .registry: true
        case .executors, .services, .providers, .timeZone, .trackerWorkspaces, .trackerRules: false
        }
    }

    /// Who reads it.
    var roles: Set<Role> {
        switch self {
        case .routes, .tierRules, .executors, .services, .resources, .registry, .trackerWorkspaces, .trackerRules:
            [.up, .coordinator]
        case .codeKinds, .secrets, .git, .machine, .providers: [.up, .executor]
        case .handlers, .timeZone: [.up, .coordinator, .executor]
        }
    }

    /// What it holds, by the names that people know its parts by.
    func parts(of configuration: Configuration) -> [(name: String, value: AnyHashable)] {
        switch self {
        case .routes: configuration.routes.routes.map { ($0.prefix, $0) }
        case .tierRules: configuration.tierRules.rules.enumerated().map { ("\($0.offset + 1)", $0.element) }
        case .executors: configuration.executors.map { ($0.id.rawValue, $0) }
        case .services: configuration.services.entries.map { ($0.id.rawValue, $0) }
        case .handlers: configuration.handlers.map { ($0.spec.kind.rawValue, $0) }
        case .codeKinds: configuration.codeKinds.map { ($0.kind.rawValue, $0) }
        case .resources: configuration.resources.counts.map { ($0.name, $0) }
        case .secrets: configuration.secrets.map { ($0.name, $0) }
        case .git: [("git", configuration.git)]
        case .timeZone: configuration.timeZone.map { [($0, $0)] } ?? []
        case .machine: [("machine", configuration.executor.machine)]
        case .providers: configuration.models.providers.map { ($0.name, $0) }
        case .registry: configuration.coordinator.registryURL.map { [($0, $0)] } ?? []
        case .trackerWorkspaces: configuration.tracker.workspaces.map { ($0.path, $0) }
        case .trackerRules: configuration.tracker.rules.enumerated().map { ("\($0.offset + 1)", $0.element) }
        }
    }
}
