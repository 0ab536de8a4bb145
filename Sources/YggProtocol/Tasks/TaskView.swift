package import YggCore

extension FleetTask {
    /// The task as everybody sees it.
    package var json: JSONObject {
        var object = JSONObject(minimumCapacity: 32)
        object.append("id", .string(id.rawValue))
        object.append("kind", .string(spec.kind.rawValue))
        object.append("title", .string(spec.title))
        object.append("description", .optional(spec.description))
        object.append("state", .string(state.rawValue))
        object.append("phase", .string(phase.rawValue))
        object.append("params", .object(spec.params))
        object.append("labels", .array(spec.labels.map(JSON.string)))
        object.append("priority", .int(Int64(spec.priority.rawValue)))
        object.append("source", .string(spec.source.rawValue))
        object.append("submittedBy", .string(spec.submittedBy))
        object.append("attempt", .int(Int64(attempt)))
        object.append("epoch", .int(epoch))
        object.append("executor", .optional(executor?.rawValue))
        object.append("createdAt", .string(spec.createdAt.description))
        object.append("updatedAt", .string(updatedAt.description))
        object.append("notBefore", .optional(notBefore?.description))
        object.append("startedAt", .optional(startedAt?.description))
        object.append("finishedAt", .optional(finishedAt?.description))
        if !spec.tier.isEmpty { object.append("tier", .array(spec.tier.map { .string($0.rawValue) })) }
        if let pendingDigest {
            var approval: JSONObject = ["digest": .string(pendingDigest)]
            approval.append("requestedAt", .optional(approvalSince?.description))
            approval.append("expiresAt", .optional(approvalDeadline?.description))
            object.append("approval", .object(approval))
        }
        object.append("timeouts", .object(spec.timeouts.json))
        object.append("retry", .object(spec.retry.json))
        object.append("dependsOn", .array(spec.dependsOn.map { .string($0.rawValue) }))
        object.append("onDependencyFailure", .string(spec.onDependencyFailure.rawValue))
        object.append("parent", .optional(spec.parent?.rawValue))
        object.append("retryOf", .optional(spec.retryOf?.rawValue))
        object.append("continues", .optional(spec.continues?.rawValue))
        if cancelRequested { object.append("cancelRequested", true) }
        if let result { object.append("result", .object(result)) }
        if let error { object.append("error", .object(error.json)) }
        object.append("version", .int(version))
        return object
    }
}

extension TaskError {
    package var json: JSONObject {
        ["code": .string(code), "detail": .string(detail), "retryable": .bool(retryable)]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        self.init(
            code: try reader.required("code") { $0.string("code", maxLength: 128) },
            detail: reader.string("detail") ?? "",
            retryable: reader.bool("retryable") ?? false
        )
    }
}
