import Synchronization

/// Raised by Ctrl-C or SIGTERM. Whatever waits looks at it several times a second, so that the processes of the
/// benchmark are always stopped by the thread that started them.
final class StopFlag: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` once the flag is raised.
    func check() throws {
        if isRaised.load(ordering: .relaxed) { throw CancellationError() }
    }

    /// Sleeps, but not through an interruption.
    func sleep(seconds: Double) throws {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(seconds)
        while MonotonicTime.now < deadline {
            try check()
            MonotonicTime.sleep(until: min(deadline, MonotonicTime.now + 100_000_000))
        }
        try check()
    }
}
