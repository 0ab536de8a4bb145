/// One command to run: what it is, what it sees, how long it may take.
///
/// There is no shell and nothing is inherited, so a spec alone says what the child gets.
package struct ProcessSpec: Sendable, Equatable {
    /// Enough to write a file to its end, and short enough that a person who cancels sees it happen.
    package static let defaultKillGrace = Duration.seconds(2)

    /// The command and its arguments. A first word without a slash is looked up on the PATH of `environment`.
    package var argv: [String]
    /// The whole environment of the child; see ``cleanEnvironment(from:extra:)`` for one to start from.
    package var environment: [String: String]
    /// Where the child starts; nil is the directory of this process.
    package var workingDirectory: String?
    /// What the child reads before end of file; nil is /dev/null.
    package var standardInput: [UInt8]?
    /// The longest the command may run.
    package var runTimeout: Duration?
    /// The longest the command may go without writing anything. Time in which *we* do not take its output does not
    /// count: a slow reader is no fault of the child.
    package var silenceTimeout: Duration?
    /// How long the group may take to end by itself after SIGTERM, before SIGKILL.
    package var killGrace: Duration

    package init(
        argv: [String],
        environment: [String: String],
        workingDirectory: String? = nil,
        standardInput: [UInt8]? = nil,
        runTimeout: Duration? = nil,
        silenceTimeout: Duration? = nil,
        killGrace: Duration = ProcessSpec.defaultKillGrace
    ) {
        self.argv = argv
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.standardInput = standardInput
        self.runTimeout = runTimeout
        self.silenceTimeout = silenceTimeout
        self.killGrace = killGrace
    }
}
