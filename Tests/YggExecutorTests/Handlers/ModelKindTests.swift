import Synchronization
import Testing
import YggAgent
import YggCore

@testable import YggExecutor

/// The kinds that ask a model, against a scenario and against the stand-in for Ollama.
@Suite(.timeLimit(.minutes(2)))
struct ModelKindTests {
    private static func run(
        _ kind: String,
        _ params: JSONObject,
        _ models: ModelDirectory,
        in scene: Scene
    ) async throws -> HandlerResult {
        let registry = try HandlerRegistry(handlerSets: ["llm", "ollama"], models: models)
        let handler = try #require(registry.handler(for: TaskKind(trusted: kind)))
        return await handler.run(scene.context(kind, try handler.spec.validate(params)))
    }

    private static func directory(_ address: String, parallel: Int = 1) -> ModelDirectory {
        let retry = ModelRetryPolicy(maxTries: 1)
        let service = OllamaProvider(OllamaSettings(host: OllamaHost(parsing: address), numCtx: 4096, retry: retry))
        return ModelDirectory(
            [.init(name: "ollama", service: service, parallel: parallel, contextTokens: 4096)],
            defaultModel: "ollama/qwen2.5-coder:3b"
        )
    }

    // MARK: llm-prompt

    @Test func `a scripted answer is streamed, and says that it is one`() async throws {
        let scenario = try Scenario(json: ["name": "play", "turns": [["text": ["Hel", "lo\n", "wörld"]]]])
        let models = ModelDirectory(
            [.init(name: "demo", service: ScriptedProvider(scenario))],
            defaultModel: "demo/any"
        )
        try await Scene.with { scene in
            let result = try await Self.run("llm-prompt", ["prompt": "-Hi"], models, in: scene)
            #expect(result.outcome == .succeeded && result.error == nil)
            #expect(scene.text(.output) == "Hello\nwörld")
            #expect(result.result["output"] == "Hello\nwörld" && result.result["model"] == "demo/any")
            #expect(result.result["scripted"] == true && result.result["provider"] == "demo")
            #expect(result.result["endpoint"] == "scripted:play")
            #expect(result.result["summary"]?.stringValue?.contains("Scripted") == true)
        }
    }

    @Test func `what is asked arrives, and what it cost is told`() async throws {
        try await OllamaDouble.run(replies: [["text": "{\"a\": 1}", "counts": ["prompt": 26, "output": 8]]]) { double in
            try await Scene.with { scene in
                let schema: JSON = ["type": "object", "properties": ["a": ["type": "integer"]]]
                let result = try await Self.run(
                    "llm-prompt",
                    [
                        "prompt": "One?", "system": "Be brief.", "model": "ollama/granite-code:3b", "format": schema,
                        "temperature": "0.2", "maxTokens": 64,
                    ],
                    Self.directory(double.address),
                    in: scene
                )
                #expect(result.result["output"] == "{\"a\": 1}")
                #expect(result.result["promptTokens"] == 26 && result.result["outputTokens"] == 8)
                #expect(result.result["tokensPerSecond"] == .double(200))
                #expect(result.result["model"] == "ollama/granite-code:3b" && result.result["scripted"] == nil)
                let asked = try #require(try await double.chats.first)
                #expect(asked["model"] == "granite-code:3b" && asked["format"] == schema)
                #expect(asked["messages"]?.arrayValue?.map { $0["content"] } == ["Be brief.", "One?"])
                #expect(asked["options"]?["temperature"] == .double(0.2) && asked["options"]?["num_predict"] == 64)
                #expect(asked["options"]?["num_ctx"] == 4096)
            }
        }
    }

    @Test func `an answer that was cut off says so`() async throws {
        try await OllamaDouble.run(replies: [["text": "Once upon", "done_reason": "length"]]) { double in
            try await Scene.with { scene in
                let result = try await Self.run(
                    "llm-prompt",
                    ["prompt": "A"],
                    Self.directory(double.address),
                    in: scene
                )
                #expect(result.outcome == .succeeded && result.result["cutOff"] == true)
            }
        }
    }

    @Test(
        arguments: [
            (["status": 503, "error": "server busy, please try again."], "model-busy", true),
            (["text": "Hi", "fault": "eof"], "model-incomplete-stream", true),
            (["status": 400, "error": "\"m\" does not support chat"], "model-chat-unsupported", false),
        ] as [(JSON, String, Bool)]
    )
    func `what goes wrong is the task's error`(reply: JSON, code: String, retryable: Bool) async throws {
        try await OllamaDouble.run(replies: [reply]) { double in
            try await Scene.with { scene in
                let result = try await Self.run(
                    "llm-prompt",
                    ["prompt": "A"],
                    Self.directory(double.address),
                    in: scene
                )
                let error = try #require(result.error)
                #expect(result.outcome == .failed && error.code == code && error.retryable == retryable)
                #expect(error.detail.hasSuffix(".") && result.result["endpoint"] == .string(double.address))
            }
        }
    }

    @Test func `a model that is missing, a server that is gone, and a provider that nobody named`() async throws {
        try await Scene.with { scene in
            try await OllamaDouble.run { double in
                let missing = try await Self.run(
                    "llm-prompt",
                    ["prompt": "A", "model": "ollama/new:1b"],
                    Self.directory(double.address),
                    in: scene
                )
                #expect(missing.error?.code == "model-missing" && missing.error?.retryable == false)
                #expect(missing.error?.detail.contains("ollama pull new:1b") == true)
            }
            let nowhere = Self.directory("http://127.0.0.1:1")
            for kind in ["llm-prompt", "ollama-list", "ollama-ps", "ollama-show", "ollama-pull"] {
                let params: JSONObject = kind == "llm-prompt" ? ["prompt": "A"] : JSONObject()
                let gone = try await Self.run(kind, params, nowhere, in: scene)
                #expect(gone.error?.code == "model-unreachable" && gone.error?.retryable == true)
                #expect(gone.error?.detail.contains("http://127.0.0.1:1") == true)
            }
            let unknown = try await Self.run("llm-prompt", ["prompt": "A", "model": "olama/x"], nowhere, in: scene)
            #expect(unknown.error?.code == "model-unknown-provider")
            #expect(unknown.error?.detail.contains("did you mean ollama?") == true)
            let list = try await Self.run("ollama-list", ["provider": "olama"], nowhere, in: scene)
            #expect(list.error?.code == "model-unknown-provider")
        }
    }

    @Test func `who has to wait is told the place in line`() async throws {
        try await OllamaDouble.run(replies: [["text": "first", "held": true]]) { double in
            let models = Self.directory(double.address)
            try await Scene.with { scene in
                try await withThrowingTaskGroup(of: HandlerResult.self) { group in
                    for _ in 0..<3 {
                        group.addTask { try await Self.run("llm-prompt", ["prompt": "A"], models, in: scene) }
                    }
                    // Nobody has an answer before both are told, however late they came.
                    for place in ["Number 1 of 2", "Number 2 of 2"] {
                        while !scene.text(.progress).contains("\(place) in line for the model") {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                    }
                    try await double.release()
                    for try await result in group { #expect(result.outcome == .succeeded) }
                }
            }
        }
    }

    // MARK: ollama-

    @Test func `the server's models are listed, shown and fetched`() async throws {
        try await OllamaDouble.run { double in
            let models = Self.directory(double.address)
            try await Scene.with { scene in
                let list = try await Self.run("ollama-list", [:], models, in: scene)
                #expect(list.result["models"]?.arrayValue?.count == 3 && list.result["provider"] == "ollama")
                #expect(scene.text(.output).contains("qwen2.5-coder:3b"))
                #expect(scene.text(.output).contains("Q4_K_M"))

                let cold = try await Self.run("ollama-ps", [:], models, in: scene)
                #expect(cold.result["models"] == [])
                _ = try await Self.run("llm-prompt", ["prompt": "A"], models, in: scene)
                let warm = try await Self.run("ollama-ps", [:], models, in: scene)
                #expect(warm.result["summary"] == "In memory: qwen2.5-coder:3b")
                #expect(warm.result["models"]?.arrayValue?.first?["contextTokens"] == 4096)

                let show = try await Self.run("ollama-show", [:], models, in: scene)
                #expect(show.result["quantisation"] == "Q4_K_M" && show.result["contextTokens"] == 32768)
                #expect(show.result["sizeBytes"] == 1_929_912_432 && show.result["model"] == "ollama/qwen2.5-coder:3b")

                let pull = try await Self.run("ollama-pull", ["model": "ollama/new:1b"], models, in: scene)
                #expect(pull.outcome == .succeeded && pull.result["sizeBytes"] == 4000)
                #expect(pull.result["summary"]?.stringValue?.contains("Q4_K_M") == true)
                #expect(scene.text(.progress).contains("of 3.9 KiB"))
            }
        }
    }

    @Test func `a fetch for which there is no room ends before it fills the disk`() async throws {
        let layers: JSON = [["digest": .string("sha256:" + String(repeating: "a", count: 64)), "total": 9_000_000_000]]
        try await OllamaDouble.run(replies: [["layers": layers, "fault": "stall", "at": 2]]) { double in
            try await Scene.with { scene in
                try await scene.script(
                    """
                    mkdir -p bin .ollama/models && cat > bin/df <<'END'
                    #!/bin/sh
                    echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
                    echo "/dev/sda1 100000000 99000000 1000000 99% /"
                    END
                    chmod +x bin/df
                    """
                )
                let pull = try await Self.run("ollama-pull", [:], Self.directory(double.address), in: scene)
                #expect(pull.error?.code == "model-disk-full" && pull.error?.retryable == false)
                #expect(pull.error?.detail.contains("needs 8.3 GiB more, and 976.5 MiB are free") == true)
                try await double.wait(ended: "cancelled")
            }
        }
    }
}
