import YggCore

/// What the bytes of an answer of `/api/chat` say, wherever they were cut.
///
/// Calls are taken from every line: older servers send them before the last line, newer ones in it. Nothing but a line
/// with `done` is an end; a stream that only stops was cut off, or its model repeated one token until the server had
/// enough.
package struct OllamaReplyDecoder: Sendable {
    /// Longer lines are no answer of a model.
    package static let maxLineBytes = 16 << 20
    /// Nor are longer answers.
    package static let maxReplyBytes = 64 << 20

    private let place: ModelPlace
    private let prompt: PromptGauge
    private var ids: CallIDs
    private var splitter = LineSplitter(limit: maxLineBytes)
    private var received = 0
    package private(set) var isDone = false

    package init(place: ModelPlace, prompt: PromptGauge, ids: CallIDs) {
        self.place = place
        self.prompt = prompt
        self.ids = ids
    }

    /// - Throws: the failure that these bytes tell of. What the lines before it said is lost with it, as it should be.
    package mutating func feed(_ bytes: [UInt8]) throws(ModelFailure) -> [ModelEvent] {
        received += bytes.count
        guard received <= Self.maxReplyBytes else { throw tooLong }
        let lines: [ArraySlice<UInt8>]
        do {
            lines = try splitter.feed(bytes)
        } catch {
            throw tooLong
        }
        var events: [ModelEvent] = []
        for line in lines { try read(line, into: &events) }
        return events
    }

    /// The end of the bytes.
    package mutating func finish() throws(ModelFailure) -> [ModelEvent] {
        var events: [ModelEvent] = []
        if let line = splitter.rest() { try read(line, into: &events) }
        guard isDone else {
            throw ModelFailure(
                .incompleteStream,
                "The answer of \(place.model) ended without its last line.",
                at: place
            )
        }
        return events
    }

    private var tooLong: ModelFailure {
        ModelFailure(.malformedStream, "The answer is longer than any answer of a model.", at: place)
    }

    private mutating func read(_ line: ArraySlice<UInt8>, into events: inout [ModelEvent]) throws(ModelFailure) {
        // Whatever follows the end is not part of the answer.
        if isDone { return }
        let json: JSON
        do {
            json = try JSON(parsing: line)
        } catch {
            let start = String(decoding: line.prefix(120), as: UTF8.self)
            throw ModelFailure(.malformedStream, "A line of the answer is \(error): \(start)", at: place)
        }
        if let error = json["error"] {
            throw OllamaErrors.failure(saying: error.stringValue ?? error.text, status: nil, at: place)
        }
        if let message = json["message"] {
            if let text = message["thinking"]?.stringValue, !text.isEmpty { events.append(.thinking(text)) }
            if let text = message["content"]?.stringValue, !text.isEmpty { events.append(.text(text)) }
            for call in message["tool_calls"]?.arrayValue ?? [] { events.append(.toolCall(try read(call))) }
        }
        guard json["done"]?.boolValue == true else { return }
        isDone = true
        let usage = usage(json)
        if prompt.isTruncated(usage) {
            let counted = usage.promptTokens.map { "\($0)" } ?? "too few"
            throw ModelFailure(
                .promptTruncated,
                "The server read \(counted) tokens of a prompt of \(usage.promptBytes) bytes: it had dropped the beginning.",
                at: place,
                promptTokens: usage.promptTokens,
                contextTokens: prompt.contextTokens
            )
        }
        events.append(.usage(usage))
        events.append(.end(EndReason(ollama: json["done_reason"]?.stringValue)))
    }

    private mutating func read(_ call: JSON) throws(ModelFailure) -> ToolCall {
        let function = call["function"]
        guard let name = function?["name"]?.stringValue, !name.isEmpty,
            let arguments = arguments(function?["arguments"])
        else {
            throw ModelFailure(
                .brokenCall,
                "The server handed on a call that is none: \(call.text.prefix(200))",
                at: place
            )
        }
        let id = call["id"]?.stringValue ?? ""
        return ToolCall(id: id.isEmpty ? ids.next() : id, name: name, arguments: arguments)
    }

    /// An object; also as the string that other servers make of it, and none for nothing.
    private func arguments(_ json: JSON?) -> JSONObject? {
        switch json {
        case .object(let object): object
        case nil, .null, "": JSONObject()
        case .string(let text): (try? JSON(parsing: text))?.objectValue
        default: nil
        }
    }

    private func usage(_ json: JSON) -> ModelUsage {
        // All six are left out where they are zero; times are in nanoseconds.
        func milliseconds(_ key: String) -> Milliseconds { Milliseconds((json[key]?.ollamaCount ?? 0) / 1_000_000) }
        return ModelUsage(
            promptTokens: json["prompt_eval_count"]?.ollamaCount,
            outputTokens: json["eval_count"]?.ollamaCount,
            promptBytes: prompt.bytes,
            loadMs: milliseconds("load_duration"),
            promptMs: milliseconds("prompt_eval_duration"),
            outputMs: milliseconds("eval_duration")
        )
    }
}

extension EndReason {
    init(ollama word: String?) {
        self =
            switch word {
            case "stop", nil: .stop
            case "length": .length
            case .some(let word): .other(word)
            }
    }
}
