package import YggCore

/// Every call of an executor's own HTTP, with what it asks of its caller: the one table from which its routes are made and
/// against which they are tried, as `CoordinatorCall` is the coordinator's.
package enum ExecutorCall: String, Sendable, Hashable, CaseIterable {
    case livez, readyz, health, metrics, info, status, logs, execute, action

    package var method: String {
        switch self {
        case .livez, .readyz, .health, .metrics, .info, .status, .logs: "GET"
        case .execute, .action: "POST"
        }
    }

    package var path: String { "/\(rawValue)" }

    package var rule: AccessRule {
        switch self {
        case .livez, .readyz, .health: .open
        case .metrics, .info, .status, .logs: .role(.viewer)
        case .execute, .action: .role(.operator)
        }
    }
}
