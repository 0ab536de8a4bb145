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
        let settings = try options.resolve(role: .coordinator, flags: [.coordinatorPort: port])
        let log = try ProcessLog(settings: settings, name: "coordinator")
        let assembly = CoordinatorAssembly(
            settings: settings,
            logger: log.logger("ygg.coordinator"),
            secrets: log.secrets
        )
        try await StoppableService.run {
            try await assembly.run { address in ReadyLine.print(role: "coordinator", address: address) }
        }
    }
}
