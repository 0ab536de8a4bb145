package import YggCore

/// A task with what the store keeps beside it.
package struct StoredTask: Sendable {
    /// The order of submission.
    package let num: Int64
    package let lane: LaneID
    package var task: FleetTask
    /// The sequence number that the next event gets.
    package var nextSeq: Int64
    /// The number of the executor's last entry, of the current epoch, that was taken.
    package var reported: Int64
    /// What people decided about it, as its next attempt must know: read with a grant, of a task that had one before.
    package var decisions: [Approval] = []

    package init(num: Int64, lane: LaneID, task: FleetTask, nextSeq: Int64 = 1, reported: Int64 = 0) {
        self.num = num
        self.lane = lane
        self.task = task
        self.nextSeq = nextSeq
        self.reported = reported
    }
}

extension TaskSpec {
    /// The stored form: what never changes, in one blob.
    var storedJSON: JSONObject {
        var object: JSONObject = [
            "id": .string(id.rawValue), "kind": .string(kind.rawValue), "title": .string(title),
            "createdAt": .int(createdAt.milliseconds), "priority": .int(Int64(priority.rawValue)),
            "source": .string(source.rawValue), "submittedBy": .string(submittedBy),
        ]
        object.append("description", .optional(description))
        if !params.isEmpty { object.append("params", .object(params)) }
        if !labels.isEmpty { object.append("labels", .array(labels.map(JSON.string))) }
        object.append("notBefore", .optional(notBefore?.milliseconds))
        object.append("timeouts", .object(timeouts.json))
        if retry != RetryPolicy() { object.append("retry", .object(retry.json)) }
        object.append("onLost", .string(onLost.rawValue))
        if !dependsOn.isEmpty { object.append("dependsOn", .array(dependsOn.map { .string($0.rawValue) })) }
        if onDependencyFailure != .fail { object.append("onDependencyFailure", .string(onDependencyFailure.rawValue)) }
        object.append("parent", .optional(parent?.rawValue))
        object.append("retryOf", .optional(retryOf?.rawValue))
        object.append("continues", .optional(continues?.rawValue))
        object.append("dedupeKey", .optional(dedupeKey))
        object.append("fingerprint", .optional(fingerprint))
        if !tier.isEmpty { object.append("tier", .array(tier.map { .string($0.rawValue) })) }
        if !skippedTier.isEmpty {
            object.append("skippedTier", .array(skippedTier.map { .string($0.rawValue) }))
        }
        return object
    }

    convenience init(stored bytes: [UInt8]) throws {
        var reader = try ObjectReader(JSON(parsing: bytes))
        func id(_ key: String) -> TaskID? { reader.string(key).map(TaskID.init(trusted:)) }
        self.init(
            id: TaskID(trusted: try reader.required("id") { $0.string("id") }),
            kind: TaskKind(trusted: try reader.required("kind") { $0.string("kind") }),
            title: reader.string("title") ?? "",
            description: reader.string("description"),
            params: reader.object("params") ?? JSONObject(),
            labels: reader.strings("labels") ?? [],
            priority: Priority(reader.int("priority") ?? 2) ?? .normal,
            source: reader.choice("source", of: TaskSource.self) ?? .http,
            submittedBy: reader.string("submittedBy") ?? "",
            createdAt: Timestamp(milliseconds: try reader.required("createdAt") { $0.int("createdAt") }),
            notBefore: reader.int("notBefore").map { Timestamp(milliseconds: $0) },
            timeouts: reader.nested("timeouts") { Timeouts(reading: &$0, defaults: Timeouts()) } ?? Timeouts(),
            retry: reader.nested("retry") { RetryPolicy(reading: &$0) } ?? RetryPolicy(),
            onLost: reader.choice("onLost", of: OnLost.self) ?? .requeue,
            dependsOn: (reader.strings("dependsOn") ?? []).map(TaskID.init(trusted:)),
            onDependencyFailure: reader.choice("onDependencyFailure", of: OnDependencyFailure.self) ?? .fail,
            parent: id("parent"),
            retryOf: id("retryOf"),
            continues: id("continues"),
            dedupeKey: reader.string("dedupeKey"),
            fingerprint: reader.string("fingerprint"),
            tier: reader.tiers("tier") ?? [],
            skippedTier: reader.tiers("skippedTier") ?? []
        )
    }
}
