extension Approval {
    /// Beginning of a diff that is kept with its question.
    package static let maxExcerptBytes = 64 << 10

    /// What is stored of it, and what an attempt is told: what was asked, and how it was decided.
    package var json: JSONObject {
        var object: JSONObject = [
            "epoch": .int(epoch), "phase": .string(phase.rawValue), "digest": .string(digest),
            "requestedAt": .string(requestedAt.description), "question": .object(question.json),
        ]
        object.append("expiresAt", .optional(expiresAt?.description))
        if let decision { for member in decision.json.members { object.append(member.key, member.value) } }
        return object
    }

    package init(reading reader: inout ObjectReader, task: TaskID) throws(InvalidInput) {
        reader.ignoresUnknown = true
        let epoch = try reader.required("epoch") { $0.int("epoch") }
        let phase = try reader.required("phase") { $0.choice("phase", of: Phase.self) }
        let digest = try reader.required("digest") { $0.string("digest", maxLength: 64) }
        let requestedAt = try reader.required("requestedAt") { Self.time("requestedAt", &$0) }
        let question = try reader.required("question") { reader in
            reader.nested("question") { nested throws(InvalidInput) in try ApprovalQuestion(reading: &nested) }
        }
        self.init(
            task: task,
            epoch: epoch,
            phase: phase,
            question: question,
            digest: digest,
            requestedAt: requestedAt,
            expiresAt: Self.time("expiresAt", &reader),
            decision: Self.decision(&reader)
        )
    }

    private static func time(_ key: String, _ reader: inout ObjectReader) -> Timestamp? {
        reader.string(key, maxLength: 64).flatMap(Timestamp.init(parsing:))
    }

    private static func decision(_ reader: inout ObjectReader) -> ApprovalDecision? {
        guard let verdict = reader.choice("decision", of: ApprovalDecision.Verdict.self),
            let at = time("decidedAt", &reader)
        else { return nil }
        return ApprovalDecision(verdict, by: reader.string("decidedBy"), comment: reader.string("comment"), at: at)
    }
}

extension ApprovalDecision {
    package var json: JSONObject {
        var object: JSONObject = ["decision": .string(verdict.rawValue), "decidedAt": .string(at.description)]
        object.append("decidedBy", .optional(by))
        object.append("comment", .optional(comment))
        return object
    }
}
