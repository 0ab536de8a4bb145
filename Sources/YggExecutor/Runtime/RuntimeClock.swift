import Glibc
package import YggCore

/// Where the executor's shell takes the time from, so that tests can stop it.
package struct RuntimeClock: Sendable {
    /// Goes on while the machine sleeps: for its coordinator, on another one, a laptop that was closed for an hour has
    /// lost its leases.
    package var now: @Sendable () -> Instant
    /// Stands still while the machine sleeps: what ran on that laptop has not been silent for an hour. Its instants are
    /// not to be compared with those of `now`.
    package var awake: @Sendable () -> Instant
    package var time: @Sendable () -> Timestamp

    package init(
        now: @escaping @Sendable () -> Instant,
        awake: @escaping @Sendable () -> Instant,
        time: @escaping @Sendable () -> Timestamp
    ) {
        self.now = now
        self.awake = awake
        self.time = time
    }

    /// Of an executor in one process with its coordinator: while the machine sleeps, its leases do as well.
    package static let besideCoordinator = RuntimeClock(now: host.awake, awake: host.awake, time: host.time)

    /// The clocks of this machine.
    package static let host = RuntimeClock(
        now: { Instant(nanoseconds: read(CLOCK_BOOTTIME)) },
        awake: { Instant(nanoseconds: read(CLOCK_MONOTONIC)) },
        time: { Timestamp(milliseconds: read(CLOCK_REALTIME) / 1_000_000) }
    )
}

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
