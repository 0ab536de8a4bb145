import Synchronization
import Testing
import YggAgent
import YggCore

@Suite(.timeLimit(.minutes(1)))
struct ModelGateDeskTests {
    @Test func `one at a time goes through, and those who wait know their place`() async throws {
        let desk = ModelGateDesk(.init())
        let witness = Witness()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await desk.pass(model: "m", onPlace: { witness.note($0.position) }, { await witness.visit() })
                }
            }
            try await group.waitForAll()
        }
        #expect(witness.most == 1)
        #expect(witness.places.isSubset(of: Set(1...7)))
        #expect(desk.load.running == 0 && desk.load.waiting == 0)
    }

    @Test func `who is cancelled in line leaves it`() async throws {
        let desk = ModelGateDesk(.init())
        try await desk.pass(model: "m") {
            let (places, feed) = AsyncStream.makeStream(of: Int.self)
            let waiting = Task { try await desk.pass(model: "m", onPlace: { feed.yield($0.position) }) {} }
            #expect(await places.first { _ in true } == 1)
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(desk.load.running == 1 && desk.load.waiting == 0)
        }
        #expect(desk.load.running == 0 && desk.load.waiting == 0)
    }

    @Test func `an error makes room, too`() async throws {
        struct Boom: Error {}
        let desk = ModelGateDesk(.init())
        await #expect(throws: Boom.self) { try await desk.pass(model: "m") { throw Boom() } }
        #expect(desk.load.running == 0 && desk.load.waiting == 0)
    }
}

/// Sees how many are inside at once.
private final class Witness: Sendable {
    private let state = Mutex((inside: 0, most: 0, places: Set<Int>()))

    var most: Int { state.withLock { $0.most } }
    var places: Set<Int> { state.withLock { $0.places } }

    func note(_ place: Int) { state.withLock { _ = $0.places.insert(place) } }

    func visit() async {
        state.withLock {
            $0.inside += 1
            $0.most = max($0.most, $0.inside)
        }
        await Task.yield()
        state.withLock { $0.inside -= 1 }
    }
}
