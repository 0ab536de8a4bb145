import ArgumentParser
import YggClient

/// `ygg task wait`.
struct TaskWait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait for the end of tasks; the status says whether all of them succeeded.",
        discussion: """
            EXAMPLES
              ygg task wait 01k9s2… && echo it worked
              ygg task wait build test --timeout 30m
            """
    )

    @Argument(help: ArgumentHelp("The tasks' ids.", valueName: "id"))
    var ids: [String]

    @OptionGroup var watch: WatchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for id in ids { try TaskArgument.check(id) }
    }

    func run() async throws {
        let watch = TaskWatch(client: try connection.client(), options: watch, format: output.format)
        var first = ExitStatus.succeeded
        for id in ids {
            let status = try await watch.watch(id, .wait)
            if first == .succeeded { first = status }
        }
        if first != .succeeded { throw ExitCode(first.rawValue) }
    }
}
