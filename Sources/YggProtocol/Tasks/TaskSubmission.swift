package import YggCore

/// The body of `POST /v1/tasks`: what somebody asks for, before kinds, defaults and ids are looked up.
package struct TaskSubmission: Sendable, Hashable {
    package var id: TaskID?
    package var kind: TaskKind
    package var title: String?
    package var description: String?
    package var params: JSONObject
    package var labels: [String]
    package var priority: Priority
    package var dependsOn: [TaskID]
    package var onDependencyFailure: OnDependencyFailure
    package var notBefore: Timestamp?
    package var timeouts: JSONObject
    package var retry: JSONObject
    package var dedupeKey: String?
    package var source: TaskSource
    package var tier = TierRequest()

    package static let maxTitleBytes = 500
    package static let maxLabels = 64
    package static let maxDependencies = 256

    package init(kind: TaskKind, params: JSONObject = JSONObject()) {
        self.kind = kind
        self.params = params
        labels = []
        priority = .normal
        dependsOn = []
        onDependencyFailure = .fail
        timeouts = JSONObject()
        retry = JSONObject()
        source = .http
    }

    /// Reads and checks the shape; what needs the kind's schema is checked where the kind is known.
    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let prompt = reader.string("prompt")
        let description = reader.string("description") ?? prompt
        let kindText = reader.string("kind", maxLength: 64)
        self.init(kind: TaskKind(trusted: "plan-create"))
        if let kindText {
            if let kind = TaskKind(kindText) {
                self.kind = kind
            } else {
                reader.complain("kind", "must look like prefix-verb in lower case, not \"\(kindText)\"")
            }
        } else if description == nil {
            reader.complain("kind", "is required, unless there is a prompt or a description to plan from")
        }
        self.description = description
        if let prompt { params = ["prompt": .string(prompt)] }
        for member in reader.object("params")?.members ?? [] { params[member.key] = member.value }
        readIdentity(&reader)
        title = reader.string("title", maxLength: Self.maxTitleBytes)
        labels = readLabels(&reader)
        if let value = reader.int("priority", in: 0...4), let priority = Priority(value) { self.priority = priority }
        dependsOn = readIDs("dependsOn", &reader)
        onDependencyFailure = reader.choice("onDependencyFailure", of: OnDependencyFailure.self) ?? .fail
        if let text = reader.string("notBefore", maxLength: 64) {
            notBefore = Timestamp(parsing: text)
            if notBefore == nil {
                reader.complain("notBefore", "must be an RFC 3339 time such as 2026-03-01T07:00:00Z")
            }
        }
        // Read once here for their complaints, and again over the defaults of the kind.
        timeouts = reader.object("timeouts") ?? JSONObject()
        _ = reader.nested("timeouts") { nested in Timeouts(reading: &nested, defaults: Timeouts()) }
        retry = reader.object("retry") ?? JSONObject()
        _ = reader.nested("retry") { nested in RetryPolicy(reading: &nested) }
        source = reader.choice("source", of: TaskSource.self) ?? .http
        tier = TierRequest(added: reader.tiers("tier") ?? [], skipped: reader.tiers("skipTier") ?? [])
        for word in tier.added where tier.skipped.contains(word) {
            reader.complain("skipTier", "skips \(word.rawValue), which tier adds")
        }
        try reader.finish()
    }

    private mutating func readIdentity(_ reader: inout ObjectReader) {
        for key in ["id", "task_id"] {
            guard let text = reader.string(key, maxLength: 1024) else { continue }
            if let id = TaskID(text), self.id ?? id == id {
                self.id = id
            } else if TaskID(text) != nil {
                reader.complain(key, "is another than id: send one of the two")
            } else {
                reader.complain(key, "must be 1 to 64 letters, digits, dots, dashes and underscores")
            }
        }
        dedupeKey = reader.string("dedupeKey", maxLength: 255)
        if dedupeKey?.isEmpty == true { reader.complain("dedupeKey", "must not be empty") }
    }

    private func readLabels(_ reader: inout ObjectReader) -> [String] {
        let labels = reader.strings("labels", maxCount: Self.maxLabels) ?? []
        for (index, label) in labels.enumerated() where !(1...128).contains(label.utf8.count) {
            reader.complain("labels", at: index, "must be 1 to 128 bytes")
        }
        return labels
    }

    private func readIDs(_ key: String, _ reader: inout ObjectReader) -> [TaskID] {
        var ids: [TaskID] = []
        for (index, text) in (reader.strings(key, maxCount: Self.maxDependencies) ?? []).enumerated() {
            guard let id = TaskID(text) else {
                reader.complain(key, at: index, "is not a task id")
                continue
            }
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    /// The body a client sends.
    package var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        object.append("id", .optional(id?.rawValue))
        object.append("title", .optional(title))
        object.append("description", .optional(description))
        if !params.isEmpty { object.append("params", .object(params)) }
        if !labels.isEmpty { object.append("labels", .array(labels.map(JSON.string))) }
        if priority != .normal { object.append("priority", .int(Int64(priority.rawValue))) }
        if !dependsOn.isEmpty { object.append("dependsOn", .array(dependsOn.map { .string($0.rawValue) })) }
        if onDependencyFailure != .fail { object.append("onDependencyFailure", .string(onDependencyFailure.rawValue)) }
        object.append("notBefore", .optional(notBefore?.description))
        if !timeouts.isEmpty { object.append("timeouts", .object(timeouts)) }
        if !retry.isEmpty { object.append("retry", .object(retry)) }
        object.append("dedupeKey", .optional(dedupeKey))
        if source != .http { object.append("source", .string(source.rawValue)) }
        if !tier.added.isEmpty { object.append("tier", .array(tier.added.map { .string($0.rawValue) })) }
        if !tier.skipped.isEmpty { object.append("skipTier", .array(tier.skipped.map { .string($0.rawValue) })) }
        return object
    }
}
