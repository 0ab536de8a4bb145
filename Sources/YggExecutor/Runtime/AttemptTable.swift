import Synchronization
import YggCore

/// The attempts that this executor has accepted and that are not over.
final class AttemptTable: Sendable {
    private let attempts = Mutex<[LeaseKey: Attempt]>([:])
    private let changed = Wakeup()

    /// How long a handler has to end by itself when its time is over, before it is made to.
    static let grace = Milliseconds(500)

    subscript(key: LeaseKey) -> Attempt? { attempts.withLock { $0[key] } }

    var all: [Attempt] { attempts.withLock { $0.values.sorted { $0.key < $1.key } } }

    func add(_ attempt: Attempt) { attempts.withLock { $0[attempt.key] = attempt } }

    func remove(_ key: LeaseKey) {
        let isEmpty = attempts.withLock { attempts in
            attempts[key] = nil
            return attempts.isEmpty
        }
        if isEmpty { changed.ring() }
    }

    func stopAll(_ reason: AttemptEnd) {
        for attempt in all where !attempt.stop(reason) { remove(attempt.key) }
    }

    /// Ends what runs beyond its limits: one look at all of them instead of a timer for each.
    func sweep(at now: Instant) {
        for attempt in all {
            if let end = attempt.exceededLimit(at: now, grace: Self.grace) { attempt.stop(end) }
        }
    }

    /// Waits until the last attempt is over, or `deadline` has come. In a cancelled task it waits all the same.
    func emptied(by deadline: Instant, on thread: DedicatedThread, clock: RuntimeClock) async {
        await Task(executorPreference: thread) { [self] in
            while !attempts.withLock({ $0.isEmpty }), clock.now() < deadline {
                await changed.sleep(until: deadline, on: thread)
            }
        }.value
    }
}
