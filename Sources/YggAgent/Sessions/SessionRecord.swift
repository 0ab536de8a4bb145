package import YggCore

/// One line of a session's file after the first: what happened, and when.
package struct SessionRecord: Sendable, Hashable {
    /// Time at work since the session began.
    package var at: Milliseconds
    package var input: AgentLoop.Input

    package init(at: Milliseconds, _ input: AgentLoop.Input) {
        self.at = at
        self.input = input
    }

    package var json: JSON {
        let (event, members) = input.named
        var object: JSONObject = ["event": .string(event), "at": .int(at.rawValue)]
        for (key, value) in members.members { object.append(key, value) }
        return .object(object)
    }

    init(json: JSON) throws(SessionError) {
        let fields = try SessionFields(json)
        at = Milliseconds(try fields.int("at"))
        input = try AgentLoop.Input(fields)
    }
}

extension AgentLoop.Input {
    fileprivate var named: (String, JSONObject) {
        switch self {
        case .began: ("began", [:])
        case .described(let info): ("described", ["model": info.json])
        case .baseChecked(let steps): ("base", ["steps": .array(steps.map(\.json))])
        case .baseFailed(let failure):
            (
                "base-failed",
                [
                    "code": .string(failure.code), "detail": .string(failure.detail),
                    "steps": .array(failure.steps.map(\.json)),
                ]
            )
        case .saved(let name): ("checkpoint", ["name": .string(name)])
        case .answered(let reply, let usage): ("answer", ["reply": reply.json, "usage": usage.json])
        case .modelFailed(let failure): ("model-failed", ["failure": failure.json])
        case .callBegan(let id): ("call", ["id": .string(id)])
        case .called(let id, let result): ("result", ["id": .string(id), "result": .object(result.json)])
        case .verified(let verdict): ("verdict", ["verdict": verdict.json])
        case .restored: ("restored", [:])
        case .workspaceFailed(let sentence): ("workspace-failed", ["detail": .string(sentence)])
        case .comment(let text): ("comment", ["text": .string(text)])
        case .suspended: ("suspended", [:])
        case .resumed: ("resumed", [:])
        }
    }

    fileprivate init(_ fields: SessionFields) throws(SessionError) {
        switch try fields.string("event") {
        case "began": self = .began
        case "described": self = .described(try ModelInfo(try fields.nested("model")))
        case "base": self = .baseChecked(try fields.list("steps") { json throws(SessionError) in try StepReport(json) })
        case "base-failed":
            self = .baseFailed(
                BaseFailure(
                    code: try fields.string("code"),
                    detail: try fields.string("detail"),
                    steps: try fields.list("steps") { json throws(SessionError) in try StepReport(json) }
                )
            )
        case "checkpoint": self = .saved(try fields.string("name"))
        case "answer":
            self = .answered(try ReadReply(try fields.nested("reply")), try ModelUsage(try fields.nested("usage")))
        case "model-failed": self = .modelFailed(try ModelFailure(try fields.nested("failure")))
        case "call": self = .callBegan(id: try fields.string("id"))
        case "result":
            self = .called(id: try fields.string("id"), try ToolResult(try fields.nested("result")))
        case "verdict": self = .verified(try Verdict(try fields.nested("verdict")))
        case "restored": self = .restored
        case "workspace-failed": self = .workspaceFailed(try fields.string("detail"))
        case "comment": self = .comment(try fields.string("text"))
        case "suspended": self = .suspended
        case "resumed": self = .resumed
        default: throw fields.damage("event")
        }
    }
}
