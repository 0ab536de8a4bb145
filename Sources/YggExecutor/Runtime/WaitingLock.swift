import Glibc

/// A value behind a lock on which its owner can wait: what `Mutex` cannot do and a thread with timers needs.
///
/// `@unchecked Sendable`: the value is touched with the lock held and nowhere else, and the two C objects are made for
/// use from many threads; they stay at one address from `init` to `deinit`.
final class WaitingLock<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// - Parameter body: returns its result and whether the waiting thread has to look again.
    func withLock<Result>(_ body: (inout Value) -> (Result, wakes: Bool)) -> Result {
        pthread_mutex_lock(mutex)
        let (result, wakes) = body(&value)
        if wakes { pthread_cond_signal(condition) }
        pthread_mutex_unlock(mutex)
        return result
    }

    /// Waits until `body` has a result. Between two looks it sleeps until it is woken or the time it asked for has come.
    /// - Parameter body: the result, or nil and for how long nothing can happen; a nil time means until woken.
    func wait<Result>(_ body: (inout Value) -> (Result?, nanoseconds: Int64?)) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            let (result, nanoseconds) = body(&value)
            if let result { return result }
            guard let nanoseconds else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var deadline = timespec()
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let total = Int64(deadline.tv_nsec) + max(0, nanoseconds)
            deadline.tv_sec += Int(total / 1_000_000_000)
            deadline.tv_nsec = Int(total % 1_000_000_000)
            pthread_cond_timedwait(condition, mutex, &deadline)
        }
    }
}
