import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct ExecutorStoreTests {
    private func executor(instance: String = "i", boot: String, life: Int64?) -> StoredExecutor {
        StoredExecutor(
            id: ExecutorID(trusted: "huginn"),
            instance: instance,
            bootID: boot,
            life: life,
            settledBootID: boot,
            host: "h",
            registeredAt: Timestamp(milliseconds: 1),
            lastSeen: Timestamp(milliseconds: 2),
            offer: Array("{}".utf8)
        )
    }

    /// Two registrations may be under way at once, each let in before the other was kept.
    @Test(arguments: Driver.all)
    func `of two lives of an instance the later one is kept, whichever comes last`(driver: Driver) async throws {
        try await driver.withStore { store in
            try await store.write { tx, _ in
                #expect(try ExecutorStore.save(executor(boot: "b3", life: 3), insteadOf: nil, in: tx))
                #expect(try !ExecutorStore.save(executor(boot: "b2", life: 2), insteadOf: nil, in: tx))
                #expect(try !ExecutorStore.save(executor(boot: "b2", life: 2), insteadOf: "b1", in: tx))
                #expect(try ExecutorStore.all(in: tx).map(\.bootID) == ["b3"])
                #expect(try ExecutorStore.save(executor(boot: "b2", life: 2), insteadOf: "b3", in: tx), "meant to")
                #expect(try ExecutorStore.save(executor(instance: "j", boot: "c1", life: 1), insteadOf: "b2", in: tx))
                #expect(try ExecutorStore.save(executor(instance: "j", boot: "c2", life: nil), insteadOf: nil, in: tx))
                #expect(try ExecutorStore.save(executor(instance: "j", boot: "c3", life: 1), insteadOf: nil, in: tx))
                #expect(try ExecutorStore.all(in: tx).map(\.settledBootID) == ["b3"], "until its leases have ended")
                try ExecutorStore.settle(boot: "c3", of: ExecutorID(trusted: "huginn"), in: tx)
                #expect(try ExecutorStore.all(in: tx).map(\.settledBootID) == ["c3"])
            }
        }
    }
}
