package import YggCore

/// Every setting there is: the one table from which flags, variables, the file's keys and `docs/configuration.md` are
/// made or against which they are checked.
package enum SettingKey: String, Sendable, Hashable, CaseIterable {
    case config
    case dataDirectory
    case token
    case logLevel
    case logDirectory

    case coordinatorHost
    case coordinatorPort
    case publicURL
    case leaseTTL
    case registrationGrace
    case servicesTTL
    case managerToken
    case bodyLimit
    case largeBodyLimit
    case artifactLimit
    case batchLimit
    case headerLimit
    case eventLimit
    case openTaskLimit
    case requestLimit
    case retentionAge
    case retentionSize
    case retentionAudit
    case authLoopback
    case coordinatorDiskFloor
    case backupDirectory
    case backupKeep
    case backupInterval
    case trackerCommand
    case trackerInterval
    case trackerTimeout
    case trackerAhead
    case trackerOnFailure

    case coordinatorURL
    case executorID
    case executorHost
    case executorPort
    case handlers
    case slots
    case labels
    case workspaceRoot
    case repositories
    case drainTimeout
    case sessionsKeep
    case window
    case executorDiskFloor
    case defaultModel
    case ollamaHost

    /// How people call it: its key in the file where it has one.
    package var name: String { setting.yaml ?? rawValue }

    /// The flag of a role's command. `ygg executor` has one server only, and so says `--port` for its own.
    package func flag(in role: Role) -> String? {
        switch (self, role) {
        case (.executorHost, .executor): "--host"
        case (.executorPort, .executor): "--port"
        default: setting.flag
        }
    }

    /// The variables that a role reads, first to last. Beside a coordinator `YGG_PORT` is the coordinator's.
    package func variables(in role: Role) -> [String] {
        self == .executorPort && role == .executor ? setting.variables + ["YGG_PORT"] : setting.variables
    }

    package static let defaultCoordinatorPort = 5080
    package static let defaultExecutorPort = 5002
    package static let defaultOllama = "http://localhost:11434"
    package static let defaultDrainTimeout: Milliseconds = .seconds(30)
}
