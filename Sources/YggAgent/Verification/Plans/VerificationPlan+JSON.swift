package import YggCore

extension VerificationPlan {
    /// As it is kept beside a session.
    package var json: JSON {
        var object: JSONObject = [
            "steps": .array(steps.map(\.planned)), "notes": .array(notes.map(JSON.string)),
        ]
        object.append("proof", .optional(proof?.rawValue))
        object.append("lack", .optional(lack))
        return .object(object)
    }

    /// - Returns: nil where that is no plan.
    package init?(_ json: JSON) {
        guard let items = json["steps"]?.arrayValue, let notes = json["notes"]?.arrayValue else { return nil }
        let steps = items.compactMap(VerificationStep.init(planned:))
        guard steps.count == items.count else { return nil }
        let proof = json["proof"]?.stringValue
        guard proof == nil || proof.flatMap(VerificationStep.Goal.init) != nil else { return nil }
        self.init(
            steps: steps,
            notes: notes.compactMap(\.stringValue),
            proof: proof.flatMap(VerificationStep.Goal.init)
        )
        lack = json["lack"]?.stringValue
    }
}

extension VerificationStep {
    fileprivate var planned: JSON {
        var object: JSONObject = [
            "goal": .string(goal.rawValue), "argv": .array(argv.map(JSON.string)),
            "timeLimitMs": .int(Int64(timeLimit / .milliseconds(1))), "isGiven": .bool(isGiven),
            "environment": .object(
                JSONObject(environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
            ),
        ]
        object.append("directory", .optional(directory))
        object.append("unlessThere", .optional(unlessThere))
        object.append("repair", repair.map { .array($0.map(JSON.string)) })
        return .object(object)
    }

    fileprivate init?(planned json: JSON) {
        guard let goal = (json["goal"]?.stringValue).flatMap(Goal.init), let argv = Self.words(json["argv"]),
            !argv.isEmpty, let time = json["timeLimitMs"]?.intValue, let isGiven = json["isGiven"]?.boolValue,
            let environment = json["environment"]?.objectValue
        else { return nil }
        self.init(goal, argv, directory: json["directory"]?.stringValue, timeLimit: .milliseconds(time))
        self.isGiven = isGiven
        unlessThere = json["unlessThere"]?.stringValue
        repair = Self.words(json["repair"])
        for member in environment.members { self.environment[member.key] = member.value.stringValue }
    }

    private static func words(_ json: JSON?) -> [String]? { json?.arrayValue?.compactMap(\.stringValue) }
}
