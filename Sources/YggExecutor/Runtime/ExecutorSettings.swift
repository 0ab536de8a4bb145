package import YggAgent
package import YggCore
import YggProcess

/// How one executor is set up: everything that its composition root decides.
package struct ExecutorSettings: Sendable {
    package var id: ExecutorID
    package var name: String
    package var handlers: any HandlerSource
    package var slots = Slots(["default": 4])
    /// Leases beyond the slots, for short work.
    package var window = 8
    package var labels: [String: String] = [:]
    /// Where mirrors and work trees live.
    package var workspaceRoot: String
    /// The roots under which a task may name a repository by path.
    package var repositories: [String]
    /// Belongs to one running executor at a time.
    package var dataDirectory: String
    /// What children see of our environment: an allow-list.
    package let childEnvironment: [String: String]
    package var host = "127.0.0.1"
    /// 0 picks a free one.
    package var port = 5002
    /// Whether a port that is taken may be replaced by a free one.
    package var mayMovePort = false
    /// Required wherever others than this machine can reach it.
    package var token: String?
    /// Whether a token is asked for on loopback as well.
    package var needsToken = false
    /// What a coordinator in the same process shows, in order to read; nil where there is none.
    package var readerToken: String?
    /// What commands may be given, and what nothing that attempts leave may hold.
    package var secrets = Secrets()
    /// As whom commits are made, and what opens remotes.
    package var git = GitAccess()
    package var drainTimeout = Milliseconds.seconds(30)
    /// How long a session that nobody uses is kept.
    package var sessionsKeep = Milliseconds.days(7)
    /// Bytes of undelivered entries before output is left out.
    package var spoolBytes = 256 << 20
    /// Bytes that must be free on every disk before new work is taken.
    package var diskFloor: Int64 = 256 << 20
    /// Between two looks at them.
    package var diskInterval = Milliseconds.seconds(2)
    /// Looks at the disks of data directory and workspace. May wait for them.
    package var measureDisks: @Sendable () -> [DiskSpace] = { [] }
    package var version = YggVersion.current
    /// The models that its handlers ask.
    package var models: ModelDirectory?
    /// The sessions of coding agents at work.
    package let agents = AgentBoard()
    /// Work trees that are made before they are needed.
    package let spares = SpareWorktrees()
    /// The last lines of the executor's log; nil where it has no file.
    package var readLog: (@Sendable (_ lines: Int) -> [String])?
    /// Reads the configuration of this process anew, for who asks over HTTP, and says what that changed; nil where nothing can
    /// be read. Throws a `Problem` for one that cannot be used.
    package var reload: (@Sendable () async throws -> JSONObject)?

    /// - Parameter environment: of this process.
    package init(
        id: ExecutorID,
        name: String? = nil,
        handlers: any HandlerSource,
        workspaceRoot: String,
        repositories: [String],
        dataDirectory: String,
        environment: [String: String]
    ) {
        self.id = id
        self.name = name ?? id.rawValue
        self.handlers = handlers
        self.workspaceRoot = workspaceRoot
        self.repositories = repositories
        self.dataDirectory = dataDirectory
        childEnvironment = cleanEnvironment(from: environment)
    }

    /// The executor's own keys and journal, and what lies beside them, such as a coordinator's database; but for where
    /// attempts work.
    var privatePlaces: [String] {
        guard let slash = dataDirectory.lastIndex(of: "/"), slash != dataDirectory.startIndex else { return [] }
        let parent = String(dataDirectory[..<slash])
        guard workspaceRoot.hasPrefix("\(parent)/") else { return [dataDirectory] }
        return LocalFiles.names(in: parent).map { "\(parent)/\($0)" }
            .filter { workspaceRoot != $0 && !workspaceRoot.hasPrefix("\($0)/") }
    }

    /// The models whose servers are looked after: where work is offered that begins with asking one.
    var watchedModels: ModelDirectory? { handlers.kinds.contains(where: \.asksModel) ? models : nil }

    /// What it registers.
    func offer(url: String?, resources: JSONObject) -> ExecutorOffer {
        ExecutorOffer(
            id: id,
            name: name,
            url: url,
            version: version,
            kinds: handlers.kinds,
            slots: slots,
            window: window,
            labels: labels,
            repositories: repositories,
            resources: resources,
            phases: Set(Phase.allCases)
        )
    }
}
