package import YggCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a coordinator takes from the machine it runs on: time and chance. The simulation has its own.
package struct Machine: Sendable {
    /// The monotonic clock: what deadlines are made of.
    package var now: @Sendable () -> Instant
    /// The wall clock: what rows are stamped with.
    package var time: @Sendable () -> Timestamp
    /// Returns when that much time has passed, or the surrounding task is cancelled.
    package var sleep: @Sendable (Milliseconds) async -> Void
    package var random: @Sendable () -> UInt64

    package init(
        now: @escaping @Sendable () -> Instant,
        time: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Milliseconds) async -> Void,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.now = now
        self.time = time
        self.sleep = sleep
        self.random = random
    }

    package static let host = Machine(
        now: { .now },
        time: { .now },
        sleep: { try? await Task.sleep(for: $0.duration) },
        random: { UInt64.random(in: .min ... .max) }
    )

    /// From 0 to 1.
    var jitter: Double {
        var chance = Chance(draw: random)
        return Double.random(in: 0...1, using: &chance)
    }
}

/// The machine's randomness for whoever wants a generator.
struct Chance: RandomNumberGenerator {
    let draw: @Sendable () -> UInt64

    mutating func next() -> UInt64 { draw() }
}

extension Instant {
    /// The monotonic clock of the host, asked at the edge of the process: what decides is told the time.
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension Timestamp {
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
