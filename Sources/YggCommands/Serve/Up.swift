import ArgumentParser
import Logging
import ServiceLifecycle
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
            No configuration is needed: SQLite below the data directory, every handler, loopback only. The executor has
            the id "local" and takes what no other executor of a route does.

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
        let settings = try options.resolve(
            role: .up,
            flags: [
                .coordinatorPort: port, .executorPort: executorPort, .slots: slots, .workspaceRoot: workspace,
            ]
        )
        let id = settings.executorID ?? ExecutorID(trusted: "local")
        let log = try ProcessLog(settings: settings, name: "up")
        let household = Household(settings: settings, executorID: id, log: log)
        try await household.run()
    }
}

/// Both parts of `ygg up`. The executor drains first, while its coordinator still takes its reports.
private struct Household: Sendable {
    let settings: ResolvedSettings
    let executorID: ExecutorID
    let log: ProcessLog

    func run() async throws {
        let client = DedicatedHTTPClient()
        let (addresses, feed) = AsyncStream.makeStream(of: String.self)
        let coordinator = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: StoppableService {
                            try await CoordinatorAssembly(settings: settings, logger: log.logger("ygg.coordinator"))
                                .run(localExecutor: executorID) { feed.yield($0) }
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
        await client.shutdown()
    }

    private func runExecutor(_ coordinatorAddress: String, client: DedicatedHTTPClient) async throws {
        let assembly = ExecutorAssembly(settings: settings, id: executorID)
        let mayMove = settings.origin(of: .executorPort) == .fallback
        let service = try assembly.service(
            coordinatorURL: coordinatorAddress,
            client: client,
            log: log,
            mayMovePort: mayMove
        ) { address in
            ReadyLine.print(role: "up", address: coordinatorAddress, executorAddress: address)
        }
        try await assembly.run(service, portFlag: "--executor-port")
    }
}
