import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct AgentServiceStoreTests {
    @Test(arguments: Driver.all)
    func `services are kept as they registered last, until they are removed`(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let address = try #require(AgentAddress("http://surtr:7001"))
            var service = AgentService(
                id: ExecutorID(trusted: "painter"),
                address: address,
                metadata: ["kinds": ["paint-picture"]],
                registeredAt: .noon
            )
            func save(at time: Timestamp) async throws {
                let stored = StoredAgentService(service: service, lastSeen: time)
                try await store.write { tx, _ in try AgentServiceStore.save(stored, in: tx) }
            }
            try await save(at: .noon)
            service.address = try #require(AgentAddress("http://surtr:7002"))
            service.registeredAt = .noon + .seconds(5)
            try await save(at: .noon + .seconds(5))
            let all = try await store.read { tx, _ in try AgentServiceStore.all(in: tx) }
            let only = try #require(all.first)
            #expect(all.count == 1 && only.service.address.url == "http://surtr:7002")
            #expect(only.service.registeredAt == .noon, "since its first registration")
            #expect(only.lastSeen == .noon + .seconds(5) && only.service.metadata == service.metadata)
            try await store.write { tx, _ in try AgentServiceStore.remove(only.service.id, in: tx) }
            #expect(try await store.read { tx, _ in try AgentServiceStore.all(in: tx) }.isEmpty)
        }
    }
}
