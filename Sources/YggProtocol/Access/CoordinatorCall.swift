package import YggCore

/// Every call of the coordinator's HTTP, with what it asks of its caller: the one table from which the routes are made
/// and against which they are tried. A call that is not in it cannot be served.
package enum CoordinatorCall: String, Sendable, Hashable, CaseIterable {
    case livez, health, readyz, info, metrics

    case submitTask, submitBatch, listTasks, showTask, cancelTask, retryTask, requeueTask, whyTask
    case taskEvents, taskStream, artifact, saveArtifact
    case listApprovals, approveTask, rejectTask

    case listKinds, showKind, listRoutes

    case showTracker, syncTracker

    case listExecutors, showExecutor, executorLogs, orderExecutor
    case registerExecutor, syncExecutor, reportExecutor, takeTurns, join, renewKey

    case listServices, showService, registerService, heartbeatService, removeService
    case serviceHealth, serviceInfo, serviceStatus, serviceLogs, serviceExecute, serviceAction

    case whoAmI, listTokens, createToken, revokeToken, issueTicket, audit, reloadConfiguration

    package var method: String { row.method }
    /// With `:name` where a part of the path is a parameter.
    package var path: String { row.path }
    package var rule: AccessRule { row.rule }
    /// Whether a browser may make it with a ticket, because it cannot send a header.
    package var takesTicket: Bool { self == .taskStream }

    private var row: (method: String, path: String, rule: AccessRule) {
        switch self {
        case .livez: ("GET", "/livez", .open)
        case .health: ("GET", "/health", .open)
        case .readyz: ("GET", "/readyz", .open)
        case .info: ("GET", "/info", .role(.viewer))
        case .metrics: ("GET", "/metrics", .role(.viewer))

        case .submitTask: ("POST", "/v1/tasks", .role(.submitter))
        case .submitBatch: ("POST", "/v1/tasks:batch", .role(.submitter))
        case .listTasks: ("GET", "/v1/tasks", .role(.viewer))
        case .showTask: ("GET", "/v1/tasks/:id", .role(.viewer))
        case .cancelTask: ("POST", "/v1/tasks/:id/cancel", .ownTask)
        case .retryTask: ("POST", "/v1/tasks/:id/retry", .ownTask)
        case .requeueTask: ("POST", "/v1/tasks/:id/requeue", .role(.operator))
        case .whyTask: ("GET", "/v1/tasks/:id/why", .role(.viewer))
        case .taskEvents: ("GET", "/v1/tasks/:id/events", .role(.viewer))
        case .taskStream: ("GET", "/v1/tasks/:id/stream", .role(.viewer))
        case .artifact: ("GET", "/v1/tasks/:id/artifacts/:sha256", .reader)
        case .saveArtifact: ("PUT", "/v1/tasks/:id/artifacts/:sha256", .leaseHolder)

        case .listApprovals: ("GET", "/v1/approvals", .role(.viewer))
        case .approveTask: ("POST", "/v1/tasks/:id/approve", .role(.operator))
        case .rejectTask: ("POST", "/v1/tasks/:id/reject", .role(.operator))

        case .listKinds: ("GET", "/v1/kinds", .role(.viewer))
        case .showKind: ("GET", "/v1/kinds/:kind", .role(.viewer))
        case .listRoutes: ("GET", "/v1/routes", .role(.viewer))

        case .showTracker: ("GET", "/v1/tracker", .role(.viewer))
        case .syncTracker: ("POST", "/v1/tracker/sync", .role(.submitter))

        case .listExecutors: ("GET", "/v1/executors", .role(.viewer))
        case .showExecutor: ("GET", "/v1/executors/:executor", .role(.viewer))
        case .executorLogs: ("GET", "/v1/executors/:executor/logs", .role(.viewer))
        case .orderExecutor: ("POST", "/v1/executors/:executor/action", .role(.operator))
        case .registerExecutor: ("POST", "/v1/executors", .executorItself)
        case .syncExecutor: ("POST", "/v1/executors/:executor/sync", .executorItself)
        case .reportExecutor: ("POST", "/v1/executors/:executor/reports", .executorItself)
        case .takeTurns: ("POST", "/v1/executors/:executor/turns", .executorItself)
        case .join: ("POST", "/v1/join", .joining)
        case .renewKey: ("POST", "/v1/executors/:executor/key", .executorItself)

        case .listServices: ("GET", "/api/agent-services", .role(.viewer))
        case .showService: ("GET", "/api/agent-services/:service", .role(.viewer))
        case .registerService: ("POST", "/api/agent-services/register", .serviceItself)
        case .heartbeatService: ("POST", "/api/agent-services/heartbeat", .serviceItself)
        case .removeService: ("DELETE", "/api/agent-services/:service", .role(.operator))
        case .serviceHealth: ("GET", "/api/agent-services/:service/health", .role(.viewer))
        case .serviceInfo: ("GET", "/api/agent-services/:service/info", .role(.viewer))
        case .serviceStatus: ("GET", "/api/agent-services/:service/status", .role(.viewer))
        case .serviceLogs: ("GET", "/api/agent-services/:service/logs", .role(.viewer))
        case .serviceExecute: ("POST", "/api/agent-services/:service/execute", .role(.operator))
        case .serviceAction: ("POST", "/api/agent-services/:service/action", .role(.operator))

        case .whoAmI: ("GET", "/v1/whoami", .anyone)
        case .listTokens: ("GET", "/v1/tokens", .role(.operator))
        case .createToken: ("POST", "/v1/tokens", .role(.operator))
        case .revokeToken: ("DELETE", "/v1/tokens/:token", .role(.operator))
        case .issueTicket: ("POST", "/v1/tickets", .role(.viewer))
        case .audit: ("GET", "/v1/audit", .role(.operator))
        case .reloadConfiguration: ("POST", "/v1/config/reload", .role(.operator))
        }
    }
}
