import Glibc
import Synchronization
import Testing
import YggCore

@testable import YggExecutor

/// Serialised, because one of them takes the whole cooperative pool for a while.
@Suite(.timeLimit(.minutes(1)), .serialized)
struct DedicatedThreadTests {
    @Test func `timers fire in the order of their times, and cancelled ones not at all`() async {
        let thread = DedicatedThread(name: "test")
        defer { thread.stop() }
        let (fired, report) = AsyncStream.makeStream(of: Int.self)
        thread.run {
            let now = RuntimeClock.host.now()
            for index in [3, 1, 2] {
                thread.schedule(at: now + Milliseconds(Int64(index * 5))) { report.yield(index) }
            }
            thread.cancel(thread.schedule(at: now + 1) { report.yield(99) })
            thread.schedule(at: now + 20) { report.finish() }
        }
        var order: [Int] = []
        for await index in fired { order.append(index) }
        #expect(order == [1, 2, 3])
    }

    @Test func `a task that prefers it runs on it, also after it slept`() async {
        let thread = DedicatedThread(name: "test-name")
        defer { thread.stop() }
        let names = await withTaskExecutorPreference(thread) { () async -> [String] in
            let before = threadName()
            await Wakeup().sleep(until: RuntimeClock.host.now() + 5, on: thread)
            return [before, threadName()]
        }
        #expect(names == ["test-name", "test-name"])
    }

    @Test func `its timers keep their time while the cooperative pool is blocked`() async {
        let thread = DedicatedThread(name: "test")
        defer { thread.stop() }
        let clock = RuntimeClock.host
        let isDone = Flag()
        await withTaskExecutorPreference(thread) {
            let blockers = (0..<8).map { _ in
                // Outside of the preference: each takes a thread of the pool until the ticks are counted.
                Task.detached { while !isDone.isSet { usleep(1000) } }
            }
            // Where they need the pool, the test comes to no end.
            for _ in 0..<10 { await Wakeup().sleep(until: clock.now() + 5, on: thread) }
            isDone.set()
            for blocker in blockers { await blocker.value }
        }
    }

    @Test func `a bell rung before the sleep ends it at once, and one ring ends one sleep`() async {
        let thread = DedicatedThread(name: "test")
        defer { thread.stop() }
        let bell = Wakeup()
        let clock = RuntimeClock.host
        bell.ring()
        bell.ring()
        await bell.sleep(on: thread)
        let before = clock.now()
        await bell.sleep(until: before + 20, on: thread)
        #expect(clock.now() - before >= 20)
    }

    @Test func `cancelling a task ends its sleep`() async {
        let thread = DedicatedThread(name: "test")
        defer { thread.stop() }
        let bell = Wakeup()
        let sleeper = Task { await bell.sleep(on: thread) }
        sleeper.cancel()
        await sleeper.value
    }

    @Test func `work that comes after the end is done by whoever brings it`() async {
        let thread = DedicatedThread(name: "test")
        thread.stop()
        await withCheckedContinuation { continuation in thread.run { continuation.resume() } }
        #expect(await withTaskExecutorPreference(thread) { () async -> Int in 7 } == 7)
    }

    @Test(arguments: [UInt64.random(in: .min ... .max), 1])
    func `the timer queue is a sorted list`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = TimerQueue()
        var model: [TimerQueue.ID: Int64] = [:]
        for _ in 0..<2000 {
            if let id = model.keys.sorted().randomElement(using: &random), Int.random(in: 0..<3, using: &random) == 0 {
                queue.cancel(id)
                model[id] = nil
            } else if Int.random(in: 0..<4, using: &random) == 0 {
                let now = Int64.random(in: 0..<1_000_000, using: &random)
                let due = model.filter { $0.value <= now }
                #expect(queue.due(at: Instant(nanoseconds: now)).count == due.count, "seed \(seed)")
                for id in due.keys { model[id] = nil }
            } else {
                let at = Int64.random(in: 0..<1_000_000, using: &random)
                model[queue.add(at: Instant(nanoseconds: at)) {}] = at
            }
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

private func threadName() -> String {
    let bytes = (try? TemporaryFolder.read("/proc/thread-self/comm")) ?? []
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
