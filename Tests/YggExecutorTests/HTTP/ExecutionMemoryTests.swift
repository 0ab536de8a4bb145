import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct ExecutionMemoryTests {
    private let memory = ExecutionMemory(limit: 2)

    private func ask(_ key: String) async throws -> Bool {
        try await memory.report(key) {
            FinalReport(ending: .finished(.succeeded), result: ["for": .string(key)])
        }.isReplayed
    }

    @Test func `a repeated request gets the report of the first`() async throws {
        #expect(try await ask("a") == false)
        #expect(try await ask("a"))
        #expect(try await memory.report("a") { throw CancellationError() }.report.result == ["for": "a"])
    }

    @Test func `one that comes in the middle waits for it`() async throws {
        let (begun, feed) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        async let first = memory.report("a") {
            feed.yield()
            for await _ in gate { break }
            return FinalReport(ending: .finished(.failed))
        }
        for await _ in begun { break }
        async let second = memory.report("a") { FinalReport(ending: .finished(.succeeded)) }
        open.yield()
        #expect(try await first.report.ending == .finished(.failed))
        #expect(try await second.report.ending == .finished(.failed))
    }

    @Test func `a refusal is forgotten, and so is what is old`() async throws {
        await #expect(throws: ExecutionRefusal.paused) {
            try await memory.report("a") { throw ExecutionRefusal.paused }
        }
        #expect(try await ask("a") == false)
        #expect(try await ask("b") == false)
        #expect(try await ask("c") == false)
        #expect(try await ask("a") == false, "two are kept")
        #expect(try await ask("c"))
    }
}
