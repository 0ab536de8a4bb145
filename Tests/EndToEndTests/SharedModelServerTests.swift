import Testing
import YggCore

/// Two executors that ask one server of models, which works on one answer at a time.
@Suite("Two executors and one graphics card", .timeLimit(.minutes(2)))
struct SharedModelServerTests {
    private static let tasks = 12
    private static let routes = "routes: [{prefix: llm-, executors: [surtr, fenrir], offline: continue}]"

    /// The work of a lost executor moves soon.
    private static let stopping = routes.replacing(", offline: continue", with: "")

    /// Prompts for two models, half of the fleet's slots each; all at once, so that they stand in line at any speed.
    private func submit(_ fleet: Fleet) async throws -> [String] {
        let tasks = (0..<Self.tasks).map { index -> JSON in
            let model = index.isMultiple(of: 2) ? "qwen2.5-coder:3b" : "granite-code:3b"
            return ["kind": "llm-prompt", "params": ["prompt": "Hi", "model": .string("ollama/\(model)")]]
        }
        let answer = try await fleet.coordinator.post("/v1/tasks:batch", ["tasks": .array(tasks)])
        let ids = (answer.json?["items"]?.arrayValue ?? []).compactMap { $0["task"]?["id"]?.stringValue }
        try #require(ids.count == Self.tasks, "\(String(decoding: answer.body, as: UTF8.self))")
        return ids
    }

    private func executors(of ids: [String], _ fleet: Fleet) async throws -> Set<String> {
        var executors: Set<String> = []
        for id in ids {
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded", "\(task)")
            executors.formUnion(task["executor"]?.stringValue.map { [$0] } ?? [])
        }
        return executors
    }

    /// No answer before the test has seen what it needs to, and then each takes a moment, in which others get in line.
    private static let held: [JSON] = Array(
        repeating: ["text": "Hello", "slow": .double(0.05), "held": true],
        count: tasks
    )

    @Test func `they stand in one line, and batch equal models across machines`() async throws {
        try await OllamaDouble.run(replies: Self.held) { double in
            try await withFleet(routes: Self.routes) { fleet in
                for id in ["surtr", "fenrir"] {
                    _ = try await fleet.start(
                        id,
                        environment: ["OLLAMA_HOST": double.address],
                        "--handlers",
                        "llm",
                        "--slots",
                        "6"
                    )
                    // Before it has found its server it is given nothing that asks one.
                    _ = try await fleet.executor(id) { executor in
                        executor["resources"]?["models"]?["endpoints"]?.arrayValue?.first?["state"] == "reachable"
                    }
                }
                let ids = try await submit(fleet)
                for id in ids { _ = try await fleet.coordinator.task(id) { $0["state"] != "queued" } }
                try await double.release()
                #expect(try await executors(of: ids, fleet) == ["surtr", "fenrir"])
                #expect(try await double.crowd == 1)
                let models = try await double.chats.compactMap { $0["model"]?.stringValue }
                let loads = zip(models, models.dropFirst()).count { $0 != $1 } + 1
                #expect(models.count == Self.tasks && loads <= 8, "\(models)")
            }
        }
    }

    @Test func `an executor that dies in the middle of an answer gives its turn back`() async throws {
        try await OllamaDouble.run(replies: [["fault": "stall"]]) { double in
            try await withFleet(leaseTTL: "9s", routes: Self.stopping) { fleet in
                let environment = ["OLLAMA_HOST": double.address]
                let surtr = try await fleet.start("surtr", environment: environment, "--handlers", "llm")
                let first = try await fleet.coordinator.submit(["kind": "llm-prompt", "params": ["prompt": "Hi"]])
                _ = try await fleet.coordinator.task(first) { $0["state"] == "running" }
                _ = try await fleet.start("fenrir", environment: environment, "--handlers", "llm")
                // It has the turn as soon as the server has its request.
                try await double.wait(forChats: 1, answered: false)
                await surtr.killNow()
                let task = try await fleet.coordinator.finished(first)
                #expect(task["state"] == "succeeded" && task["executor"] == "fenrir", "\(task)")
            }
        }
    }

    @Test func `while the coordinator is away each goes by its own gate`() async throws {
        try await OllamaDouble.run(replies: Self.held) { double in
            try await withFleet(routes: Self.routes) { fleet in
                let surtr = try await fleet.start(
                    "surtr",
                    environment: ["OLLAMA_HOST": double.address],
                    "--handlers",
                    "llm",
                    "--slots",
                    "12"
                )
                let ids = try await submit(fleet)
                // That they run is written down before their executor hears of them.
                while try await HTTPCall.get("\(surtr.address)/status").json?["tasks"]?.arrayValue?.count != Self.tasks
                {
                    try await Task.sleep(for: .milliseconds(20))
                }
                await fleet.coordinator.killNow()
                try await double.release()
                try await double.wait(forChats: Self.tasks, answered: true)
                #expect(try await double.crowd == 1)
                try await fleet.restartCoordinator()
                #expect(try await executors(of: ids, fleet) == ["surtr"])
            }
        }
    }
}
