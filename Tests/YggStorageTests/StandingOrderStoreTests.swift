import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct StandingOrderStoreTests {
    private static let huginn = ExecutorID(trusted: "huginn")
    private static let muninn = ExecutorID(trusted: "muninn")

    private static func keep(
        _ order: Lifecycle.Order,
        for id: ExecutorID = huginn,
        in store: Store
    ) async throws -> StandingOrder {
        try await store.write { tx, _ in try StandingOrderStore.keep(order, for: id, bootID: "b1", in: tx) }
    }

    private static func all(in store: Store) async throws -> [ExecutorID: StandingOrder] {
        try await store.read { tx, _ in try StandingOrderStore.all(in: tx) }
    }

    @Test(arguments: Driver.all)
    func `an order survives the store whole`(driver: Driver) async throws {
        try await driver.withStore { store in
            let full = Lifecycle.Order(
                action: .drain,
                by: "freya@surtr",
                why: "grüße 🌳",
                until: .noon,
                drainTimeout: .seconds(5)
            )
            let first = try await Self.keep(full, in: store)
            let second = try await Self.keep(.init(action: .resume, by: "x"), for: Self.muninn, in: store)
            #expect(first.order == full && first.bootID == "b1" && first.number == 1)
            #expect(try await Self.all(in: store) == [Self.huginn: first, Self.muninn: second])
            let one = try await store.read { tx, _ in try StandingOrderStore.order(of: Self.muninn, in: tx) }
            #expect(one == second)
        }
    }

    @Test(arguments: Driver.all)
    func `numbers grow for ever, and only the newest order stands`(driver: Driver) async throws {
        try await driver.withStore { store in
            _ = try await Self.keep(.init(action: .pause, by: "a"), in: store)
            let second = try await Self.keep(.init(action: .stop, by: "b"), in: store)
            #expect(second.number == 2)
            // A late word about an older order takes nothing from the newer one.
            try await store.write { tx, _ in try StandingOrderStore.settle(1, for: Self.huginn, in: tx) }
            #expect(try await Self.all(in: store) == [Self.huginn: second])
            try await store.write { tx, _ in try StandingOrderStore.settle(2, for: Self.huginn, in: tx) }
            #expect(try await Self.all(in: store).isEmpty)
            let third = try await Self.keep(.init(action: .pause, by: "c"), in: store)
            #expect(third.number == 3)
        }
    }
}
