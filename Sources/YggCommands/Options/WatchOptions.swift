import ArgumentParser
import YggCore

/// Until when a command watches a task.
enum WatchGoal: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Until it has ended, through any approval.
    case end
    /// Also only until a person is asked.
    case approval
}

/// The limits of every command that watches a task.
struct WatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Stop watching after this long (30s, 2h); the task goes on.", valueName: "duration"),
        transform: DurationArgument.parse
    )
    var timeout: Milliseconds?

    @Option(help: "As --wait; with approval only until a person is asked, which is status 5.")
    var waitFor: WatchGoal?
}
