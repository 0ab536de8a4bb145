/// How an executor is, as the coordinator sees it.
package enum ExecutorState: String, Sendable, Hashable, CaseIterable {
    case running
    /// Finishes what it has, takes nothing.
    case paused
    /// Finishes what it has, then leaves.
    case stopping
    case stopped
    /// Not heard within its time to live.
    case lost
    /// Named in the configuration, never seen.
    case unregistered
}

/// What an executor offers, as it registered: a durable fact, unlike how it is at the moment.
package struct ExecutorOffer: Sendable, Hashable {
    package var id: ExecutorID
    package var name: String
    package var url: String?
    package var version: String
    package var kinds: [KindSpec]
    package var slots: Slots
    /// Leases beyond the slots, for kinds that say `prefetch`.
    package var window: Int
    package var labels: [String: String]
    /// Roots under which a task may name a repository by path.
    package var repositories: [String]
    package var resources: JSONObject
    /// What it knows to do with a task. Who does not say so runs it.
    package var phases: Set<Phase>

    package init(
        id: ExecutorID,
        name: String,
        url: String?,
        version: String,
        kinds: [KindSpec],
        slots: Slots,
        window: Int,
        labels: [String: String],
        repositories: [String],
        resources: JSONObject,
        phases: Set<Phase> = [.run]
    ) {
        self.id = id
        self.name = name
        self.url = url
        self.version = version
        self.kinds = kinds
        self.slots = slots
        self.window = window
        self.labels = labels
        self.repositories = repositories
        self.resources = resources
        self.phases = phases
    }

    package func offers(_ kind: TaskKind) -> Bool { kinds.contains { $0.kind == kind } }
}
