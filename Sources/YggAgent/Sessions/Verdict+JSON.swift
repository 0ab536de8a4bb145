package import YggCore

extension StepReport {
    /// For the session's file and for evidence.
    package var json: JSON {
        var object: JSONObject = [
            "goal": .string(step.goal.rawValue), "argv": .array(step.argv.map(JSON.string)),
            "timeLimitNs": .int(step.timeLimit.wholeNanoseconds), "durationNs": .int(duration.wholeNanoseconds),
        ]
        object.append("directory", .optional(step.directory))
        object.append("exitCode", .optional(exitCode.map(Int64.init)))
        object.append("ended", .optional(ended))
        if !failures.isEmpty { object.append("failures", .array(failures.map(JSON.string))) }
        if !output.isEmpty { object.append("output", .string(output)) }
        return .object(object)
    }

    init(_ json: JSON) throws(SessionError) {
        let fields = try SessionFields(json)
        self.init(
            step: VerificationStep(
                try fields.choice("goal", of: VerificationStep.Goal.self),
                try fields.strings("argv"),
                directory: fields.optionalString("directory"),
                timeLimit: .nanoseconds(try fields.int("timeLimitNs"))
            ),
            exitCode: fields.optionalInt("exitCode").flatMap { Int32(exactly: $0) },
            ended: fields.optionalString("ended"),
            failures: try fields.strings("failures"),
            output: fields.optionalString("output") ?? "",
            duration: .nanoseconds(try fields.int("durationNs"))
        )
    }
}

extension Verdict {
    /// For the session's file and for evidence.
    package var json: JSON {
        var object = JSONObject()
        switch worth {
        case .verified: object.append("worth", "verified")
        case .unverified(let sentence):
            object.append("worth", "unverified")
            object.append("reason", .string(sentence))
        case .broken: object.append("worth", "broken")
        }
        object.append("newFailures", .int(Int64(newFailures)))
        object.append("fixed", .array(fixed.map(JSON.string)))
        object.append("feedback", .string(feedback))
        object.append("steps", .array(steps.map(\.json)))
        return .object(object)
    }

    init(_ fields: SessionFields) throws(SessionError) {
        let worth: Worth
        switch try fields.string("worth") {
        case "verified": worth = .verified
        case "unverified": worth = .unverified(fields.optionalString("reason") ?? "")
        case "broken": worth = .broken
        default: throw fields.damage("worth")
        }
        self.init(
            worth: worth,
            newFailures: Int(try fields.int("newFailures")),
            fixed: try fields.strings("fixed"),
            feedback: try fields.string("feedback"),
            steps: try fields.list("steps") { json throws(SessionError) in try StepReport(json) }
        )
    }
}
