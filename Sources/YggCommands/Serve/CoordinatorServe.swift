import ArgumentParser
import Logging
import ServiceLifecycle
import YggConfiguration

/// `ygg coordinator`.
struct CoordinatorServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Run a coordinator: takes tasks and hands them to executors.",
        discussion: """
            It keeps everything in one SQLite file below the data directory. When it can be reached it prints one line \
            of JSON with "event":"ready" and its address. SIGTERM or Ctrl-C stop it in order.

            EXAMPLES
              ygg coordinator
              ygg coordinator --host tailscale0          (others need a token: ygg token create)
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: "The port; 0 picks a free one.")
    var port: String?

    func run() async throws {
        let here = try Surroundings(options.source(role: .coordinator, flags: [.coordinatorPort: port]))
        let log = try ProcessLog(settings: here.settings, name: "coordinator")
        let logger = log.logger("ygg.coordinator")
        let assembly = CoordinatorAssembly(here: here, logger: logger, secrets: log.secrets)
        try await here.watched {
            try await StoppableService.run {
                here.supervisor.stopping()
            } onReload: {
                await here.reload.reload(logger: logger)
            } _: {
                try await assembly.run { address in
                    here.supervisor.ready("Serving \(address)")
                    ReadyLine.print(role: "coordinator", address: address)
                }
            }
        }
    }
}
