import Glibc
import Synchronization
import YggCore
import YggProcess

/// Ends this process where it has given no sign of life for too long and nobody outside would act on that: the engine of
/// a container starts anew what has ended, and nothing that hangs.
///
/// A thread of its own counts its own rounds and not the time: a process that was stopped, or a machine that slept, has
/// not hung. Nothing else may be needed for it, since whatever hangs may be what everything else waits for.
final class SelfWatch: Sendable {
    private struct State {
        var silentRounds = 0
        var isStopped = false
    }

    /// How long it waits for a sign of life.
    let limit: Duration
    private let end: @Sendable () -> Void
    private let state = Mutex(State())

    private static let rounds = 20

    /// - Parameter end: what is done when it was silent for too long; ends the process, with a sentence.
    init(limit: Duration, end: (@Sendable () -> Void)? = nil) {
        self.limit = limit
        self.end = end ?? { Self.endProcess(after: limit) }
    }

    /// The one that `YGG_WATCHDOG` asks for; nil where it asks for none.
    /// - Throws: `CommandFailure` where it is no duration.
    static func asked(_ environment: [String: String]) throws(CommandFailure) -> SelfWatch? {
        guard let text = environment["YGG_WATCHDOG"], !text.isEmpty else { return nil }
        guard let limit = Milliseconds(parsing: text), limit.rawValue >= 1000 else {
            throw .usage(
                "YGG_WATCHDOG is \"\(text)\": it must be a duration of at least 1s, such as 60s.",
                next: "Correct it, or leave it away for none."
            )
        }
        return SelfWatch(limit: limit.duration)
    }

    /// There is life.
    func alive() { state.withLock { $0.silentRounds = 0 } }

    /// From here on it is nobody's fault.
    func stop() { state.withLock { $0.isStopped = true } }

    func start() {
        // Without a thread to spare it goes on unwatched, as it would without the variable.
        try? SmallThread.start { self.watch() }
    }

    private func watch() {
        let round = limit / Self.rounds
        let (seconds, attoseconds) = round.components
        var pause = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        while true {
            nanosleep(&pause, nil)
            let (isStopped, silent) = state.withLock { state in
                state.silentRounds += 1
                return (state.isStopped, state.silentRounds)
            }
            if isStopped { return }
            guard silent > Self.rounds else { continue }
            end()
            return
        }
    }

    /// Not by the way that a server ends, which needs what hangs. What it has running is ended by the one that is started
    /// next.
    private static func endProcess(after limit: Duration) {
        // Whoever reads what we write may be what hangs.
        signal(SIGALRM, SIG_DFL)
        alarm(2)
        Console.error(
            "ygg: did not answer itself for \(limit) (YGG_WATCHDOG), and ends so that it can be started anew.\n"
        )
        _exit(ExitStatus.failed.rawValue)
    }
}
