import ArgumentParser
import YggCore

/// `ygg executor stop`.
struct ExecutorStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Drain an executor, then end its process with status 0.",
        discussion: """
            Of `ygg up` it ends the executor alone; the coordinator goes on. Nothing \
            but its own machine starts it again.

            EXAMPLES
              ygg executor stop huginn --wait
              ygg executor stop huginn --drain-timeout 10m

            \(OrderOptions.statuses)
            """
    )

    @OptionGroup var order: OrderOptions
    @OptionGroup var drain: DrainOption

    func run() async throws { try await order.place(.stop, drainTimeout: drain.drainTimeout) }
}
