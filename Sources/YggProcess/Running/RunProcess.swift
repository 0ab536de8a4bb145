package import Glibc

/// Runs a command to its end. Never throws; what went wrong is in the outcome.
///
/// Cancelling the surrounding task ends the group (SIGTERM, `killGrace`, SIGKILL) and returns with cause `cancelled`.
/// The same happens when a limit of the spec is reached. When the leader of the group has ended, by itself or not,
/// whoever it left behind in the group is killed, and where it was ended, in its session too; a process that made itself
/// a session of its own escapes, but holds nothing up. All output of the leader is delivered before this returns.
///
/// - Parameters:
///   - onOutput: Takes a piece of output as it was read, in order within a stream; calls for the two streams may
///     overlap. The child waits while its pipe is full and this has not returned. It runs uncancelled, so that the
///     last words of a child are heard; only once a cancelled run's group is dead is it cancelled.
///   - onStart: Is given the id of leader, group and session, once, before any output.
package func runProcess(
    _ spec: ProcessSpec,
    onOutput: @escaping @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void,
    onStart: (@Sendable (pid_t) -> Void)? = nil
) async -> ProcessOutcome {
    let clock = SuspendingClock()
    let started = clock.now
    guard !Task.isCancelled else {
        return ProcessOutcome(
            ending: .notStarted("The work was cancelled before the command was started."),
            cause: .cancelled,
            outOfMemory: false,
            duration: .zero
        )
    }
    let killsBefore = OutOfMemory.kills()
    let run = ProcessRun(spec, started: started)
    // A task of its own, awaited below, because what a child says while it cleans up after a cancel is read, too.
    let execution = Task { await run.execute(onOutput: onOutput, onStart: onStart) }
    // Cancelled when the caller's task is; else by leaving this function, which also awaits it.
    async let _ = run.enforceLimits(on: execution)
    let ending = await execution.value
    return ProcessOutcome(
        ending: ending,
        cause: run.cause,
        outOfMemory: OutOfMemory.explains(
            ending,
            sentByUs: run.killed,
            killsBefore: killsBefore,
            killsAfter: OutOfMemory.kills()
        ),
        duration: started.duration(to: clock.now)
    )
}
