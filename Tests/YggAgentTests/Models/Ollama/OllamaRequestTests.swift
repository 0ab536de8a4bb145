import Testing
import YggAgent
import YggCore

struct OllamaRequestTests {
    private static func json(_ request: ModelRequest) -> JSON {
        OllamaRequest(request, numCtx: 8192, keepAlive: "30m").json
    }

    @Test func `every call asks for the same context and for errors instead of silent loss`() {
        var request = Sample.request()
        request.options = ModelOptions(
            temperature: 0.2,
            topP: 0.9,
            seed: 7,
            maxOutputTokens: 512,
            stop: ["</function"],
            thinking: .off
        )
        request.format = ["type": "object"]
        let json = Self.json(request)
        #expect(json["model"] == "qwen2.5-coder:3b")
        #expect(json["stream"] == true)
        #expect(json["truncate"] == false)
        #expect(json["shift"] == false)
        #expect(json["keep_alive"] == "30m")
        #expect(json["think"] == false)
        #expect(json["format"] == ["type": "object"])
        let options: JSON = [
            "num_ctx": 8192, "temperature": .double(0.2), "top_p": .double(0.9), "seed": 7, "num_predict": 512,
            "stop": ["</function"],
        ]
        #expect(json["options"] == options)
        #expect(json["messages"]?.arrayValue?.first == ["role": "system", "content": "You are careful."])
    }

    @Test func `what nobody asked for is not sent`() {
        let json = Self.json(ModelRequest(model: "m", messages: [.user("Hi.")]))
        #expect(json["options"] == ["num_ctx": 8192])
        for key in ["tools", "format", "think"] { #expect(json[key] == nil) }
    }

    @Test func `tools are described as Ollama wants them`() {
        let tool = Self.json(Sample.request())["tools"]?.arrayValue?.first
        #expect(tool?["type"] == "function")
        #expect(tool?["function"]?["name"] == "read_file")
        #expect(tool?["function"]?["parameters"]?["required"] == ["path"])
    }

    @Test func `a turn with calls is handed back with objects and its thoughts apart`() {
        let call = ToolCall(id: "call_1", name: "read_file", arguments: ["path": "a.py"])
        let request = ModelRequest(
            model: "m",
            messages: [
                .user("Go."), .assistant(AssistantTurn(text: "", thinking: "Hm.", calls: [call])),
                .toolResult(ToolResultTurn(callID: "call_1", tool: "read_file", content: "x = 1")),
            ]
        )
        let messages = Self.json(request)["messages"]?.arrayValue ?? []
        #expect(
            messages[1] == [
                "role": "assistant", "content": "", "thinking": "Hm.",
                "tool_calls": [
                    ["id": "call_1", "function": ["name": "read_file", "arguments": ["path": "a.py"]]]
                ],
            ]
        )
        #expect(
            messages[2] == [
                "role": "tool", "tool_name": "read_file", "tool_call_id": "call_1", "content": "x = 1",
            ]
        )
    }

    @Test func `results go in the order of their calls, and say which they answer where there are several`() {
        let calls = ["a", "b", "c"].map { ToolCall(id: $0, name: "read_file", arguments: ["path": .string($0)]) }
        let results = ["c", "a", "b"].map { ToolResultTurn(callID: $0, tool: "read_file", content: "is \($0)") }
        let request = ModelRequest(
            model: "m",
            messages: [.user("Go."), .assistant(AssistantTurn(text: "", calls: calls))]
                + results.map { .toolResult($0) } + [.user("Go on.")]
        )
        let messages = Self.json(request)["messages"]?.arrayValue ?? []
        #expect(messages.map { $0["tool_call_id"]?.stringValue } == [nil, nil, "a", "b", "c", nil])
        #expect(messages[2]["content"] == "[read_file a]\nis a")
    }

    @Test func `a preload has the options of the conversation and none of its words`() {
        let preload = OllamaRequest(Sample.request(), numCtx: 8192, keepAlive: "30m").preload
        #expect(preload["messages"] == [])
        #expect(preload["options"]?["num_ctx"] == 8192)
        #expect(preload["shift"] == false)
        #expect(preload["tools"] == nil)
    }

    @Test(arguments: [
        ("qwen2.5-coder", "qwen2.5-coder:latest", true),
        ("Qwen2.5-Coder:3B", "qwen2.5-coder:3b", true),
        ("registry.ollama.ai/library/gemma3:4b", "gemma3:4b", true),
        ("library/gemma3", "gemma3", true),
        ("someone/gemma3", "gemma3", false),
        ("gemma3:4b", "gemma3:12b", false),
    ])
    func `names of models are compared as Ollama does`(left: String, right: String, isSame: Bool) {
        #expect(OllamaLibrary.isSame(left, right) == isSame)
    }
}
