package import Glibc

/// Whoever wants to know of every process group that is started within a scope, so that it can be found again when this
/// process is not there any more to end it.
package protocol ProcessWitness: Sendable {
    /// The leader has been started this moment and has not been reaped. Must not wait for long.
    func began(_ leader: pid_t)

    /// Nobody is left in the group, and the leader is about to be reaped: its number is still its own.
    func ended(_ leader: pid_t)
}

/// The witness of the task at work. Handlers need not hand it on: whatever they start is seen.
package enum ProcessScope {
    @TaskLocal package static var witness: (any ProcessWitness)?
}
