/// How one run of a command came to its end.
package struct ProcessOutcome: Sendable, Equatable {
    /// What became of the leader of the group, the command itself.
    package enum Ending: Sendable, Equatable {
        /// It ended by itself with this code.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)
        /// It never ran. The sentence names what is missing or forbidden and is fit to be shown to a person.
        case notStarted(String)
    }

    /// Who wanted the end.
    package enum Cause: Sendable, Equatable {
        /// The command itself, or somebody outside.
        case finished
        /// We, because `runTimeout` had passed.
        case runTimeout
        /// We, because `silenceTimeout` had passed without output.
        case silenceTimeout
        /// We, because the surrounding Swift task was cancelled.
        case cancelled
    }

    package var ending: Ending
    package var cause: Cause
    /// The kernel killed it for want of memory: a SIGKILL we did not send, and a grown count of such kills.
    package var outOfMemory: Bool
    /// From the call to the end, without the time in which the machine was asleep.
    package var duration: Duration

    package init(ending: Ending, cause: Cause, outOfMemory: Bool, duration: Duration) {
        self.ending = ending
        self.cause = cause
        self.outOfMemory = outOfMemory
        self.duration = duration
    }

    /// The command ended by itself with code 0.
    package var succeeded: Bool { ending == .exited(0) && cause == .finished }
}
