import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// What becomes of leases and of what is said of them.
@Suite(.timeLimit(.minutes(1)))
final class ExecutorTests: ExecutorScene {
    @Test func `a lease is run and its result reported, with every line before it`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait", params: ["lines": 5])
            gate.open()
            try await expect(key, endsAs: .finished(.succeeded))
            let entries = coordinator.state.withLock { $0.entries[key] } ?? []
            #expect(entries.map(\.n) == [1, 2, 3, 4, 5, 6])
        }
        #expect(coordinator.state.withLock { $0.states.last } == .stopped)
        #expect(coordinator.state.withLock { $0.registrations.count } == 1)
    }

    /// Who stops in order is not to be missed because a coordinator's disk was slow.
    @Test func `a goodbye may take all the time that there is for it`() async throws {
        try await withExecutor { _ in _ = try await coordinator.wait { $0.lastSync } }
        let (state, patience) = coordinator.state.withLock { ($0.states.last, $0.patience) }
        #expect(state == .stopped && patience == .seconds(5))
    }

    @Test func `a thousand short tasks go through two slots`() async throws {
        try await withExecutor { _ in
            let keys = (0..<1000).map { coordinator.grant("t\($0)", "bench-noop") }
            for key in keys { try await expect(key, endsAs: .finished(.succeeded)) }
        }
    }

    @Test func `cancelled work is ended and says so`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.leases[key]?.want = .cancel }
            try await expect(key, endsAs: .finished(.cancelled))
        }
    }

    @Test func `a refused report ends the attempt, and nothing more of it is sent`() async throws {
        try await withExecutor { executor in
            coordinator.state.withLock { $0.refusedAfter[LeaseKey(task: TaskID(trusted: "a"), epoch: 1)] = 0 }
            let key = coordinator.grant("a", "test-wait")
            let other = coordinator.grant("b", "bench-noop")
            try await expect(other, endsAs: .finished(.succeeded))
            try await coordinator.wait { $0.lastSync?.held.contains(key) == false && $0.leases.isEmpty ? true : nil }
            await executor.hasWork { $0.isEmpty }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `a report that the coordinator never takes holds up no other, and its attempt has an end`() async throws
    {
        coordinator.change { $0.bodyLimit = 2000 }
        try await withExecutor { _ in
            let long = coordinator.grant("a", "test-say", params: ["bytes": 4000])
            let other = coordinator.grant("b", "bench-noop")
            try await expect(other, endsAs: .finished(.succeeded))
            #expect(try await coordinator.final(long).error?.code == "report-rejected")
            let types = coordinator.state.withLock { $0.entries[long] ?? [] }.map { entry in
                if case .event(let draft) = entry.body { draft.type.rawValue } else { "final" }
            }
            #expect(types == ["gap", "final"])
        }
    }

    @Test func `a lease that is revoked ends the attempt without a report`() async throws {
        try await withExecutor { executor in
            let key = coordinator.grant("a", "test-wait", params: ["lines": 0])
            await gate.begun()
            coordinator.change { $0.leases[key] = nil }
            await executor.hasWork { $0.isEmpty }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `wrong parameters and unknown kinds come back as such`() async throws {
        try await withExecutor { _ in
            let wrong = coordinator.grant("a", "test-wait", params: ["lines": 9999])
            let refused = try await coordinator.final(wrong)
            #expect(refused.error?.code == "invalid-params")
            let unknown = coordinator.grant("b", "ops-unheard-of")
            try await coordinator.wait { $0.leases[unknown] == nil ? true : nil }
        }
    }

    @Test func `a disk that is too full takes no new work, and what runs goes on`() async throws {
        try await withExecutor { executor in
            let running = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[running] }
            disk.free.withLock { $0 = 1 << 20 }
            try await coordinator.wait { $0.lastSync?.capacity == Slots(["default": 0]) ? true : nil }
            let shortage = try #require(coordinator.state.withLock { $0.lastSync?.shortage })
            #expect(shortage.contains("/data has 1 MiB free"))
            #expect(executor.status.disks.sentence == shortage)
            disk.free.withLock { $0 = 1 << 19 }
            let less = try await coordinator.wait { state in
                state.lastSync?.shortage.flatMap { $0.contains("/data has 512 KiB free") ? $0 : nil }
            }
            let late = coordinator.grant("b", "bench-noop")
            let reason = try await coordinator.wait { $0.declined[late] }
            #expect(reason == less)
            await #expect(throws: ExecutionRefusal.noRoom(less)) {
                try await executor.execute(TaskKind(trusted: "bench-noop"), params: JSONObject())
            }
            gate.open()
            try await expect(running, endsAs: .finished(.succeeded))
            disk.free.withLock { $0 = 1 << 40 }
            try await coordinator.wait { state in
                state.lastSync?.capacity == nil && state.lastSync?.shortage == nil ? true : nil
            }
            try await expect(coordinator.grant("c", "bench-noop"), endsAs: .finished(.succeeded))
        }
    }

    @Test func `a handler that does not end in time is made to`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait", timeouts: Timeouts(run: 20))
            let report = try await coordinator.final(key)
            #expect(report.error?.code == "run-timeout")
        }
    }

    @Test func `cut off, work that may move elsewhere is ended and not reported`() async throws {
        try await withExecutor { executor in
            let moving = coordinator.grant("a", "test-wait", offline: .stop)
            let staying = coordinator.grant("b", "test-wait", offline: .continue)
            try await coordinator.wait { $0.entries[moving] != nil && $0.entries[staying] != nil ? true : nil }
            try await shortenLeases(to: 1000)
            coordinator.change { $0.failure = .unreachable("pulled out") }
            await executor.hasWork { $0.count == 1 }
            #expect(executor.status.work.map(\.key) == [staying])
            coordinator.change { $0.failure = nil }
            try await coordinator.wait { $0.lastSync?.held == [staying] ? true : nil }
            gate.open()
            try await expect(staying, endsAs: .finished(.succeeded))
        }
    }

    @Test func `cut off, a command that heeds no SIGTERM is killed`() async throws {
        try await withExecutor { executor in
            let key = coordinator.grant("a", "test-stubborn", offline: .stop)
            try await coordinator.wait { $0.entries[key] }
            try await shortenLeases(to: 2000)
            coordinator.change { $0.failure = .unreachable("pulled out") }
            await executor.hasWork { $0.isEmpty }
        }
    }

    /// It is told to end when two thirds of its lease are over.
    @Test(
        arguments: [(.stop, 2000, 500), (.stop, 60_000, 2000), (.continue, 2000, 2000)]
            as [(OfflinePolicy, Int64, Int64)]
    )
    func `a command that must not outlive its lease has a quarter of it to end in, and no more than others`(
        offline: OfflinePolicy,
        ttl: Int64,
        grace: Int64
    ) async throws {
        coordinator.change { $0.ttl = Milliseconds(ttl) }
        try await withExecutor { _ in
            // The grace goes by the time to live that it registered under.
            let report = try await coordinator.final(coordinator.grant("a", "test-grace", offline: offline))
            #expect(report.result["graceMs"] == .int(grace), "\(report)")
        }
    }
}
