import YggCore

extension AgentTask {
    var json: JSON {
        var object: JSONObject = ["id": .string(id), "instruction": .string(instruction)]
        object.append("kindPrompt", kindPrompt.map { ["name": .string($0.name), "text": .string($0.text)] })
        object.append("guidance", .optional(guidance))
        object.append("paths", .array(paths.map(JSON.string)))
        object.append("workspace", .string(workspace))
        object.append("model", .string(model))
        object.append("mode", .optional(mode?.rawValue))
        object.append("contextTokens", .int(contextTokens))
        object.append(
            "limits",
            [
                "maxSteps": .int(Int64(limits.maxSteps)), "maxRepairs": .int(Int64(limits.maxRepairs)),
                "wallTimeMs": .int(limits.wallTime.rawValue), "maxTokens": .int(limits.maxTokens),
            ]
        )
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        let limits = try fields.nested("limits")
        var kindPrompt: PromptText?
        if fields.object["kindPrompt"] != nil {
            let prompt = try fields.nested("kindPrompt")
            kindPrompt = PromptText(name: try prompt.string("name"), text: try prompt.string("text"))
        }
        self.init(
            id: try fields.string("id"),
            instruction: try fields.string("instruction"),
            kindPrompt: kindPrompt,
            guidance: fields.optionalString("guidance"),
            paths: try fields.strings("paths"),
            workspace: try fields.string("workspace"),
            model: try fields.string("model"),
            mode: fields.optionalString("mode").flatMap(AgentMode.init(rawValue:)),
            contextTokens: try fields.int("contextTokens"),
            limits: AgentLimits(
                maxSteps: Int(try limits.int("maxSteps")),
                maxRepairs: Int(try limits.int("maxRepairs")),
                wallTime: Milliseconds(try limits.int("wallTimeMs")),
                maxTokens: try limits.int("maxTokens")
            )
        )
    }
}
