import Testing
import YggAgent
import YggCore

struct OllamaErrorsTests {
    private static let place = ModelPlace(model: "m", endpoint: "http://surtr:11434")

    struct Row: Sendable, CustomTestStringConvertible {
        var status: Int?
        var error: String
        var code: ModelFailure.Code
        var retry: ModelFailure.Retry

        init(_ status: Int?, _ error: String, _ code: ModelFailure.Code, _ retry: ModelFailure.Retry) {
            (self.status, self.error, self.code, self.retry) = (status, error, code, retry)
        }

        var testDescription: String { "\(status.map { "\($0)" } ?? "in a stream"): \(error.prefix(60))" }
    }

    static let rows = [
        Row(400, "registry.ollama.ai/library/gemma3:4b does not support tools", .toolsUnsupported, .never),
        Row(400, "\"m\" does not support chat", .chatUnsupported, .never),
        Row(400, "\"m\" does not support generate", .chatUnsupported, .never),
        Row(400, "\"m\" does not support thinking", .thinkingUnsupported, .never),
        Row(400, "invalid model name", .invalidRequest, .never),
        Row(400, "model is required", .invalidRequest, .never),
        Row(400, "missing request body", .invalidRequest, .never),
        Row(400, "the prompt is longer than the context length currently available", .contextExceeded, .never),
        Row(
            400,
            #"{"error":{"code":400,"type":"exceed_context_size_error","message":"request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it","n_prompt_tokens":9000,"n_ctx":8192}}"#,
            .contextExceeded,
            .never
        ),
        Row(401, "unauthorized", .signInNeeded, .never),
        Row(403, "ollama cloud is disabled: remote model is unavailable", .forbidden, .never),
        Row(404, "model 'x' not found", .modelMissing, .never),
        Row(404, "model \"x\" not found, try pulling it first", .modelMissing, .never),
        Row(499, "request canceled", .requestCancelled, .never),
        Row(500, "llama-server process has terminated: exit status 2", .runnerFailed, .once),
        Row(500, "timed out waiting for llama-server to start - progress 0.5", .runnerFailed, .once),
        Row(
            500,
            "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error",
            .runnerFailed,
            .once
        ),
        Row(500, "an error was encountered while running the model: unexpected EOF", .runnerFailed, .once),
        Row(500, "model requires more system memory (9.1 GiB) than is available (3.2 GiB)", .outOfMemory, .never),
        Row(500, "llama-server process has terminated: cudaMalloc failed: out of memory", .outOfMemory, .never),
        Row(500, "no user query found in messages", .templateFailed, .never),
        Row(500, "invalid format: \"yaml\"; expected \"json\" or a valid JSON Schema object", .invalidRequest, .never),
        Row(nil, "llama-server returned invalid tool call arguments for \"x\"", .brokenCall, .once),
        Row(nil, "an error was encountered while running the model: boom", .runnerFailed, .once),
        Row(502, "dial tcp: lookup ollama.com: no such host", .cloudUnreachable, .backOff),
        Row(503, "server busy, please try again.  maximum pending requests exceeded", .busy, .backOff),
        Row(503, #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, .loading, .backOff),
        Row(429, "too many requests", .busy, .backOff),
    ]

    @Test(arguments: rows)
    func `each error has its code, a sentence and a next step`(row: Row) {
        let failure =
            row.status.map { OllamaErrors.failure(status: $0, body: body(row.error), at: Self.place) }
            ?? OllamaErrors.failure(saying: row.error, status: nil, at: Self.place)
        #expect(failure.code == row.code)
        #expect(failure.retry == row.retry)
        #expect(failure.status == row.status)
        #expect(".!?…".contains(failure.detail.last ?? " "))
        #expect(!failure.detail.contains("{\""))
        #expect(failure.nextAction.hasSuffix("."))
    }

    private func body(_ error: String) -> [UInt8] { (["error": .string(error)] as JSON).bytes }

    @Test func `a prompt that does not fit tells by how much`() {
        let failure = OllamaErrors.failure(status: 400, body: body(Self.rows[8].error), at: Self.place)
        #expect(failure.promptTokens == 9000)
        #expect(failure.contextTokens == 8192)
        let plain = OllamaErrors.failure(status: 400, body: Array(Self.rows[8].error.utf8), at: Self.place)
        #expect(plain.code == .contextExceeded)
        #expect(plain.promptTokens == 9000)
    }

    @Test func `a missing model is named with the command that fetches it`() {
        let failure = OllamaErrors.failure(status: 404, body: body("model 'm' not found"), at: Self.place)
        #expect(failure.nextAction.contains("ollama pull m"))
        #expect(failure.nextAction.contains("surtr"))
    }

    @Test(arguments: [
        (403, "", ModelFailure.Code.hostRefused),
        (404, "404 page not found", .wrongEndpoint),
        (405, "405 method not allowed", .wrongEndpoint),
        (200, "<html>Welcome</html>", .wrongEndpoint),
        (301, "", .wrongEndpoint),
        (403, "<html>Forbidden</html>", .forbidden),
        (502, "<html>Bad Gateway</html>", .serverError),
        (503, "", .busy),
    ])
    func `an answer that is not Ollama's says who answered what`(status: Int, body: String, code: ModelFailure.Code) {
        let failure = OllamaErrors.failure(status: status, body: Array(body.utf8), at: Self.place)
        #expect(failure.code == code)
        #expect(failure.detail.contains("http://surtr:11434"))
    }

    @Test func `an error of any length is a sentence`() {
        let failure = OllamaErrors.failure(
            status: 500,
            body: body(String(repeating: "x", count: 100_000)),
            at: Self.place
        )
        #expect(failure.detail.count < 700)
    }
}
