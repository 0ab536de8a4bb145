import YggCore

extension ToolCall {
    var json: JSON { ["id": .string(id), "name": .string(name), "arguments": .object(arguments)] }

    init(_ fields: SessionFields) throws(SessionError) {
        self.init(
            id: try fields.string("id"),
            name: try fields.string("name"),
            arguments: fields.object["arguments"]?.objectValue ?? JSONObject()
        )
    }
}

extension ReadReply {
    var json: JSON {
        var object: JSONObject = ["text": .string(text)]
        if !thinking.isEmpty { object.append("thinking", .string(thinking)) }
        switch content {
        case .prose: break
        case .unreadable(let problem):
            object.append("unreadable", .string(problem.name))
            if case .brokenCall(let reason) = problem { object.append("reason", .string(reason)) }
        case .calls(let calls):
            let list = calls.map { call -> JSON in
                guard case .refused(let call, let correction) = call else { return call.call.json }
                var object = call.json.objectValue ?? JSONObject()
                object.append("refused", .string(correction))
                return .object(object)
            }
            object.append("calls", .array(list))
        }
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        let content: Content
        if let name = fields.optionalString("unreadable") {
            guard let problem = Unreadable(name: name, reason: fields.optionalString("reason") ?? "") else {
                throw fields.damage("unreadable")
            }
            content = .unreadable(problem)
        } else if fields.object["calls"] != nil {
            content = .calls(
                try fields.list("calls") { json throws(SessionError) in
                    let fields = try SessionFields(json)
                    let call = try ToolCall(fields)
                    return fields.optionalString("refused").map { .refused(call, correction: $0) } ?? .ready(call)
                }
            )
        } else {
            content = .prose
        }
        self.init(
            text: try fields.string("text"),
            thinking: fields.optionalString("thinking") ?? "",
            content: content
        )
    }
}

extension Unreadable {
    fileprivate var name: String {
        switch self {
        case .empty: "empty"
        case .swallowed: "swallowed"
        case .onlyThought: "only-thought"
        case .cutOff: "cut-off"
        case .unfinishedCall: "unfinished-call"
        case .brokenCall: "broken-call"
        case .amongProse: "among-prose"
        case .quoted: "quoted"
        }
    }

    fileprivate init?(name: String, reason: String) {
        let all: [Unreadable] = [
            .empty, .swallowed, .onlyThought, .cutOff, .unfinishedCall, .brokenCall(reason), .amongProse, .quoted,
        ]
        guard let found = all.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

extension ModelUsage {
    var json: JSON {
        var object = JSONObject()
        object.append("promptTokens", .optional(promptTokens))
        object.append("outputTokens", .optional(outputTokens))
        object.append("promptBytes", .int(Int64(promptBytes)))
        object.append("loadMs", .int(loadMs.rawValue))
        object.append("promptMs", .int(promptMs.rawValue))
        object.append("outputMs", .int(outputMs.rawValue))
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        self.init(
            promptTokens: fields.optionalInt("promptTokens"),
            outputTokens: fields.optionalInt("outputTokens"),
            promptBytes: Int(try fields.int("promptBytes")),
            loadMs: Milliseconds(try fields.int("loadMs")),
            promptMs: Milliseconds(try fields.int("promptMs")),
            outputMs: Milliseconds(try fields.int("outputMs"))
        )
    }
}

extension ModelFailure {
    var json: JSON {
        var object: JSONObject = [
            "code": .string(code.rawValue), "detail": .string(detail), "nextAction": .string(nextAction),
        ]
        object.append("status", .optional(status.map(Int64.init)))
        object.append("retryAfterMs", .optional(retryAfter?.rawValue))
        object.append("promptTokens", .optional(promptTokens))
        object.append("contextTokens", .optional(contextTokens))
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        self.init(
            try fields.choice("code", of: Code.self),
            try fields.string("detail"),
            at: ModelPlace(model: "", endpoint: ""),
            status: fields.optionalInt("status").map(Int.init),
            retryAfter: fields.optionalInt("retryAfterMs").map { Milliseconds($0) },
            promptTokens: fields.optionalInt("promptTokens"),
            contextTokens: fields.optionalInt("contextTokens")
        )
        nextAction = try fields.string("nextAction")
    }
}

extension ModelInfo {
    /// What of it the loop and the evidence need.
    var json: JSON {
        var object: JSONObject = ["name": .string(name), "capabilities": .array(capabilities.map(JSON.string))]
        object.append("trainedContext", .optional(trainedContext))
        object.append("sizeBytes", .optional(sizeBytes))
        object.append("parameterSize", .optional(parameterSize))
        object.append("quantisation", .optional(quantisation))
        object.append("family", .optional(family))
        object.append("digest", .optional(digest))
        object.append("isRemote", .bool(isRemote))
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        self.init(
            name: try fields.string("name"),
            capabilities: try fields.strings("capabilities"),
            trainedContext: fields.optionalInt("trainedContext"),
            sizeBytes: fields.optionalInt("sizeBytes"),
            parameterSize: fields.optionalString("parameterSize"),
            quantisation: fields.optionalString("quantisation"),
            family: fields.optionalString("family"),
            digest: fields.optionalString("digest"),
            isRemote: fields.bool("isRemote")
        )
    }
}

extension ToolResult {
    var json: JSONObject {
        ["text": .string(text), "isError": .bool(isError), "record": record.json]
    }

    init(_ fields: SessionFields) throws(SessionError) {
        let read = try fields.nested("record")
        var record = ToolRecord()
        if read.object["argv"] != nil { record.argv = try read.strings("argv") }
        record.directory = read.optionalString("directory")
        record.exitCode = read.optionalInt("exitCode").flatMap { Int32(exactly: $0) }
        record.ended = read.optionalString("ended")
        record.duration = read.optionalInt("milliseconds").map { .milliseconds($0) }
        record.bytes = Int(try read.int("bytes"))
        record.files = try read.strings("files")
        self.init(try fields.string("text"), isError: fields.bool("isError"), record: record)
    }
}
