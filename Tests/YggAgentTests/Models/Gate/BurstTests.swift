import Synchronization
import Testing
import YggAgent
import YggCore

/// Thirty calls of agents at once, for two models, to a server that has room for one.
@Suite("A burst of agents on one graphics card", .timeLimit(.minutes(2)))
struct BurstTests {
    private struct Call: Sendable {
        var task: Int
        var model: String
    }

    /// Who was answered, in that order, and how often each saw its place in line change.
    private final class Record: Sendable {
        private let state = Mutex((calls: [Call](), places: [Int: Int]()))

        var calls: [Call] { state.withLock { $0.calls } }
        var waited: Int { state.withLock { $0.places.count } }

        func answered(_ call: Call) { state.withLock { $0.calls.append(call) } }
        func place(of task: Int) { state.withLock { $0.places[task, default: 0] += 1 } }
    }

    /// One task: an agent asks one question after the other.
    /// - Parameter waits: is called when it stands in line.
    @Sendable private static func work(
        _ task: Int,
        steps: Int,
        _ directory: ModelDirectory,
        _ record: Record,
        waits: @escaping @Sendable () -> Void
    ) async throws {
        let model = task.isMultiple(of: 2) ? "qwen2.5-coder:3b" : "granite-code:3b"
        let provider = try directory.model("ollama/\(model)").gated(onPlace: { _ in
            record.place(of: task)
            waits()
        })
        for _ in 0..<steps {
            try await provider.reply(to: ModelRequest(model: "", messages: [.user("Step")])) { event in
                if case .end = event { record.answered(Call(task: task, model: model)) }
            }
        }
    }

    @Test func `thirty calls at once see their line, do not thrash the card, and leave no task behind`() async throws {
        // The first has its answer when all others stand in line.
        try await OllamaDouble.run(replies: [["text": "Hello", "held": true]]) { double in
            let directory = ModelDirectory(
                [.init(name: "ollama", service: double.provider(), parallel: 1, contextTokens: 8192)],
                defaultModel: "ollama/qwen2.5-coder:3b"
            )
            let (tasks, steps) = (10, 3)
            let record = Record()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (line, joined) = AsyncStream.makeStream(of: Void.self)
                for task in 0..<tasks {
                    group.addTask {
                        // Before the answers flow only one that has failed ends.
                        defer { joined.finish() }
                        try await Self.work(task, steps: steps, directory, record) { joined.yield() }
                    }
                }
                for await _ in line where record.waited >= tasks - 1 { break }
                try await double.release()
                try await group.waitForAll()
            }
            let calls = record.calls
            #expect(calls.count == tasks * steps)
            // All but the first had to wait, and saw where they stood.
            #expect(record.waited >= tasks - 1)
            // By turns the two models would be loaded thirty times.
            let loads = zip(calls, calls.dropFirst()).count { $0.model != $1.model } + 1
            #expect(loads <= 12, "\(loads) loads")
            // At any time the task that was answered most is at most two answers ahead of any other.
            var answers = Array(repeating: 0, count: tasks)
            for call in calls {
                answers[call.task] += 1
                #expect((answers.max() ?? 0) - (answers.min() ?? 0) <= 2)
            }
        }
    }
}
