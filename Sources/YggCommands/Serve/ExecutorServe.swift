import ArgumentParser
import Logging
import Synchronization
import YggClient
import YggConfiguration
import YggCoordinator
import YggCore
import YggExecutor

/// `ygg executor --id …`.
struct ExecutorServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run an executor on this machine.",
        discussion: """
            It dials its coordinator; nothing has to reach it. SIGTERM or Ctrl-C let running work finish within the \
            drain timeout, a second one ends it now. Ordered to restart, it finishes its work and runs the file it was \
            started from anew, with the same arguments.

            On a machine that has joined, id and coordinator are known: `ygg executor join --help`.

            EXAMPLES
              ygg executor --id huginn --coordinator http://surtr:5080 --handlers ops,power
              ygg executor --id fenrir --slots 8 --label arch=amd64
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("The executor's name in the fleet.", valueName: "id"))
    var id: String?

    @Option(help: ArgumentHelp("Where the coordinator is.", valueName: "url"))
    var coordinator: String?

    @Option(help: ArgumentHelp("Prefixes and kinds such as ops,git-log; or all.", valueName: "list"))
    var handlers: String?

    @Option(help: ArgumentHelp("How much it does at once: 4, or default=4,gpu=1.", valueName: "n"))
    var slots: String?

    @Option(name: .customLong("label"), help: ArgumentHelp("A label, repeatable.", valueName: "k=v"))
    var labels: [String] = []

    @Option(help: ArgumentHelp("Where mirrors and worktrees live.", valueName: "dir"))
    var workspace: String?

    @Option(help: ArgumentHelp("How long running work may go on once it is told to stop.", valueName: "30s"))
    var drainTimeout: String?

    @Option(help: "The port; 0 picks a free one.")
    var port: String?

    func run() async throws {
        let program = RunningProgram()
        let here = try Surroundings(
            options.source(
                role: .executor,
                flags: [
                    .executorID: id, .coordinatorURL: coordinator, .handlers: handlers, .slots: slots,
                    .labels: labels.isEmpty ? nil : labels.joined(separator: ","), .workspaceRoot: workspace,
                    .drainTimeout: drainTimeout, .executorPort: port,
                ]
            )
        )
        if try await Self.serve(here) { try program.startAnew() }
    }

    /// Serves until the executor has ended.
    /// - Returns: whether it was ordered to start anew.
    static func serve(_ here: Surroundings) async throws -> Bool {
        let wantsRestart = Mutex(false)
        try await here.watched {
            let service = try await DedicatedHTTPClient.with { client in try await serve(here, client: client) }
            wantsRestart.withLock { $0 = service.wantsRestart }
        }
        return wantsRestart.withLock { $0 }
    }

    private static func serve(_ here: Surroundings, client: DedicatedHTTPClient) async throws -> ExecutorService {
        let settings = here.settings
        try StoreLayout(directory: settings.dataDirectory).refuseUnfinishedRestore()
        let enrolment = try Enrolment.find(in: settings)
        guard let id = settings.executorID ?? enrolment?.key.executor else {
            throw CommandFailure.usage("An executor needs a name.", next: "Give it one: ygg executor --id huginn")
        }
        let log = try ProcessLog(settings: settings, name: "executor-\(id)")
        let logger = log.logger("ygg.executor")
        let dial = try Dial(
            settings,
            id: id,
            enrolment: enrolment,
            client: client,
            secrets: log.secrets,
            logger: logger
        )
        let host = try await ServedHost().resolve(settings.executorHost, key: "executor.host") { sentence in
            logger.notice("executor.waiting", metadata: ["reason": "\(sentence)"])
        }
        let assembly = ExecutorAssembly(settings: settings, id: id, host: host)
        let service = try assembly.service(coordinator: dial.link, log: log, here: here) { address in
            here.supervisor.ready("Serving \(address) as \(id)")
            ReadyLine.print(role: "executor", address: address)
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await assembly.run(service, here: here, logger: logger, portFlag: "--port") }
            if let renewal = dial.renewal { tasks.addTask { await renewal.run() } }
            // The renewal goes on until it is cancelled, so the first to end is the executor.
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
        return service
    }
}
