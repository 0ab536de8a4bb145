package import YggCore

extension Approval {
    /// An approval as everybody sees it.
    /// - Parameter task: the one it is about, as it is now.
    package func view(of task: FleetTask) -> JSONObject {
        var object: JSONObject = [
            "id": .string(id), "task": .string(self.task.rawValue), "kind": .string(task.spec.kind.rawValue),
            "title": .string(task.spec.title), "subject": .string(question.subject.rawValue),
            "phase": .string(phase.rawValue), "digest": .string(digest), "summary": .string(question.summary),
            "requestedAt": .string(requestedAt.description),
        ]
        object.append("expiresAt", .optional(expiresAt?.description))
        for member in question.json.members
        where !["subject", "summary", "diff", "bundle", "shown"].contains(member.key) {
            object.append(member.key, member.value)
        }
        for member in question.shown.members where object[member.key] == nil { object.append(member.key, member.value) }
        if let excerpt {
            object["diff"] = .string(excerpt.text)
            object["diffBytes"] = .int(excerpt.bytes)
            if excerpt.isCut { object["diffTruncated"] = true }
        }
        object["diffSha256"] = .optional(question.diff)
        object["bundleSha256"] = .optional(question.bundle)
        if isOpen, question.next == .succeed { object["result"] = task.result.map(JSON.object) }
        if let decision {
            for member in decision.json.members { object[member.key] = member.value }
        }
        object["state"] = .string(task.state.rawValue)
        return object
    }
}
