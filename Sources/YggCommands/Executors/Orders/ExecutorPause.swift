import ArgumentParser
import YggCore

/// `ygg executor pause`.
struct ExecutorPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let an executor finish what it has and take nothing new.",
        discussion: """
            It stays paused, also when it or its machine is restarted, until it is resumed or the time of --until comes.

            EXAMPLES
              ygg executor pause huginn --note "kernel update" --until 8h
              ygg executor pause huginn --wait && ssh huginn

            \(OrderOptions.statuses)
            """
    )

    @OptionGroup var order: OrderOptions
    @OptionGroup var until: UntilOption

    func run() async throws { try await order.place(.pause, until: until.until) }
}
