import ArgumentParser
import YggCore

/// `ygg executor restart`.
struct ExecutorRestart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Drain an executor, then start its program anew with the same arguments.",
        discussion: """
            The file it was started from is started again, so this is how a new \
            version is taken up. Of `ygg up` it restarts the executor alone, within \
            the process. It ends a pause.

            EXAMPLES
              ygg executor restart huginn --wait --note "0.2.0"

            \(OrderOptions.statuses)
            """
    )

    @OptionGroup var order: OrderOptions
    @OptionGroup var drain: DrainOption

    func run() async throws { try await order.place(.restart, drainTimeout: drain.drainTimeout) }
}
