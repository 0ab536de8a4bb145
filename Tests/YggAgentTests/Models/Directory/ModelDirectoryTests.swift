import Synchronization
import Testing
import YggCore

@testable import YggAgent

@Suite("The directory of models", .timeLimit(.minutes(2)))
struct ModelDirectoryTests {
    private static func scripted(_ name: String, says text: String = "Hello") throws -> ModelDirectory.Setup {
        let scenario = try Scenario(json: ["name": .string(name), "turns": [["contains": "", "text": .string(text)]]])
        return ModelDirectory.Setup(name: name, service: ScriptedProvider(scenario), parallel: 8)
    }

    private static func directory() throws -> ModelDirectory {
        ModelDirectory([try scripted("demo"), try scripted("second")], defaultModel: "demo/small:3b")
    }

    @Test(
        arguments: [
            (nil, "demo/small:3b"), ("", "demo/small:3b"), ("other", "demo/other"), ("second/x:1b", "second/x:1b"),
            ("second/hf.co/someone/x", "second/hf.co/someone/x"),
        ] as [(String?, String)]
    )
    func `a name is a provider and a model, or the default's`(name: String?, chosen: String) throws {
        #expect(try Self.directory().model(name).name == chosen)
    }

    @Test func `an unknown provider is named, with who could be meant`() throws {
        let error = #expect(throws: UnknownProvider.self) { try Self.directory().model("dmo/small:3b") }
        #expect(error?.nearest == "demo")
        #expect(
            error?.description == """
                "dmo/small:3b" does not begin with a provider that is configured here; did you mean demo? There are \
                demo, second, so write a model as demo/small:3b. Others are added under `models.providers`.
                """
        )
        #expect(throws: UnknownProvider.self) { try Self.directory().model("demo/") }
        let far = #expect(throws: UnknownProvider.self) { try Self.directory().model("anthropic/x") }
        #expect(far?.description.contains("that is configured here. There are demo, second") == true)
    }

    @Test func `providers of one address share its gate, and the wider one counts`() throws {
        let host = OllamaHost(parsing: "http://127.0.0.1:1")
        let setups = [("small", 1), ("large", 3)].map { name, parallel in
            ModelDirectory.Setup(
                name: name,
                service: OllamaProvider(OllamaSettings(host: host)),
                parallel: parallel,
                contextTokens: 8192
            )
        }
        let directory = ModelDirectory(setups, defaultModel: "a")
        #expect(directory.defaultModel == "small/a")
        #expect(directory.providers[0].gate === directory.providers[1].gate)
    }

    @Test func `whoever asks a choice asks its model, with the provider's context`() async throws {
        try await OllamaDouble.run { double in
            let setup = ModelDirectory.Setup(name: "ollama", service: double.provider(), contextTokens: 2048)
            let directory = ModelDirectory([setup], defaultModel: "ollama/qwen2.5-coder:3b")
            let reply = try await directory.model(nil).gated()
                .reply(to: ModelRequest(model: "ollama/qwen2.5-coder:3b", messages: [.user("Hi")]))
            #expect(reply.text == "Hello wörld")
            let asked = try #require(try await double.chats.first)
            #expect(asked["model"] == "qwen2.5-coder:3b" && asked["options"]?["num_ctx"] == 2048)
        }
    }

    @Test func `a missing model is fetched where that is allowed, and nowhere else`() async throws {
        try await OllamaDouble.run { double in
            func directory(allowsPull: Bool) -> ModelDirectory {
                let setup = ModelDirectory.Setup(name: "ollama", service: double.provider(), allowsPull: allowsPull)
                return ModelDirectory([setup], defaultModel: "ollama/qwen2.5-coder:3b")
            }
            let request = ModelRequest(model: "", messages: [.user("Hi")])
            let refused = await #expect(throws: ModelFailure.self) {
                try await directory(allowsPull: false).model("ollama/new:1b").gated().reply(to: request)
            }
            #expect(refused?.code == .modelMissing)
            let pulls = Mutex(0)
            let reply = try await directory(allowsPull: true).model("ollama/new:1b")
                .gated(onPull: { _ in pulls.withLock { $0 += 1 } }).reply(to: request)
            #expect(reply.text == "Hello wörld" && pulls.withLock { $0 } > 3)
            // A session describes its model before it asks anything.
            let description = try await directory(allowsPull: true).model("ollama/other:1b").ungated()
                .info(of: "other:1b")
            #expect(description.name == "other:1b")
        }
    }

    @Test func `what is loaded beforehand is fetched first, and loaded once`() async throws {
        try await OllamaDouble.run { double in
            let setup = ModelDirectory.Setup(
                name: "ollama",
                service: double.provider(),
                contextTokens: 4096,
                allowsPull: true
            )
            let choice = try ModelDirectory([setup], defaultModel: "ollama/new:1b").model(nil)
            let pulls = Mutex(0)
            try await choice.load { _ in pulls.withLock { $0 += 1 } }
            #expect(pulls.withLock { $0 } > 3)
            #expect(try await choice.provider.service.resident().map(\.contextTokens) == [4096])
            _ = try await choice.gated().reply(to: ModelRequest(model: "", messages: [.user("Hi")]))
            #expect(try await double.reloads == 0)
        }
    }

    @Test func `a look says who answers, since when, and what is in memory`() async throws {
        try await OllamaDouble.run { double in
            let gone = OllamaProvider(OllamaSettings(host: OllamaHost(parsing: "http://127.0.0.1:1")))
            let directory = ModelDirectory(
                [
                    .init(name: "ollama", service: double.provider()), .init(name: "gone", service: gone),
                    try Self.scripted("demo"),
                ],
                defaultModel: "ollama/qwen2.5-coder:3b"
            )
            let start = Timestamp(milliseconds: 1000)
            #expect(directory.watch.report(at: start).unreachable(for: nil)?.detail == "It was not asked yet.")
            let rung = Mutex(0)
            directory.watch.listen { rung.withLock { $0 += 1 } }
            _ = try await directory.model(nil).gated().reply(to: ModelRequest(model: "", messages: [.user("Hi")]))
            // It answered, which nobody knew, with a model that nobody knew to be loaded.
            #expect(rung.withLock { $0 } == 1)
            let report = await directory.watch.look { start }
            #expect(report.unreachable(for: nil) == nil && report.holds(nil) && report.holds("qwen2.5-coder:3b"))
            #expect(report.unreachable(for: "demo/x") == nil && !report.holds("ollama/qwen3:4b"))
            let missing = try #require(report.unreachable(for: "gone/x"))
            #expect(missing.url == "http://127.0.0.1:1" && missing.since == start)
            #expect(ModelReport(in: ["models": .object(report.json)]) == report)
        }
    }
}

@Suite("Whether a server of models answers")
struct EndpointHealthTests {
    private static func time(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1000) }

    @Test func `a refused connection counts at once, a late answer only when there are two`() {
        var health = EndpointHealth(at: Self.time(0))
        #expect(health.isReachable == nil)
        health.note(.answered, at: Self.time(1))
        #expect(health.isReachable == true && health.since == Self.time(1) && health.interval == .seconds(30))
        health.note(.late("slow"), at: Self.time(2))
        #expect(health.isReachable == true && health.interval == .seconds(3))
        health.note(.late("slow"), at: Self.time(3))
        #expect(health.isReachable == false && health.since == Self.time(3) && health.detail == "slow")
        health.note(.gone("refused"), at: Self.time(4))
        #expect(health.since == Self.time(3) && health.detail == "refused")
        health.note(.answered, at: Self.time(5))
        #expect(health.isReachable == true && health.since == Self.time(5) && health.detail == nil)
    }

    @Test func `one that never answered is not waited for twice`() {
        var health = EndpointHealth(at: Self.time(0))
        health.note(.late("slow"), at: Self.time(1))
        #expect(health.isReachable == false)
    }

    @Test func `late, well, late is not twice in a row`() {
        var health = EndpointHealth(at: Self.time(0))
        for outcome in [.answered, .late("a"), .answered, .late("b")] as [EndpointHealth.Outcome] {
            health.note(outcome, at: Self.time(1))
        }
        #expect(health.isReachable == true)
    }
}
