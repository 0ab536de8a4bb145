import ArgumentParser

/// `ygg tracker`: the issues that become tasks.
struct TrackerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracker",
        abstract: "The issues of your tracker that become tasks.",
        subcommands: [TrackerStatus.self, TrackerSync.self, TrackerDoctor.self]
    )
}
