import Testing
import YggAgent
import YggCore

/// The provider against the double: every way to fail.
@Suite(.timeLimit(.minutes(2)))
struct OllamaFailureTests {
    private static func half(_ fault: String, _ more: (String, JSON)...) -> JSON {
        .object(JSONObject([("text", ["a", "b"]), ("fault", .string(fault))] + more))
    }

    @Test func `each error of the table is told apart over the network`() async throws {
        let replies: [JSON] = OllamaErrorsTests.rows.map { row in
            let error = JSON.string(row.error)
            return row.status.map { ["status": .int(Int64($0)), "error": error] }
                ?? Self.half("error_line", ("error", error))
        }
        try await OllamaDouble.run(replies: replies) { double in
            // One that never rests: most of these are failures of the server.
            let provider = double.provider(breaker: Breaker.Limits(failures: .max))
            for row in OllamaErrorsTests.rows {
                let failure = await modelFailure { _ = try await provider.reply(to: Sample.request()) }
                #expect(failure?.code == row.code)
                #expect(failure?.status == row.status)
            }
        }
    }

    @Test func `what the server itself refuses is told apart, too`() async throws {
        try await OllamaDouble.run { double in
            let provider = double.provider()
            func code(_ request: ModelRequest) async -> ModelFailure.Code? {
                await modelFailure { _ = try await provider.reply(to: request) }?.code
            }
            #expect(await code(Sample.request(model: "granite-code:3b")) == .toolsUnsupported)
            #expect(await code(Sample.request(model: "nothing")) == .modelMissing)
            #expect(await code(Sample.request(model: "")) == .invalidRequest)
            var thinking = Sample.request()
            thinking.options.thinking = .on
            #expect(await code(thinking) == .thinkingUnsupported)
            let long = Sample.request(String(repeating: "word ", count: 10_000))
            let failure = await modelFailure { _ = try await provider.reply(to: long) }
            #expect(failure?.code == .contextExceeded)
            #expect(failure?.contextTokens == 8192)
        }
    }

    @Test func `a call by a name that the server does not know is refused with the way out`() async throws {
        try await OllamaDouble.run(replies: [["status": 403, "body": ""]]) { double in
            let failure = await modelFailure { _ = try await double.provider().reply(to: Sample.request()) }
            #expect(failure?.code == .hostRefused)
            #expect(failure?.nextAction.contains("OLLAMA_HOST") == true)
        }
    }

    @Test(
        arguments: [
            (half("eof"), ModelFailure.Code.incompleteStream),
            (half("eof", ("at", 0)), .incompleteStream),
            (half("reset"), .connectionBroken),
            (half("reset", ("at", 0)), .connectionBroken),
            (["lines": ["<html>"]], .malformedStream),
            (["lines": ["{\"message\": {\"content\": \"a"]], .malformedStream),
            (["text": "a", "truncated": true], .promptTruncated),
        ] as [(JSON, ModelFailure.Code)]
    )
    func `an answer that breaks off is never taken for whole`(reply: JSON, code: ModelFailure.Code) async throws {
        try await OllamaDouble.run(replies: [reply]) { double in
            let long = String(repeating: "word ", count: 9_000)
            let request = code == .promptTruncated ? Sample.request(long) : Sample.request()
            let failure = await modelFailure {
                let answer = try await double.provider().reply(to: request)
                Issue.record("it was taken: \(answer)")
            }
            #expect(failure?.code == code)
        }
    }

    @Test(arguments: [
        // Before the head of the answer, after it, and after the first word.
        (-1, ModelTiming.test(firstToken: .seconds(6)), ModelFailure.Code.firstTokenTimeout),
        (0, ModelTiming.test(firstToken: .seconds(6)), .firstTokenTimeout),
        (1, ModelTiming.test(betweenTokens: .milliseconds(300)), .stalled),
        (1, ModelTiming.test(whole: .seconds(6)), .tookTooLong),
    ])
    func `silence has an end, wherever it begins`(
        place: Int,
        timing: ModelTiming,
        code: ModelFailure.Code
    ) async throws {
        try await OllamaDouble.run(replies: [Self.half("stall", ("at", .int(Int64(place))))]) { double in
            let failure = await modelFailure {
                _ = try await double.provider(timing: timing).reply(to: Sample.request())
            }
            #expect(failure?.code == code)
            try await double.wait(ended: "cancelled")
        }
    }

    @Test func `a slow first word is waited for`() async throws {
        try await OllamaDouble.run(replies: [["text": "a", "slow": 11]]) { double in
            let timing = ModelTiming.test(betweenTokens: .seconds(10))
            let answer = try await double.provider(timing: timing).reply(to: Sample.request())
            #expect(answer.text == "a")
        }
    }

    @Test func `a reader that takes its time is no silence of the server`() async throws {
        try await OllamaDouble.run { double in
            let provider = double.provider(timing: .test(betweenTokens: .seconds(10)))
            let (ends, feed) = AsyncStream.makeStream(of: ModelEvent.self)
            try await provider.reply(to: Sample.request()) { event in
                if case .text("Hel") = event { try await Task.sleep(for: .seconds(11)) }
                feed.yield(event)
            }
            feed.finish()
            let last = await ends.reduce(nil) { $1 }
            #expect(last == .end(.stop))
        }
    }

    @Test func `a swallowed call is an answer without words that cost tokens`() async throws {
        try await OllamaDouble.run(replies: [["counts": ["output": 23]]]) { double in
            let answer = try await double.provider().reply(to: Sample.request())
            #expect(answer.text.isEmpty && answer.calls.isEmpty)
            var ids = CallIDs(SeededRandom(seed: 1))
            let read = ReplyReader(tools: Sample.tools).read(answer, ids: &ids)
            #expect(read.content == .unreadable(.swallowed))
        }
    }

    @Test func `nobody there is said at once, with the way to start it`() async throws {
        let gone = try await OllamaDouble.run { $0 }
        let failure = await modelFailure { _ = try await gone.provider().reply(to: Sample.request()) }
        #expect(failure?.code == .unreachable)
        #expect(failure?.nextAction.contains("ollama serve") == true)
        #expect(failure?.detail.contains("connection refused") == true)
    }

    @Test func `what failed before its first word is asked again`() async throws {
        let replies: [JSON] = [
            ["status": 503, "error": "server busy, please try again.  maximum pending requests exceeded"],
            Self.half("eof", ("at", 0)), Self.half("reset", ("at", 0)), ["text": "There."],
        ]
        try await OllamaDouble.run(replies: replies) { double in
            var retries: [ModelFailure.Code] = []
            var text = ""
            for try await event in double.provider(tries: 4).events(for: Sample.request()) {
                if case .retrying(let failure, _) = event { retries.append(failure.code) }
                if case .text(let piece) = event { text += piece }
            }
            #expect(retries == [.busy, .incompleteStream, .connectionBroken])
            #expect(text == "There.")
        }
    }

    @Test func `what was said in part is never asked again by itself`() async throws {
        try await OllamaDouble.run(replies: [Self.half("eof"), ["text": "There."]]) { double in
            let failure = await modelFailure { _ = try await double.provider(tries: 4).reply(to: Sample.request()) }
            #expect(failure?.code == .incompleteStream)
            #expect(failure?.isRetryable == true)
            let asked = try await double.chats.count
            #expect(asked == 1)
        }
    }

    @Test func `a model that fails too often is left alone, another one is not`() async throws {
        let broken: JSON = ["status": 500, "error": "llama-server process has terminated: exit status 2"]
        try await OllamaDouble.run(replies: [broken, broken]) { double in
            let provider = double.provider(breaker: Breaker.Limits(failures: 2, firstRest: .minutes(1)))
            for _ in 0..<2 { _ = await modelFailure { _ = try await provider.reply(to: Sample.request()) } }
            let failure = await modelFailure { _ = try await provider.reply(to: Sample.request()) }
            #expect(failure?.code == .resting)
            #expect(failure?.isRetryable == true)
            #expect(provider.failingSince(Sample.coder) != nil)
            let asked = try await double.chats.count
            #expect(asked == 2)
            let other = try await provider.reply(to: Sample.request(model: "qwen3:4b"))
            #expect(other.text == "Hello wörld")
        }
    }

    @Test func `a fetch of what does not exist fails though it began well`() async throws {
        let reply: JSON = ["fault": "error_line", "at": 1, "error": "pull model manifest: file does not exist"]
        try await OllamaDouble.run(replies: [reply, ["fault": "eof", "at": 4]]) { double in
            let provider = double.provider()
            #expect(await modelFailure { try await provider.pull("nothing") { _ in } }?.code == .pullFailed)
            #expect(await modelFailure { try await provider.pull("cut") { _ in } }?.code == .incompleteStream)
        }
    }
}
