/// What an attempt does while its coordinator cannot be reached.
package enum OfflinePolicy: String, Sendable, Hashable, CaseIterable {
    /// It is ended before its lease runs out, so that the task can move.
    case stop
    /// It goes on and spools; the task waits for it.
    case `continue`
}

/// Who may take the tasks of a prefix.
package struct Route: Sendable, Hashable {
    package var prefix: String
    package var executors: [ExecutorID]
    /// Who takes them while none of `executors` runs.
    package var fallback: [ExecutorID]
    package var offline: OfflinePolicy
    /// How long an attempt that goes on offline keeps its lease.
    package var lostAfter: Milliseconds
    /// Labels an executor must carry to take any task of the prefix.
    package var labels: [String: String]
    /// What a person must see of any task of the prefix, besides what its kind asks for.
    package var tier: [Tier]
    /// Secrets that a task of the prefix may name, beside those that its kind allows.
    package var secrets: [String]

    package init(
        prefix: String,
        executors: [ExecutorID],
        fallback: [ExecutorID] = [],
        offline: OfflinePolicy? = nil,
        lostAfter: Milliseconds = .hours(6),
        labels: [String: String] = [:],
        tier: [Tier] = [],
        secrets: [String] = []
    ) {
        self.prefix = prefix
        self.executors = executors
        self.fallback = fallback
        self.offline = offline ?? Route.defaultOffline(prefix: prefix)
        self.lostAfter = lostAfter
        self.labels = labels
        self.tier = tier
        self.secrets = secrets
    }

    package static func defaultOffline(prefix: String) -> OfflinePolicy {
        prefix.hasPrefix("code-") || prefix.hasPrefix("dev-") ? .continue : .stop
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "prefix": .string(prefix), "executors": .array(executors.map { .string($0.rawValue) }),
            "fallback": .array(fallback.map { .string($0.rawValue) }), "offline": .string(offline.rawValue),
            "lostAfterMs": .int(lostAfter.rawValue),
        ]
        if !labels.isEmpty {
            object.append(
                "labels",
                .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            )
        }
        if !tier.isEmpty { object.append("tier", .array(tier.map { .string($0.rawValue) })) }
        if !secrets.isEmpty { object.append("secrets", .array(secrets.map(JSON.string))) }
        return object
    }
}

/// All routes. The longest prefix that fits a kind decides.
package struct RouteTable: Sendable, Hashable {
    package private(set) var routes: [Route]
    /// Whether somebody wrote them down: only then does an executor nobody has seen yet make a kind possible.
    package let areConfigured: Bool

    package init(_ routes: [Route], areConfigured: Bool) {
        self.routes = routes.sorted { ($1.prefix.utf8.count, $0.prefix) < ($0.prefix.utf8.count, $1.prefix) }
        self.areConfigured = areConfigured
    }

    /// The household this was made for: a workstation, a GPU server with a code agent, and a small machine.
    package static let standard = RouteTable(
        [
            ("dev-", "fenrir"), ("git-", "fenrir"), ("plan-", "fenrir"), ("llm-", "surtr"), ("ollama-", "surtr"),
            ("ops-", "huginn"), ("power-", "huginn"), ("code-", "code-agent"),
        ].map { Route(prefix: $0.0, executors: [ExecutorID(trusted: $0.1)]) },
        areConfigured: false
    )

    package func route(for kind: TaskKind) -> Route? { routes.first { kind.rawValue.hasPrefix($0.prefix) } }

    /// The same routes with one more executor that takes what nobody else does.
    package func addingFallback(_ executor: ExecutorID) -> RouteTable {
        RouteTable(
            routes.map { route in
                var route = route
                if !route.executors.contains(executor), !route.fallback.contains(executor) {
                    route.fallback.append(executor)
                }
                return route
            },
            areConfigured: areConfigured
        )
    }

    package func offline(for kind: TaskKind) -> (policy: OfflinePolicy, lostAfter: Milliseconds) {
        if let route = route(for: kind) { return (route.offline, route.lostAfter) }
        return (Route.defaultOffline(prefix: kind.prefix), .hours(6))
    }
}
