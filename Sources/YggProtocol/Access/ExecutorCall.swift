package import YggCore

/// Every call of an executor's own HTTP, with what it asks of its caller: the one table from which its routes are made and
/// against which they are tried, as `CoordinatorCall` is the coordinator's.
package enum ExecutorCall: String, Sendable, Hashable, CaseIterable {
    case livez, readyz, health, metrics, info, status, logs, execute, action, reloadConfiguration
    case agentExecute, agentChat, agentStatus, agentSessions, deleteAgentSession

    package var method: String {
        switch self {
        case .livez, .readyz, .health, .metrics, .info, .status, .logs, .agentStatus, .agentSessions: "GET"
        case .execute, .action, .reloadConfiguration, .agentExecute, .agentChat: "POST"
        case .deleteAgentSession: "DELETE"
        }
    }

    package var path: String {
        switch self {
        case .livez, .readyz, .health, .metrics, .info, .status, .logs, .execute, .action: "/\(rawValue)"
        case .reloadConfiguration: "/config/reload"
        case .agentExecute: "/agent/execute"
        case .agentChat: "/agent/chat"
        case .agentStatus: "/agent/status"
        case .agentSessions: "/agent/sessions"
        case .deleteAgentSession: "/agent/sessions/:session"
        }
    }

    package var rule: AccessRule {
        switch self {
        case .livez, .readyz, .health: .open
        case .metrics, .info, .status, .logs, .agentStatus, .agentSessions: .role(.viewer)
        case .execute, .action, .reloadConfiguration, .agentExecute, .agentChat, .deleteAgentSession: .role(.operator)
        }
    }
}
