package import YggCore

/// What a coordinator is started with.
package struct CoordinatorSettings: Sendable {
    package var routes: RouteTable
    /// Who besides handlers and routes asks for a person.
    package var tierRules = TierRules()
    /// Slots of the whole fleet.
    package var resources: Slots
    /// Kinds that the configuration declares.
    package var declaredKinds: [KindSpec]
    package var leases: LeaseKeeper.Settings
    package var forwarding: Forwarder.Settings
    /// Those who are called rather than call.
    package var agents: AgentDirectory
    /// Where artifacts are kept.
    package var dataDirectory: String
    package var limits: Limits
    /// Who is let in.
    package var access = AccessSettings()
    /// What of finished work is kept.
    package var retention = RetentionRules(age: .days(30), size: 2 << 30)
    /// Backups that it makes by itself; nil makes none.
    package var backup: BackupSettings?
    /// The registry of images that `/health` looks after; nil where there is none.
    package var registryURL: String?
    /// Bytes that must be free where the data is before new work is taken.
    package var diskFloor: Int64 = 256 << 20
    /// Looks at the disk of the data directory; nil where it cannot be looked at. May wait for the disk.
    package var measureDisk: @Sendable () -> DiskSpace? = { nil }

    /// Bounds on what one request may cost.
    package struct Limits: Sendable {
        /// Bytes of a request body.
        package var body = 1 << 20
        /// Bytes of the body of a batch or of a report.
        package var largeBody = 16 << 20
        /// Bytes of one artifact.
        package var artifact = 256 << 20
        /// Tasks of one batch.
        package var batch = 1000
        /// Bytes of the names and values of a request's headers.
        package var headers = 32 << 10
        /// Entries of one task's log; what comes after them is left out, but for what tells how the task fares.
        package var events = 1_000_000
        /// Unfinished tasks of one submitter; operators are not counted.
        package var openTasks = 1000

        package init() {}
    }

    package init(
        routes: RouteTable = .standard,
        resources: Slots = Slots(),
        declaredKinds: [KindSpec] = [],
        leases: LeaseKeeper.Settings = LeaseKeeper.Settings(),
        forwarding: Forwarder.Settings = Forwarder.Settings(),
        agents: AgentDirectory = AgentDirectory(),
        dataDirectory: String,
        limits: Limits = Limits()
    ) {
        self.routes = routes
        self.resources = resources
        self.declaredKinds = declaredKinds
        self.leases = leases
        self.forwarding = forwarding
        self.agents = agents
        self.dataDirectory = dataDirectory
        self.limits = limits
    }
}
