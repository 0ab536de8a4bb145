import ArgumentParser
import YggCore

/// `ygg executor pause`.
struct ExecutorPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let an executor finish what it has and take nothing new.",
        discussion: """
            It stays paused until it is resumed, restarted by order, or the time of \
            --until comes; a reboot of its machine does not end it.

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
