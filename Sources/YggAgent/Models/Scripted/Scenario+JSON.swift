package import YggCore

extension Scenario {
    /// Reads a scenario: `{name?, model?: {name, context, capabilities}, turns: [{step?, contains?, times?, delay?,
    /// thinking?, text?, calls?: [{name, arguments}], usage?: {prompt, output}, end?: stop|length|none|stall,
    /// fail?: {code, detail?}}]}`.
    ///
    /// A turn without `step` and `contains` answers the step after that of the turn before it. One that fails, stalls
    /// or ends too early is played once, and the next turn answers the same step: what is asked again gets another
    /// answer.
    package init(json: JSON) throws(InvalidInput) {
        var reader = try ObjectReader(json)
        name = reader.string("name") ?? "scenario"
        let scenario = name
        info =
            reader.nested("model") { model throws(InvalidInput) in
                ModelInfo(
                    name: model.string("name") ?? scenario,
                    capabilities: model.strings("capabilities") ?? ["completion", "tools"],
                    trainedContext: model.int("context", in: 1...Int64.max)
                )
            } ?? ModelInfo(name: scenario, capabilities: ["completion", "tools"])
        let read = try reader.required("turns") { reader in
            reader.list("turns", maxCount: 10_000) { turn throws(InvalidInput) in try Turn(&turn) }
        }
        try reader.finish()
        var step = 0
        var repeats = false
        turns = read.map { turn in
            var turn = turn
            if turn.step == nil, turn.contains == nil {
                step += repeats ? 0 : 1
                turn.step = step
                repeats = turn.isBroken
            }
            if turn.isBroken, turn.times == nil { turn.times = 1 }
            return turn
        }
    }
}

extension Scenario.Turn {
    fileprivate var isBroken: Bool { if case .end = ending { false } else { true } }

    fileprivate init(_ reader: inout ObjectReader) throws(InvalidInput) {
        step = reader.int("step", in: 1...1_000_000).map(Int.init)
        contains = reader.string("contains")
        times = reader.int("times", in: 1...1_000_000).map(Int.init)
        delay = .zero
        if let text = reader.string("delay") {
            if let read = Milliseconds(parsing: text) {
                delay = read
            } else {
                reader.complain("delay", "must be a duration such as 200ms or 2s")
            }
        }
        thinking = reader.string("thinking", maxLength: 1 << 20) ?? ""
        if case .array = reader.object["text"] {
            text = reader.strings("text", maxCount: 100_000) ?? []
        } else {
            text = reader.string("text", maxLength: 1 << 24).map { [$0] } ?? []
        }
        calls =
            reader.list("calls") { call throws(InvalidInput) in
                Scenario.Call(
                    name: try call.required("name") { $0.string("name") },
                    arguments: call.object("arguments") ?? JSONObject()
                )
            } ?? []
        let usage = reader.nested("usage") { usage throws(InvalidInput) in
            (prompt: usage.int("prompt", in: 0...Int64.max), output: usage.int("output", in: 0...Int64.max))
        }
        (promptTokens, outputTokens) = (usage?.prompt, usage?.output)
        ending = .end(.stop)
        if let word = reader.string("end") {
            switch word {
            case "stop": break
            case "length": ending = .end(.length)
            case "none": ending = .withoutDone
            case "stall": ending = .stall
            default: reader.complain("end", "must be one of stop, length, none, stall, not \"\(word)\"")
            }
        }
        let failure = reader.nested("fail") { fail throws(InvalidInput) in
            (
                code: try fail.required("code") { $0.choice("code", of: ModelFailure.Code.self) },
                detail: fail.string("detail")
            )
        }
        if let failure { ending = .failure(failure.code, failure.detail ?? "The scenario fails here.") }
    }
}
