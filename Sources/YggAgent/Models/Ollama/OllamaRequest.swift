package import YggCore

/// The body of a call of `/api/chat`.
///
/// What would make the server load the model again is the same in every call: `num_ctx`, `truncate`, `shift`. With
/// both of the latter off a prompt that does not fit is an error, and an answer that does not ends as cut off; by
/// default both would lose the beginning of the conversation without a word.
package struct OllamaRequest: Sendable, Hashable {
    package var request: ModelRequest
    package var numCtx: Int64
    /// How long the model stays in memory afterwards, in Go's notation.
    package var keepAlive: String

    package init(_ request: ModelRequest, numCtx: Int64, keepAlive: String) {
        self.request = request
        self.numCtx = request.options.contextTokens ?? numCtx
        self.keepAlive = keepAlive
    }

    package var json: JSON { body(messages: messages, tools: request.tools.map(\.ollama)) }

    /// The same without a conversation: it loads the model, with the options that the conversation will have.
    package var preload: JSON { body(messages: [], tools: []) }

    /// What the model has to read, in bytes.
    package var promptBytes: Int {
        var size = JSON.array(messages).bytes.count + JSON.array(request.tools.map(\.ollama)).bytes.count
        if let format = request.format { size += format.bytes.count }
        return size
    }

    private func body(messages: [JSON], tools: [JSON]) -> JSON {
        var body = JSONObject()
        body.append("model", .string(request.model))
        body.append("messages", .array(messages))
        if !tools.isEmpty { body.append("tools", .array(tools)) }
        body.append("stream", true)
        if !messages.isEmpty { body.append("format", request.format) }
        body.append("options", .object(options))
        body.append("keep_alive", .string(keepAlive))
        if !messages.isEmpty { body.append("think", request.options.thinking?.ollama) }
        body.append("truncate", false)
        body.append("shift", false)
        return .object(body)
    }

    private var options: JSONObject {
        let asked = request.options
        var options: JSONObject = ["num_ctx": .int(numCtx)]
        options.append("temperature", asked.temperature.map { .double($0) })
        options.append("top_p", asked.topP.map { .double($0) })
        options.append("seed", .optional(asked.seed))
        options.append("num_predict", .optional(asked.maxOutputTokens))
        if !asked.stop.isEmpty { options.append("stop", .array(asked.stop.map { .string($0) })) }
        return options
    }

    private var messages: [JSON] {
        var out: [JSON] = []
        if !request.system.isEmpty { out.append(["role": "system", "content": .string(request.system)]) }
        var open: [ToolCall] = []
        var results: [ToolResultTurn] = []
        for message in request.messages {
            if case .toolResult(let result) = message {
                results.append(result)
                continue
            }
            out += answers(results, to: open)
            results = []
            if case .assistant(let turn) = message { open = turn.calls }
            out.append(message.ollama)
        }
        return out + answers(results, to: open)
    }

    /// Results in the order of their calls. Many templates show the model their text alone, so where there are several
    /// the text says which call it answers.
    private func answers(_ results: [ToolResultTurn], to calls: [ToolCall]) -> [JSON] {
        let order = Dictionary(calls.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
        // Results of calls that nobody made keep their place at the end.
        let sorted = results.enumerated().sorted {
            (order[$0.element.callID] ?? calls.count, $0.offset) < (order[$1.element.callID] ?? calls.count, $1.offset)
        }
        return sorted.map { _, result in
            let content = calls.count > 1 ? "[\(result.tool) \(result.callID)]\n\(result.content)" : result.content
            return [
                "role": "tool", "tool_name": .string(result.tool), "tool_call_id": .string(result.callID),
                "content": .string(content),
            ]
        }
    }
}

extension ModelMessage {
    fileprivate var ollama: JSON {
        switch self {
        case .system(let text): return ["role": "system", "content": .string(text)]
        case .user(let text): return ["role": "user", "content": .string(text)]
        case .toolResult(let turn): return ["role": "tool", "content": .string(turn.content)]
        case .assistant(let turn):
            var message: JSONObject = ["role": "assistant", "content": .string(turn.text)]
            if !turn.thinking.isEmpty { message.append("thinking", .string(turn.thinking)) }
            if !turn.calls.isEmpty { message.append("tool_calls", .array(turn.calls.map(\.ollama))) }
            return .object(message)
        }
    }
}

extension ToolCall {
    /// Arguments are an object: a string, as others want it, is refused here.
    fileprivate var ollama: JSON {
        ["id": .string(id), "function": ["name": .string(name), "arguments": .object(arguments)]]
    }
}

extension ToolSpec {
    fileprivate var ollama: JSON {
        [
            "type": "function",
            "function": ["name": .string(name), "description": .string(description), "parameters": schema],
        ]
    }
}

extension ModelOptions.Thinking {
    fileprivate var ollama: JSON {
        switch self {
        case .off: false
        case .on: true
        case .effort(let word): .string(word)
        }
    }
}
