import Glibc
import SystemPackage
package import YggCore

/// A thread of our own with timers of its own, which Swift tasks can prefer as their executor.
///
/// The cooperative pool is as wide as the machine has cores: a handler that blocks them, or children that burn them,
/// would keep every `await` and every `Task.sleep` waiting. What must not wait for the work, the renewal of leases above
/// all, runs here. It ends with `stop`; work that comes later is done by whoever brings it, so that nobody waits for ever.
package final class DedicatedThread: TaskExecutor {
    private enum Work: Sendable {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private struct State {
        var ready: [Work] = []
        var timers = TimerQueue()
        var isStopping = false
        var hasEnded = false
    }

    private let lock = WaitingLock(State())
    private let clock: RuntimeClock

    /// Starts the thread.
    /// - Parameter name: at most 15 bytes are shown by `top -H` and its like.
    package init(name: String, clock: RuntimeClock = .host) {
        self.clock = clock
        let body = Unmanaged.passRetained(Body(thread: self, name: name))
        var handle = pthread_t()
        let failure = pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        guard failure == 0 else {
            // Without threads nothing works here; work is done by whoever brings it.
            body.release()
            lock.withLock { state in
                state.hasEnded = true
                return ((), wakes: false)
            }
            return
        }
        pthread_detach(handle)
    }

    /// A thread that is none: whoever holds it steps it, so that a simulated clock decides when its work is done.
    package init(steppedWith clock: RuntimeClock) { self.clock = clock }

    /// Does what is ready, timers that are due included. Only for one that is stepped.
    /// - Returns: whether there was anything.
    package func step() -> Bool {
        let batch = lock.withLock { (takeReady(&$0), wakes: false) }
        for work in batch { perform(work) }
        return !batch.isEmpty
    }

    /// When the next timer is due; one that was cancelled may be named, and does nothing then.
    package var nextDeadline: Instant? { lock.withLock { ($0.timers.next, wakes: false) } }

    /// Lets the thread end when nothing is ready any more. Timers that are still set never fire.
    package func stop() {
        lock.withLock { state in
            state.isStopping = true
            state.timers = TimerQueue()
            return ((), wakes: true)
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    /// Runs `body` on this thread.
    package func run(_ body: @escaping @Sendable () -> Void) { add(.call(body)) }

    /// Runs `body` on this thread after `delay`.
    @discardableResult
    package func schedule(after delay: Milliseconds, _ body: @escaping @Sendable () -> Void) -> TimerQueue.ID {
        schedule(at: clock.now() + delay, body)
    }

    @discardableResult
    package func schedule(at deadline: Instant, _ body: @escaping @Sendable () -> Void) -> TimerQueue.ID {
        lock.withLock { state in
            let isFirst = state.timers.next.map { deadline < $0 } ?? true
            return (state.timers.add(at: deadline, body), wakes: isFirst)
        }
    }

    package func cancel(_ timer: TimerQueue.ID) { lock.withLock { ($0.timers.cancel(timer), wakes: false) } }

    private func add(_ work: Work) {
        let isLate = lock.withLock { state in
            if !state.hasEnded { state.ready.append(work) }
            return (state.hasEnded, wakes: state.ready.count == 1)
        }
        if isLate { perform(work) }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        case .call(let body): body()
        }
    }

    private func loop() {
        while let batch = nextBatch() {
            for work in batch { perform(work) }
        }
    }

    /// What is ready now; nil at the end.
    private func nextBatch() -> [Work]? {
        lock.wait { state in
            let batch = takeReady(&state)
            if !batch.isEmpty { return (.some(batch), nil) }
            if state.isStopping {
                state.hasEnded = true
                return (.some(nil), nil)
            }
            let now = clock.now()
            return (nil, state.timers.next.map { $0.nanoseconds - now.nanoseconds })
        }
    }

    private func takeReady(_ state: inout State) -> [Work] {
        for body in state.timers.due(at: clock.now()) { state.ready.append(.call(body)) }
        defer { state.ready = [] }
        return state.ready
    }

    /// What the C function is handed. It keeps the executor alive until its thread has ended.
    private final class Body: Sendable {
        private let thread: DedicatedThread
        private let name: String

        init(thread: DedicatedThread, name: String) {
            self.thread = thread
            self.name = name
        }

        /// The C function for it is not visible from Swift. A thread without its name does its work all the same.
        private func nameThread() {
            guard let file = try? FileDescriptor.open("/proc/thread-self/comm", .writeOnly) else { return }
            _ = try? file.closeAfter { try file.writeAll(name.utf8.prefix(15)) }
        }

        func run() {
            nameThread()
            thread.loop()
        }
    }
}
