import Testing
import YggAgent
import YggCore

/// The provider against the double: what works.
@Suite(.timeLimit(.minutes(2)))
struct OllamaProviderTests {
    @Test(arguments: [nil, 0, 1, 5] as [Int64?])
    func `an answer arrives whole, however the network cuts it`(cut: Int64?) async throws {
        var reply: JSONObject = ["text": ["Grü", "ße ", "🌳\u{2028}"], "counts": ["prompt": 40, "output": 3]]
        reply.append("cut", .optional(cut))
        try await OllamaDouble.run(replies: [.object(reply)]) { double in
            let answer = try await double.provider().reply(to: Sample.request())
            #expect(answer.text == "Grüße 🌳\u{2028}")
            #expect(answer.end == .stop)
            #expect(answer.usage.promptTokens == 40)
            #expect(answer.usage.outputMs == 40)
        }
    }

    @Test(arguments: ["rendered", "native"])
    func `calls are found before the last line and in it`(style: JSON) async throws {
        let calls: JSON = [Sample.readFile, ["name": "git_status", "arguments": [:]]]
        let reply: JSON = ["text": "I look.", "calls": calls, "style": style]
        let old: JSON = ["calls": calls, "style": style, "ids": false]
        try await OllamaDouble.run(replies: [reply, old]) { double in
            let provider = double.provider()
            for _ in 0..<2 {
                let answer = try await provider.reply(to: Sample.request())
                #expect(answer.calls.map(\.name) == ["read_file", "git_status"])
                #expect(answer.calls.first?.arguments == ["path": "a.py"])
                #expect(Set(answer.calls.map(\.id)).count == 2)
                #expect(answer.calls.allSatisfy { $0.id.hasPrefix("call_") })
            }
        }
    }

    @Test func `thinking, a schema and a cut-off end are passed on`() async throws {
        let replies: [JSON] = [["thinking": "Hm.", "text": "{}", "done_reason": "length"]]
        try await OllamaDouble.run(replies: replies) { double in
            var request = Sample.request(model: "qwen3:4b", tools: [])
            request.format = ["type": "object"]
            request.options.thinking = .on
            let answer = try await double.provider().reply(to: request)
            #expect(answer.thinking == "Hm.")
            #expect(answer.end == .length)
            let body = try await double.chats.first
            #expect(body?["think"] == true)
            #expect(body?["format"] == ["type": "object"])
        }
    }

    @Test func `a whole conversation never makes the server load its model again`() async throws {
        try await OllamaDouble.run(replies: [["calls": [Sample.readFile]]]) { double in
            let provider = double.provider()
            var request = Sample.request()
            try await provider.preload(for: request)
            let first = try await provider.reply(to: request)
            let call = try #require(first.calls.first)
            request.messages.append(.assistant(AssistantTurn(text: first.text, calls: first.calls)))
            request.messages.append(.toolResult(ToolResultTurn(callID: call.id, tool: call.name, content: "x = 1")))
            request.previous = first.usage
            #expect(try await provider.reply(to: request).text == "Hello wörld")
            #expect(try await double.reloads == 0)
            let bodies = try await double.chats
            #expect(bodies.count == 3)
            #expect(bodies.allSatisfy { $0["options"]?["num_ctx"] == 8192 && $0["truncate"] == false })
            #expect(
                try await provider.resident() == [
                    ResidentModel(
                        name: Sample.coder,
                        sizeBytes: 1_929_912_432,
                        sizeInVideoMemory: 0,
                        contextTokens: 8192
                    )
                ]
            )
        }
    }

    @Test func `models are described`() async throws {
        try await OllamaDouble.run { double in
            let provider = double.provider()
            let info = try await provider.info(of: Sample.coder)
            #expect(info.canCallTools && !info.canThink)
            #expect(info.trainedContext == 32_768)
            #expect(info.parameterSize == "3.1B" && info.quantisation == "Q4_K_M")
            #expect(try await provider.info(of: "granite-code:3b").canCallTools == false)
            #expect(try await provider.installed().map(\.name) == [Sample.coder, "granite-code:3b", "qwen3:4b"])
            #expect(try await provider.installed().first?.sizeBytes == 1_929_912_432)
            #expect(try await provider.resident().isEmpty)
            #expect(try await provider.version() == "0.33.0")
            #expect(await modelFailure { _ = try await provider.info(of: "nothing") }?.code == .modelMissing)
        }
    }

    @Test func `a fetch tells how far it is`() async throws {
        try await OllamaDouble.run { double in
            let (steps, feed) = AsyncStream.makeStream(of: PullProgress.self)
            try await double.provider().pull(Sample.coder) { feed.yield($0) }
            feed.finish()
            let all = await steps.reduce(into: []) { $0.append($1) }
            #expect(all.first?.status == "pulling manifest")
            #expect(all.last == PullProgress(status: "success", totalBytes: 4000, completedBytes: 4000))
        }
    }

    @Test func `whoever stops reading stops the model`() async throws {
        try await OllamaDouble.run(replies: [["text": ["a", "b"], "fault": "stall", "at": 1]]) { double in
            for try await event in double.provider().events(for: Sample.request()) {
                #expect(event == .text("a"))
                break
            }
            try await double.wait(ended: "cancelled")
        }
    }

    @Test func `cancelling stops the model, even before its first word`() async throws {
        try await OllamaDouble.run(replies: [["fault": "stall", "at": -1]]) { double in
            let provider = double.provider()
            let asking = Task { try await provider.reply(to: Sample.request()) }
            try await double.wait(forChats: 1, answered: false)
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
            try await double.wait(ended: "cancelled")
        }
    }

    @Test func `an error of the reader ends it as it is`() async throws {
        struct Enough: Error {}
        try await OllamaDouble.run(replies: [["text": ["a", "b"], "fault": "stall", "at": 2]]) { double in
            await #expect(throws: Enough.self) {
                try await double.provider(tries: 3).reply(to: Sample.request()) { _ in throw Enough() }
            }
            try await double.wait(ended: "cancelled")
            #expect(try await double.requests.count == 1)
        }
    }
}
