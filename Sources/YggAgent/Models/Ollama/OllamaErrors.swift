package import YggCore

/// The errors of Ollama, told apart by status and words: it has no codes.
package enum OllamaErrors {
    /// An answer that is none.
    /// - Parameter body: all of it, or its beginning.
    package static func failure(
        status: Int,
        body: [UInt8],
        retryAfter: Milliseconds? = nil,
        at place: ModelPlace
    ) -> ModelFailure {
        if body.isEmpty, status == 403 {
            return ModelFailure(
                .hostRefused,
                "\(place.endpoint) refuses to be called by that name.",
                at: place,
                status: status
            )
        }
        guard let json = try? JSON(parsing: body), let error = json["error"] else {
            return stranger(status: status, body: body, retryAfter: retryAfter, at: place)
        }
        // llama-server's own errors are objects. Ollama hands them on as a string, newer ones perhaps as they are.
        var failure = failure(saying: error.stringValue ?? json.text, status: status, at: place)
        failure.retryAfter = retryAfter
        return failure
    }

    /// An error in words, of an answer or of a line in the middle of a stream.
    /// - Parameter status: nil in the middle of a stream, whose status was a success.
    package static func failure(saying text: String, status: Int?, at place: ModelPlace) -> ModelFailure {
        if let inner = nested(text) {
            return failure(of: inner, status: status, at: place)
        }
        let code = code(text.lowercased(), status: status)
        return ModelFailure(code, sentence(text), at: place, status: status)
    }

    /// The error object of llama-server inside an error of Ollama.
    private static func nested(_ text: String) -> JSONObject? {
        guard text.contains("{"), let start = text.firstIndex(of: "{"),
            let json = try? JSON(parsing: String(text[start...]))
        else { return nil }
        return json["error"]?.objectValue ?? json.objectValue
    }

    private static func failure(of error: JSONObject, status: Int?, at place: ModelPlace) -> ModelFailure {
        let message = error["message"]?.stringValue ?? JSON.object(error).text
        let status = status ?? error["code"]?.intValue.map(Int.init)
        if error["type"] == "exceed_context_size_error" {
            return ModelFailure(
                .contextExceeded,
                sentence(message),
                at: place,
                status: status,
                promptTokens: error["n_prompt_tokens"]?.ollamaCount,
                contextTokens: error["n_ctx"]?.ollamaCount
            )
        }
        return ModelFailure(code(message.lowercased(), status: status), sentence(message), at: place, status: status)
    }

    /// The words of which each is said in one case only, whatever the status.
    private static let words: [(contains: String, code: ModelFailure.Code)] = [
        ("does not support tools", .toolsUnsupported),
        ("does not support thinking", .thinkingUnsupported),
        ("does not support chat", .chatUnsupported),
        ("does not support generate", .chatUnsupported),
        ("longer than the context length", .contextExceeded),
        ("exceeds the context length", .contextExceeded),
        ("exceeds the available context size", .contextExceeded),
        ("invalid format", .invalidRequest),
        ("must be of type", .invalidRequest),
        ("no user query found", .templateFailed),
        ("invalid tool call arguments", .brokenCall),
        ("error parsing tool call", .brokenCall),
        ("loading model", .loading),
        ("server busy", .busy),
        ("out of memory", .outOfMemory),
        ("outofmemory", .outOfMemory),
        ("requires more system memory", .outOfMemory),
        ("unable to allocate", .outOfMemory),
        ("cudamalloc failed", .outOfMemory),
        ("no space left on device", .diskFull),
        ("file does not exist", .modelMissing),
        ("request canceled", .requestCancelled),
        ("has terminated", .runnerFailed),
        ("timed out waiting for", .runnerFailed),
        ("unexpectedly stopped", .runnerFailed),
        ("error was encountered while running the model", .runnerFailed),
    ]

    private static func code(_ text: String, status: Int?) -> ModelFailure.Code {
        if let match = words.first(where: { text.contains($0.contains) }) { return match.code }
        // "model 'x' not found", also with double quotes and "try pulling it first".
        if text.contains("model"), text.contains("not found") { return .modelMissing }
        return switch status {
        case 401: .signInNeeded
        case 403: .forbidden
        case 404: .modelMissing
        case 408, 425, 429, 503, 529: .busy
        case 499: .requestCancelled
        case 502, 504: .cloudUnreachable
        case .some(400..<500): .invalidRequest
        default: .serverError
        }
    }

    /// An answer that Ollama does not give: of a proxy before it, or of something else altogether.
    private static func stranger(
        status: Int,
        body: [UInt8],
        retryAfter: Milliseconds?,
        at place: ModelPlace
    ) -> ModelFailure {
        let code: ModelFailure.Code =
            switch status {
            case 408, 425, 429, 503, 529: .busy
            case 500...: .serverError
            case 401, 403: .forbidden
            default: .wrongEndpoint
            }
        let text = String(decoding: body.prefix(200), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let said = text.isEmpty ? "nothing" : "\"\(text)\""
        return ModelFailure(
            code,
            "\(place.endpoint) answered \(status) and said \(said).",
            at: place,
            status: status,
            retryAfter: retryAfter
        )
    }

    /// The server's words as a sentence, and not as long as a log.
    private static func sentence(_ text: String) -> String {
        let text = text.count > 600 ? text.prefix(600) + "…" : text[...]
        guard let last = text.last else { return "The server gave no reason." }
        return ".!?…".contains(last) ? String(text) : text + "."
    }
}
