import ArgumentParser
import Logging
import ServiceLifecycle
import Synchronization
import YggClient
import YggConfiguration
import YggCore
import YggExecutor

/// `ygg up`.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run a coordinator and an executor here, in one process.",
        discussion: """
            No configuration is needed: SQLite below the data directory, every handler, loopback only. The executor has \
            the id "local" and takes what no other executor of a route does. SIGTERM or Ctrl-C stop both, a second one at \
            once; what is ordered with `ygg executor stop local` and its like is about the executor alone.

            EXAMPLES
              ygg up
              ygg up --port 0 --data-dir /tmp/try
              ygg task submit git-log --repo . --follow     (in another terminal)
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: "The coordinator's port; 0 picks a free one.")
    var port: String?

    @Option(help: "The executor's port; 0 picks a free one.")
    var executorPort: String?

    @Option(help: ArgumentHelp("How much it does at once: 4, or default=4,gpu=1.", valueName: "n"))
    var slots: String?

    @Option(help: ArgumentHelp("Where mirrors and worktrees live.", valueName: "dir"))
    var workspace: String?

    func run() async throws {
        let here = try Surroundings(
            options.source(
                role: .up,
                flags: [
                    .coordinatorPort: port, .executorPort: executorPort, .slots: slots, .workspaceRoot: workspace,
                ]
            )
        )
        let id = here.settings.executorID ?? ExecutorID(trusted: "local")
        let log = try ProcessLog(settings: here.settings, name: "up")
        let household = Household(here: here, executorID: id, log: log)
        try await here.watched { try await household.run() }
    }
}

/// Both parts of `ygg up`. The executor drains first, while its coordinator still takes its reports.
private struct Household: Sendable {
    let here: Surroundings
    let executorID: ExecutorID
    let log: ProcessLog
    private let seat = ExecutorSeat()
    /// What the executor shows its coordinator: nobody else ever knows it.
    private let key = ExecutorKey.make()
    /// What the coordinator shows its executor, in order to read. Not the key: should another process ever get the
    /// executor's port, it would learn what opens nothing.
    private let readerToken: String

    init(here: Surroundings, executorID: ExecutorID, log: ProcessLog) {
        self.here = here
        self.executorID = executorID
        self.log = log
        var random = SystemRandomNumberGenerator()
        readerToken = TokenSecret.make(.viewer, random: &random)
    }

    private var settings: ResolvedSettings { here.settings }

    private var localExecutor: CoordinatorAssembly.LocalExecutor {
        let reader = LocalReader(token: readerToken) { [seat] in seat.address }
        return CoordinatorAssembly.LocalExecutor(id: executorID, key: key, reader: reader)
    }

    func run() async throws { try await DedicatedHTTPClient.with { try await run($0) } }

    private func run(_ client: DedicatedHTTPClient) async throws {
        let (addresses, feed) = AsyncStream.makeStream(of: String.self)
        let coordinator = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: StoppableService {
                            try await CoordinatorAssembly(
                                here: here,
                                logger: log.logger("ygg.coordinator"),
                                secrets: log.secrets
                            )
                            .run(localExecutor: localExecutor) { feed.yield($0) }
                        },
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                logger: Logger(label: "ygg.lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await coordinator.run() }
            tasks.addTask {
                for await address in addresses {
                    try await runExecutor(address, client: client)
                    break
                }
                await coordinator.triggerGracefulShutdown()
            }
            // Whoever fails first ends the other; in order, the executor ends first and asks the coordinator to follow.
            do {
                try await tasks.next()
                try await tasks.next()
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }

    /// Runs the executor, anew as often as it is ordered to restart, and returns when a signal asked for the end of
    /// everything. One that was ordered to stop has stopped, and leaves its coordinator running.
    private func runExecutor(_ coordinatorAddress: String, client: DedicatedHTTPClient) async throws {
        let signals = await StopSignals()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                let host = try await ServedHost().resolve(settings.executorHost, key: "executor.host") { sentence in
                    log.logger("ygg.executor").notice("executor.waiting", metadata: ["reason": "\(sentence)"])
                }
                repeat {
                    let assembly = ExecutorAssembly(settings: here.reload.settings, id: executorID, host: host)
                    let service = try makeExecutor(assembly, coordinatorAddress, client: client)
                    seat.take(service)
                    try await assembly.serve(service, portFlag: "--executor-port")
                } while seat.leave()
                await seat.signalled()
            }
            tasks.addTask {
                await signals.watch(onReload: { await here.reload.reload(logger: log.logger("ygg.up")) }) {
                    here.supervisor.stopping()
                    seat.signal()
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Where a part of this process reaches a coordinator that serves every address.
    private static func dialled(_ address: String) -> String {
        address.replacing("//0.0.0.0:", with: "//127.0.0.1:").replacing("//[::]:", with: "//[::1]:")
    }

    private func makeExecutor(
        _ assembly: ExecutorAssembly,
        _ coordinatorAddress: String,
        client: DedicatedHTTPClient
    ) throws -> ExecutorService {
        let earlierPort = seat.port
        return try assembly.service(
            coordinator: HTTPCoordinatorLink(
                transport: client.transport(baseURL: Self.dialled(coordinatorAddress), token: key)
            ),
            log: log,
            port: earlierPort,
            mayMovePort: earlierPort != nil || settings.origin(of: .executorPort) == .fallback,
            readerToken: readerToken,
            clock: .besideCoordinator,
            here: here,
            // Its coordinator is here: whoever asks it then for its executors finds this one.
            readyWhen: .registered
        ) { [seat] address in
            seat.port = address.split(separator: ":").last.flatMap { Int($0) }
            seat.address = address
            // Scripts wait for one line, and what it says stays true over restarts of the executor.
            guard earlierPort == nil else { return }
            here.supervisor.ready("Serving \(coordinatorAddress) and \(address)")
            ReadyLine.print(role: "up", address: coordinatorAddress, executorAddress: address)
        }
    }
}

/// The executor of the moment, and the signals that came: before it, to it, and after it.
private final class ExecutorSeat: Sendable {
    private struct State {
        var service: ExecutorService?
        var port: Int?
        var address: String?
        var isSignalled = false
    }

    private let state = Mutex(State())
    private let signals = AsyncStream.makeStream(of: Void.self)

    /// Where the last executor was served; the next one keeps to it.
    var port: Int? {
        get { state.withLock { $0.port } }
        set { state.withLock { $0.port = newValue } }
    }

    /// Where the executor of the moment is served.
    var address: String? {
        get { state.withLock { $0.address } }
        set { state.withLock { $0.address = newValue } }
    }

    func take(_ service: ExecutorService) {
        let isSignalled = state.withLock { state in
            state.service = service
            return state.isSignalled
        }
        if isSignalled { service.terminate() }
    }

    /// The executor has ended.
    /// - Returns: whether another one is to follow.
    func leave() -> Bool {
        state.withLock { state in
            defer { state.service = nil }
            state.address = nil
            return !state.isSignalled && state.service?.wantsRestart == true
        }
    }

    func signal() {
        let service = state.withLock { state in
            state.isSignalled = true
            return state.service
        }
        service?.terminate()
        signals.continuation.yield()
    }

    /// Returns when a signal has come, or the surrounding task is cancelled.
    func signalled() async {
        for await _ in signals.stream { return }
    }
}
