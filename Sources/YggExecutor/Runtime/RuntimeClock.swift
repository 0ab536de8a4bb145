import Glibc
package import YggCore

/// Where the executor's shell takes the time from, so that tests can stop it.
package struct RuntimeClock: Sendable {
    package var now: @Sendable () -> Instant
    package var time: @Sendable () -> Timestamp

    package init(now: @escaping @Sendable () -> Instant, time: @escaping @Sendable () -> Timestamp) {
        self.now = now
        self.time = time
    }

    /// The clocks of this machine. The monotonic one goes on while the machine sleeps, as the coordinator's does: a
    /// laptop that was closed for an hour has lost its leases.
    package static let host = RuntimeClock(
        now: { Instant(nanoseconds: read(CLOCK_BOOTTIME)) },
        time: { Timestamp(milliseconds: read(CLOCK_REALTIME) / 1_000_000) }
    )
}

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
