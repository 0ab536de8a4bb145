import Testing
import YggCore

@testable import YggAgent

@Suite(.timeLimit(.minutes(5)))
struct ConversationTests {
    /// An answer of ten thousand bytes, step after step.
    private static func long(steps: Int, limits: AgentLimits) -> LoopStage {
        var stage = LoopStage(.sample("Count the words.", limits: limits)) { step, _ in
            .calls(("read_file", ["path": .string("f\(step)")]), id: "c\(step)")
        }
        for step in 1...steps {
            stage.tree.files["f\(step)"] = String(repeating: "line of file number \(step)\n", count: 400)
        }
        return stage
    }

    @Test func `it stays below its share of the context, and keeps the task`() throws {
        var stage = Self.long(steps: 60, limits: AgentLimits(maxSteps: 60, wallTime: .hours(9), maxTokens: .max))
        _ = stage.play()
        #expect(stage.asked.count == 60)
        var compactions = 0
        for (before, request) in zip(stage.asked, stage.asked.dropFirst()) {
            let size = request.messages.reduce(request.system.utf8.count) { $0 + $1.size }
            #expect(PromptBudget(contextTokens: 16_384).tokens(size) < 16_384 * 60 / 100)
            #expect(request.messages.first?.text.contains("Count the words.") == true)
            #expect(request.messages.owed == 0)
            if Array(request.messages.prefix(before.messages.count)) != before.messages {
                compactions += 1
                #expect(request.messages.last?.text.hasPrefix("The task again: Count the words.") == true)
                #expect(request.previous == nil)
            }
        }
        // Each costs the server's cache, so it is made to last.
        #expect((1...30).contains(compactions))
    }

    @Test func `ten megabytes of answers are not kept`() async throws {
        var stage = Self.long(steps: 1_000, limits: AgentLimits(maxSteps: 1_000, wallTime: .hours(99), maxTokens: .max))
        stage.feed(.began)
        var said = 0
        while case .some(let effect) = stage.next.first, stage.loop.steps < 1_000 {
            stage.perform(effect)
            if case .called(_, let result) = stage.inputs.last?.input { said += result.text.utf8.count }
            // None of it waits: the other tests are to have the thread, too.
            await Task.yield()
        }
        #expect(said > 10_000_000)
        #expect(stage.loop.conversation.bytes < 60_000)
    }

    @Test func `the files that were changed and the last errors survive`() throws {
        var stage = LoopStage(.sample(limits: AgentLimits(maxSteps: 40, maxTokens: .max))) { step, _ in
            step == 1
                ? .writes("early.py", "BUG\n", id: "c1")
                : .calls(("read_file", ["path": .string("f\(step)")]), id: "c\(step)")
        }
        for step in 1...40 { stage.tree.files["f\(step)"] = String(repeating: "line \(step) of it\n", count: 500) }
        _ = stage.play()
        let last = try #require(stage.asked.last).messages.map(\.text).joined(separator: "\n")
        #expect(last.contains("early.py") && last.contains("FAILED with 1 bugs"))
    }

    @Test func `a task that cannot fit is refused`() throws {
        var stage = LoopStage(.sample(String(repeating: "very ", count: 20_000))) { _, _ in .says("Never.") }
        let end = try stage.played()
        #expect(end.cause == .contextTooSmall && stage.asked.isEmpty)
    }

    @Test func `what an old call wrote is left out in words that no file takes`() {
        #expect(Elision.isElision("[... content omitted ...]"))
    }
}
