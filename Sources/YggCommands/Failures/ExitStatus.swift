import YggClient
import YggCore

/// What `ygg` tells the shell. Scripts rely on these numbers.
enum ExitStatus: Int32, Sendable {
    /// Also for work that was done and that nothing could check.
    case succeeded = 0
    case failed = 1
    case usage = 2
    case unreachable = 3
    case timedOut = 4
    case awaitingApproval = 5
    /// Ended by Ctrl-C: 128 and the signal's number, as shells do.
    case interrupted = 130

    /// How a command that watched a task ends when it stops watching in this state.
    init(_ task: TaskView) {
        switch task.state {
        case .succeeded: self = .succeeded
        case .awaitingApproval: self = .awaitingApproval
        default: self = .failed
        }
    }
}
