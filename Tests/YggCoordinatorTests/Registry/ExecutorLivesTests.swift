import FoundationEssentials
import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

/// Executors that start anew, while the coordinator does, too.
@Suite(.timeLimit(.minutes(1)))
struct ExecutorLivesTests {
    private static let huginn = ExecutorID(trusted: "huginn")

    private func register(boot: String, life: Int64, _ household: Household) async throws {
        try await household.register(Self.huginn, boot: boot, life: life)
    }

    /// - Returns: the leases that are stated in answer.
    private func sync(
        boot: String,
        held: [LeaseKey] = [],
        state: ExecutorState = .running,
        _ household: Household
    ) async throws -> [LeaseKey] {
        let request = SyncRequest(
            bootID: boot,
            storeID: household.coordinator.identity.storeID,
            counter: 1,
            lifecycle: LifecycleAccount(state: state),
            seen: 0,
            held: held
        )
        return try await household.coordinator.sync(Self.huginn, request).statement.leases.map(\.key)
    }

    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/ygg-lives-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func settledBoot(_ household: Household) async throws -> String? {
        try await household.database.read { tx in try ExecutorStore.all(in: tx).first?.settledBootID }
    }

    /// The coordinator ended between the commit of the registration and the one that takes the old leases away.
    @Test func `a lease of an earlier boot is not stated to the next one, also after a restart`() async throws {
        try await inDirectory { directory in
            try await Household.with(directory: directory) { household in
                try await register(boot: "b1", life: 1, household)
                try await household.submit("t")
                try await household.start("t")
            }
            try await Household.with(directory: directory) { household in
                try await register(boot: "b2", life: 2, household)
                #expect(try await settledBoot(household) == "b1")
            }
            try await Household.with(directory: directory) { household in
                let first = LeaseKey(task: TaskID(trusted: "t"), epoch: 1)
                let stated = try await sync(boot: "b2", household)
                #expect(!stated.contains(first), "nobody knows whether the earlier boot had begun it")
            }
        }
    }

    @Test func `a boot that names its leases keeps them over restarts`() async throws {
        try await inDirectory { directory in
            let lease = LeaseKey(task: TaskID(trusted: "t"), epoch: 1)
            try await Household.with(directory: directory) { household in
                try await register(boot: "b1", life: 1, household)
                try await household.submit("t")
                try await household.start("t")
            }
            for life in Int64(2)...3 {
                try await Household.with(directory: directory) { household in
                    try await register(boot: "b\(life)", life: life, household)
                    #expect(try await sync(boot: "b\(life)", held: [lease], household) == [lease])
                    // The next commit comes behind the one that settles the boot.
                    try await household.coordinator.checkStore()
                    #expect(try await settledBoot(household) == "b\(life)")
                }
            }
        }
    }

    /// It may have been paused on its own machine, or by a store that is lost.
    @Test func `to resume is asked of who was not heard since a restart, though nothing is known of a pause`()
        async throws
    {
        try await inDirectory { directory in
            try await Household.with(directory: directory) { try await register(boot: "b1", life: 1, $0) }
            try await Household.with(directory: directory) { household in
                let view = try await household.coordinator.order(
                    .init(action: .resume, by: "freya"),
                    to: Self.huginn
                )
                #expect(view.pending?.order.action == .resume)
            }
        }
    }

    @Test func `a registration that was long under way does not replace a later one`() async throws {
        try await Household.with { household in
            try await register(boot: "b2", life: 2, household)
            let problem = await #expect(throws: Problem.self) {
                try await register(boot: "b1", life: 1, household)
            }
            #expect(problem?.code == "executor-id-in-use")
            // A goodbye is answered at once.
            _ = try await sync(boot: "b2", state: .stopped, household)
            try await register(boot: "b3", life: 3, household)
            await #expect(throws: Problem.self) { _ = try await sync(boot: "b2", household) }
        }
    }
}
