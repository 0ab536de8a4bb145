import Glibc
package import YggCore

/// The clock that breakers and budgets are measured by: it stands still while the machine sleeps.
package func monotonicNow() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
