import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// Pauses, drains and orders; work without a lease.
@Suite(.timeLimit(.minutes(1)))
final class ExecutorLifecycleTests: ExecutorScene {
    @Test func `paused it finishes what it has and gives back the rest`() async throws {
        try await withExecutor(slots: 1) { executor in
            let first = coordinator.grant("a", "test-wait")
            let second = coordinator.grant("b", "test-wait")
            try await coordinator.wait { $0.entries[first] }
            executor.order(.init(action: .pause, by: "test", why: "lunch"))
            try await coordinator.wait { $0.leases[second] == nil ? true : nil }
            #expect(coordinator.state.withLock { $0.lastSync?.state } == .paused)
            gate.open()
            try await expect(first, endsAs: .finished(.succeeded))
            await #expect(throws: ExecutionRefusal.paused) {
                try await executor.execute(TaskKind(trusted: "bench-noop"), params: JSONObject())
            }
            executor.order(.init(action: .resume, by: "test"))
            let third = coordinator.grant("c", "bench-noop")
            try await expect(third, endsAs: .finished(.succeeded))
        }
    }

    @Test func `what the coordinator orders is obeyed once, and a later word on the machine counts`() async throws {
        try await withExecutor { executor in
            func want(_ number: Int64, _ action: LifecycleAction) {
                let order = Lifecycle.Order(action: action, by: "freya", why: "lunch")
                coordinator.change { $0.wanted = StandingOrder(number: number, order: order, bootID: "any") }
            }
            want(4, .pause)
            let paused = try await coordinator.wait { state in
                state.lastSync.flatMap { $0.state == .paused ? $0.lifecycle : nil }
            }
            #expect(paused.order == 4 && paused.by == "freya" && paused.why == "lunch")
            executor.order(.init(action: .resume, by: "test"))
            try await coordinator.wait { $0.lastSync?.state == .running ? true : nil }
            let rev = coordinator.change { $0.rev }
            try await coordinator.wait { $0.lastSync.map { $0.seen > rev } ?? false ? true : nil }
            #expect(executor.lifecycle.state == .running, "it was stated again, and is not new")
            want(5, .drain)
            try await coordinator.wait { $0.lastSync?.lifecycle.order == 5 ? true : nil }
            #expect(executor.lifecycle.state == .paused)
        }
    }

    @Test func `ordered to restart it ends its work, and says that it wants to come back`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        executor.order(.init(action: .restart, by: "test", drainTimeout: 50))
        try await expect(key, endsAs: .interrupted(.drained))
        try await run.value
        #expect(executor.wantsRestart)
        // Its data directory is free for whoever comes next.
        let next = try makeExecutor()
        #expect(!next.wantsRestart)
    }

    @Test func `work without a lease that is drained is refused, not failed`() async throws {
        try await withExecutor { executor in
            try await coordinator.wait { $0.lastSync }
            let work = Task { try await executor.execute(TaskKind(trusted: "test-wait"), params: JSONObject()) }
            while executor.status.work.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            executor.order(.init(action: .drain, by: "test", drainTimeout: .zero))
            await #expect(throws: ExecutionRefusal.drained) { try await work.value }
        }
    }

    @Test func `at the drain timeout work is given back`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        executor.order(.init(action: .stop, by: "test", drainTimeout: 50))
        try await expect(key, endsAs: .interrupted(.drained))
        try await run.value
    }

    @Test func `work without a lease takes a slot, and says what it came to`() async throws {
        try await withExecutor(slots: 1) { executor in
            try await coordinator.wait { $0.lastSync }
            let kind = TaskKind(trusted: "test-wait")
            let first = Task { try await executor.execute(kind, params: JSONObject()) }
            await executor.hasWork { !$0.isEmpty }
            await #expect(throws: ExecutionRefusal.noSlot) { try await executor.execute(kind, params: JSONObject()) }
            try await coordinator.wait { $0.lastSync?.capacity == Slots(["default": 0]) ? true : nil }
            gate.open()
            let report = try await first.value
            #expect(report.ending == .finished(.succeeded))
            await #expect(throws: InvalidInput.self) { try await executor.execute(kind, params: ["lines": -1]) }
        }
    }

    @Test func `one shot runs without a coordinator and tells its events`() async throws {
        gate.open()
        let settings = try makeExecutor().settings
        let texts = Mutex<[JSON?]>([])
        let report = try await OneShot.run(TaskKind(trusted: "test-wait"), params: ["lines": 2], settings: settings) {
            event in texts.withLock { $0.append(event.data["text"]) }
        }
        #expect(report?.ending == .finished(.succeeded))
        #expect(texts.withLock { $0 } == ["line 0\n", "line 1\n"])
        let unknown = try await OneShot.run(
            TaskKind(trusted: "ops-unheard-of"),
            params: JSONObject(),
            settings: settings
        ) { _ in }
        #expect(unknown == nil)
    }
}
