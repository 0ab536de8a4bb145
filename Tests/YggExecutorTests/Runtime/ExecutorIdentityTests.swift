import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// Lives, stores and places that are taken.
@Suite(.timeLimit(.minutes(1)))
final class ExecutorIdentityTests: ExecutorScene {
    @Test func `a result that could not be delivered is delivered by the next life, under a new boot id`() async throws
    {
        let key = LeaseKey(task: TaskID(trusted: "a"), epoch: 1)
        do {
            let executor = try makeExecutor()
            let run = Task { try await executor.run() }
            coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.failure = .unreachable("pulled out") }
            gate.open()
            await executor.hasWork { $0.isEmpty }
            run.cancel()
            await #expect(throws: (any Error).self) { try await run.value }
        }
        #expect(coordinator.state.withLock { $0.entries[key]?.count } == 1)
        coordinator.change { $0.failure = nil }
        try await withExecutor { _ in
            try await expect(key, endsAs: .finished(.succeeded))
        }
        let registrations = coordinator.state.withLock { $0.registrations }
        #expect(Set(registrations.map(\.bootID)).count == 2)
        #expect(Set(registrations.map(\.instance)).count == 1)
        #expect(registrations.map(\.storeID) == [nil, "store-1"])
    }

    @Test func `a coordinator that does not know it is registered with again, without losing work`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.isKnown = false }
            try await coordinator.wait { $0.registrations.count == 2 ? true : nil }
            gate.open()
            try await expect(key, endsAs: .finished(.succeeded))
            #expect(Set(coordinator.state.withLock { $0.registrations }.map(\.bootID)).count == 1)
        }
    }

    @Test func `another store ends all work and begins anew with an empty outbox`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { state in
                state.storeID = "store-2"
                state.leases = [:]
                state.entries = [:]
            }
            try await coordinator.wait { $0.registrations.count >= 2 ? true : nil }
            let after = coordinator.grant("b", "bench-noop")
            try await expect(after, endsAs: .finished(.succeeded))
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
        #expect(folder.names().contains { $0.hasPrefix("outbox-of-store-1-") })
    }

    @Test func `paused it stays paused where another store speaks`() async throws {
        try await withExecutor { executor in
            try await coordinator.wait { $0.lastSync }
            executor.order(.init(action: .pause, by: "test"))
            coordinator.change { $0.storeID = "store-2" }
            try await coordinator.wait { $0.registrations.count >= 2 ? true : nil }
            let key = coordinator.grant("a", "bench-noop")
            try await coordinator.wait { $0.leases[key] == nil ? true : nil }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `who was replaced ends its work and fails`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        coordinator.change {
            $0.failure = .refused(
                Problem(status: 409, code: "replaced", title: "", detail: "by fenrir", nextAction: "")
            )
        }
        await #expect { try await run.value } throws: { ($0 as? ExecutorError)?.code == .replaced }
        #expect(executor.status.work.isEmpty)
    }

    @Test(arguments: [("executor-id-in-use", 409, ExecutorError.Code.idInUse), ("unsupported-protocol", 400, .refused)])
    func `a registration that is refused for good ends with the sentence`(
        code: String,
        status: Int,
        expected: ExecutorError.Code
    ) async throws {
        coordinator.change {
            $0.failure = .refused(Problem(status: status, code: code, title: "", detail: "No.", nextAction: ""))
        }
        let executor = try makeExecutor()
        await #expect { try await executor.run() } throws: { error in
            (error as? ExecutorError)?.code == expected && "\(error)".contains("No.")
        }
    }

    @Test func `a second process on the data directory is told who has it`() throws {
        let executor = try makeExecutor()
        #expect { _ = try makeExecutor() } throws: { error in
            (error as? ExecutorError)?.code == .dataDirectoryInUse && "\(error)".contains("huginn")
        }
        withExtendedLifetime(executor) {}
    }
}
