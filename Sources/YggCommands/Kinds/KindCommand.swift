import ArgumentParser

/// `ygg kind`: what kinds of task there are.
struct KindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kind",
        abstract: "The kinds of task, their parameters, and who offers them.",
        subcommands: [KindList.self, KindShow.self]
    )
}
