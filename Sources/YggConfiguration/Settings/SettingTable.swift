import YggCore

extension SettingKey {
    package var setting: Setting {
        switch self {
        case .config:
            Setting(
                flag: "--config",
                variables: ["YGG_CONFIG"],
                default: "the first of its usual places that exists",
                "The configuration file",
                for: everyone
            )
        case .dataDirectory:
            Setting(
                flag: "--data-dir",
                variables: ["YGG_DATA_DIR"],
                default: "`$XDG_STATE_HOME/yggdrasil`, as root `/var/lib/yggdrasil`",
                "Where everything durable lives",
                for: servers
            )
        case .token:
            Setting(
                variables: ["YGG_TOKEN"],
                default: "none",
                "The token that commands and executors show; a server that has it lets in whoever shows it, for everything",
                for: everyone,
                isSecret: true
            )
        case .logLevel:
            Setting(
                flag: "--log-level",
                variables: ["YGG_LOG_LEVEL", "LOG_LEVEL"],
                default: "info",
                "The least important messages that are logged",
                for: everyone
            )
        case .logDirectory:
            Setting(
                yaml: "executor.logDirectory",
                flag: "--log-dir",
                variables: ["YGG_LOG_DIR"],
                default: "`logs` in the data directory",
                "Where the log files are",
                for: servers
            )

        case .coordinatorHost:
            Setting(
                yaml: "coordinator.host",
                flag: "--host",
                variables: ["YGG_HOST"],
                default: "127.0.0.1",
                "The address the coordinator serves, or the name of a network interface",
                for: [.up, .coordinator]
            )
        case .coordinatorPort:
            Setting(
                yaml: "coordinator.port",
                flag: "--port",
                variables: ["YGG_PORT"],
                default: String(SettingKey.defaultCoordinatorPort),
                "The coordinator's port; 0 picks a free one",
                for: [.up, .coordinator]
            )
        case .publicURL:
            Setting(
                yaml: "coordinator.publicUrl",
                default: "none",
                "How the coordinator is reached from elsewhere; requests may name its host",
                for: [.up, .coordinator]
            )
        case .leaseTTL:
            Setting(
                yaml: "coordinator.leaseTTL",
                default: "15s",
                "How long an executor may be silent before its work counts as lost",
                for: [.up, .coordinator]
            )
        case .registrationGrace:
            Setting(
                yaml: "coordinator.registrationGrace",
                default: "1m",
                "How long after its start a coordinator waits for executors at fixed addresses before it calls them",
                for: [.up, .coordinator]
            )
        case .servicesTTL:
            Setting(
                yaml: "services.ttl",
                default: "30s",
                "How long a service, or an executor at a fixed address, may be silent before it counts as lost",
                for: [.up, .coordinator]
            )
        case .managerToken:
            Setting(
                variables: ["MANAGER_TOKEN"],
                default: "none",
                "The token that is shown to services and executors that have none of their own in the file",
                for: [.up, .coordinator],
                isSecret: true
            )
        case .bodyLimit:
            Setting(
                yaml: "coordinator.limits.body",
                default: "1MiB",
                "The largest body of a request",
                for: [.up, .coordinator]
            )
        case .largeBodyLimit:
            Setting(
                yaml: "coordinator.limits.largeBody",
                default: "16MiB",
                "The largest body of a batch of tasks or of an executor's report",
                for: [.up, .coordinator]
            )
        case .artifactLimit:
            Setting(
                yaml: "coordinator.limits.artifact",
                default: "256MiB",
                "The largest artifact an executor may upload",
                for: [.up, .coordinator]
            )
        case .batchLimit:
            Setting(
                yaml: "coordinator.limits.batch",
                default: "1000",
                "The most tasks of one batch",
                for: [.up, .coordinator]
            )
        case .headerLimit:
            Setting(
                yaml: "coordinator.limits.headers",
                default: "32KiB",
                "How long path and headers of a request may be together",
                for: [.up, .coordinator]
            )
        case .eventLimit:
            Setting(
                yaml: "coordinator.limits.events",
                default: "1000000",
                "Entries of one task's log; output beyond them is left out",
                for: [.up, .coordinator]
            )
        case .openTaskLimit:
            Setting(
                yaml: "coordinator.limits.openTasks",
                default: "1000",
                "Unfinished tasks of one submitter; operators are not counted",
                for: [.up, .coordinator]
            )
        case .requestLimit:
            Setting(
                yaml: "coordinator.limits.requestsPerSecond",
                default: "1000",
                "Requests of one token over time, five times as many at once; 0 is no limit",
                for: [.up, .coordinator]
            )
        case .retentionAge:
            Setting(
                yaml: "coordinator.retention.age",
                default: "30d",
                "How long finished tasks are kept",
                for: [.up, .coordinator]
            )
        case .retentionSize:
            Setting(
                yaml: "coordinator.retention.size",
                default: "2GiB",
                "How much database and artifacts may hold before output goes, the oldest first; the audit is not counted",
                for: [.up, .coordinator]
            )
        case .retentionAudit:
            Setting(
                yaml: "coordinator.retention.audit",
                default: "365d",
                "How long the audit is kept; never shorter than tasks",
                for: [.up, .coordinator]
            )
        case .authLoopback:
            Setting(
                yaml: "auth.loopback",
                default: "open",
                "Whether a server on loopback asks for a token: open or required",
                for: servers
            )
        case .coordinatorDiskFloor:
            Setting(
                yaml: "coordinator.diskFloor",
                default: "256MiB",
                "What must be free on the disk of the data before new tasks are taken",
                for: [.up, .coordinator]
            )
        case .backupDirectory:
            Setting(
                yaml: "backup.dir",
                default: "none",
                "The folder into which a coordinator makes backups; it must be there",
                for: [.up, .coordinator]
            )
        case .backupKeep:
            Setting(
                yaml: "backup.keep",
                default: "7",
                "How many of these backups stay",
                for: [.up, .coordinator]
            )
        case .backupInterval:
            Setting(
                yaml: "backup.every",
                default: "1d",
                "From one backup to the next",
                for: [.up, .coordinator]
            )
        case .trackerCommand:
            Setting(
                yaml: "tracker.command",
                variables: ["YGG_TRACKER_COMMAND"],
                default: "bd",
                "The `bd` of Beads that is run, as a path or by its name on the PATH",
                for: [.up, .coordinator]
            )
        case .trackerInterval:
            Setting(
                yaml: "tracker.interval",
                default: "30s",
                "From one look for new issues to the next",
                for: [.up, .coordinator]
            )
        case .trackerTimeout:
            Setting(
                yaml: "tracker.timeout",
                default: "1m",
                "The longest that one call of a tracker may take",
                for: [.up, .coordinator]
            )
        case .trackerAhead:
            Setting(
                yaml: "tracker.ahead",
                default: "8",
                "How many issues may be claimed that no executor has begun",
                for: [.up, .coordinator]
            )
        case .trackerOnFailure:
            Setting(
                yaml: "tracker.onFailure",
                default: "park",
                "Whether an issue whose task did not succeed is blocked (park) or opened again (release)",
                for: [.up, .coordinator]
            )

        case .coordinatorURL:
            Setting(
                yaml: "executor.coordinator",
                flag: "--coordinator",
                variables: ["YGG_COORDINATOR"],
                default: "http://127.0.0.1:\(SettingKey.defaultCoordinatorPort)",
                "Where the coordinator is",
                for: [.up, .executor, .client]
            )
        case .executorID:
            Setting(
                yaml: "executor.id",
                flag: "--id",
                variables: ["YGG_EXECUTOR_ID"],
                default: "`local` in `ygg up`, else it must be given",
                "The executor's name in the fleet",
                for: [.up, .executor]
            )
        case .executorHost:
            Setting(
                yaml: "executor.host",
                variables: ["YGG_HOST"],
                default: "127.0.0.1",
                "The address the executor serves, or the name of a network interface",
                for: [.up, .executor]
            )
        case .executorPort:
            Setting(
                yaml: "executor.port",
                flag: "--executor-port",
                variables: ["YGG_EXECUTOR_PORT"],
                default: String(SettingKey.defaultExecutorPort),
                "The executor's port; 0 picks a free one",
                for: [.up, .executor]
            )
        case .handlers:
            Setting(
                yaml: "executor.handlers",
                flag: "--handlers",
                variables: ["YGG_HANDLERS"],
                default: "all",
                "Which handlers the executor offers: prefixes and kinds, or all",
                for: [.up, .executor]
            )
        case .slots:
            Setting(
                yaml: "executor.slots",
                flag: "--slots",
                variables: ["YGG_SLOTS"],
                default: "default=\(defaultSlots)",
                "How much the executor does at once, by the name of the slot",
                for: [.up, .executor]
            )
        case .labels:
            Setting(
                yaml: "executor.labels",
                flag: "--label",
                variables: ["YGG_LABELS"],
                default: "none",
                "What tasks and routes can ask of the executor",
                for: [.up, .executor]
            )
        case .workspaceRoot:
            Setting(
                yaml: "executor.workspaceRoot",
                flag: "--workspace",
                variables: ["YGG_WORKSPACE"],
                default: "`workspace` in the data directory",
                "Where mirrors and worktrees live",
                for: [.up, .executor]
            )
        case .repositories:
            Setting(
                yaml: "executor.repositories",
                default: "the workspace; `/` in `ygg up`",
                "The roots under which a task may name a repository by path",
                for: [.up, .executor]
            )
        case .drainTimeout:
            Setting(
                yaml: "executor.drainTimeout",
                flag: "--drain-timeout",
                variables: ["YGG_DRAIN_TIMEOUT"],
                default: SettingKey.defaultDrainTimeout.text,
                "How long running work may go on once the executor is told to stop",
                for: [.up, .executor]
            )
        case .sessionsKeep:
            Setting(
                yaml: "executor.sessions.keep",
                default: Milliseconds.days(7).text,
                "How long a session of the coding agent is kept that nobody uses, before it is archived as a patch",
                for: [.up, .executor]
            )
        case .window:
            Setting(
                yaml: "executor.window",
                default: "slots + \(SettingKey.prefetched)",
                "How many leases the executor holds at most, those that wait for a slot included",
                for: [.up, .executor]
            )
        case .executorDiskFloor:
            Setting(
                yaml: "executor.diskFloor",
                default: "256MiB",
                "What must be free on the disks of the executor's data and workspace before it takes new work",
                for: [.up, .executor]
            )
        case .defaultModel:
            Setting(
                yaml: "models.default",
                variables: ["YGG_MODEL", "AGENT_MODEL"],
                default: ModelsSection.standardModel,
                "The model that is asked where a task names none, as provider/model",
                for: [.up, .executor]
            )
        case .ollamaHost:
            Setting(
                yaml: "models.providers.ollama.url",
                variables: ["OLLAMA_HOST"],
                default: SettingKey.defaultOllama,
                "Where Ollama is, for the provider of that name; the variable is read as Ollama itself reads it",
                for: [.up, .executor]
            )
        }
    }

    /// Leases that wait on an executor beyond its slots, so that short work starts without a round trip.
    static let prefetched = 8
}

private let everyone = Set(Role.allCases)
private let servers: Set<Role> = [.up, .coordinator, .executor]
