import ArgumentParser
import YggCore

/// `ygg executor resume`.
struct ExecutorResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused or drained executor take work again.",
        discussion: """
            EXAMPLES
              ygg executor resume huginn

            \(OrderOptions.statuses)
            """
    )

    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.place(.resume) }
}
