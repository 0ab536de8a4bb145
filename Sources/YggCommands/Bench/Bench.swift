import ArgumentParser
import YggCore

/// `ygg bench`.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a coordinator and its executors on this machine.",
        discussion: """
            Starts processes of its own over loopback HTTP, on a data directory of its own, and prints one line of JSON
            a metric. The machine's raw limits stand beside them, so that the figures are ratios.
            """)

    @Option(help: ArgumentHelp("Only these groups.", valueName: "name,…"))
    var only: String?

    @Option(help: ArgumentHelp("How long each rate is measured, in seconds.", valueName: "n"))
    var seconds: Double = 10

    @Option(help: ArgumentHelp("Where the temporary data directories are made; a real disk.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("How many tasks wait in the large claim.", valueName: "n"))
    var claimSize = 1_000_000

    @Option(help: ArgumentHelp("How many executors wait in the long poll.", valueName: "n"))
    var executors = 1000

    @Flag(help: "Lines of JSON alone, also on a terminal.")
    var json = false

    func run() async throws {
        throw CommandFailure("The benchmark is not there yet.")
    }
}
