import ArgumentParser
import YggCore

/// `ygg executor drain`.
struct ExecutorDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Pause an executor, and hand back what it does not finish in time.",
        discussion: """
            What is handed back is queued again, not counted as a try, and runs \
            elsewhere. With --wait it returns when nothing runs there any more.

            EXAMPLES
              ygg executor drain huginn --wait --note "moving it to the cellar"
              ygg executor drain huginn --drain-timeout 0s     everything, now

            \(OrderOptions.statuses)
            """
    )

    @OptionGroup var order: OrderOptions
    @OptionGroup var until: UntilOption
    @OptionGroup var drain: DrainOption

    func run() async throws {
        try await order.place(.drain, until: until.until, drainTimeout: drain.drainTimeout)
    }
}
