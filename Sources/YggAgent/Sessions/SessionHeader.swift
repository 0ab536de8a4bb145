package import YggCore

/// The first line of a session's file: what the session is, and with what it was begun.
package struct SessionHeader: Sendable, Hashable {
    /// Raised when a file of an older program would lead to other decisions.
    static let format: Int64 = 1

    package var task: AgentTask
    /// Who answers for the model.
    package var provider: ProviderIdentity
    package var began: Timestamp
    /// The prompts that the model may be told: sha256 by name.
    package var prompts: [String: String]

    package init(task: AgentTask, provider: ProviderIdentity, began: Timestamp) {
        self.task = task
        self.provider = provider
        self.began = began
        prompts = Dictionary(task.prompts.map { ($0.name, $0.sha256) }) { _, last in last }
    }

    var json: JSON {
        [
            "event": "session", "format": .int(Self.format), "task": task.json,
            "provider": [
                "name": .string(provider.name), "endpoint": .string(provider.endpoint),
                "isScripted": .bool(provider.isScripted),
            ],
            "beganMs": .int(began.milliseconds),
            "prompts": .object(JSONObject(prompts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }

    init(json: JSON) throws(SessionError) {
        let fields = try SessionFields(json)
        guard try fields.string("event") == "session" else {
            throw SessionError(.damaged, "The first record is not that of a session.")
        }
        guard try fields.int("format") == Self.format else {
            throw SessionError(.newerFormat, "The session was begun by another version. Begin the task anew.")
        }
        task = try AgentTask(try fields.nested("task"))
        let provider = try fields.nested("provider")
        self.provider = ProviderIdentity(
            name: try provider.string("name"),
            endpoint: try provider.string("endpoint"),
            isScripted: provider.bool("isScripted")
        )
        began = Timestamp(milliseconds: try fields.int("beganMs"))
        prompts = [:]
        for (name, value) in try fields.nested("prompts").object.members { prompts[name] = value.stringValue }
    }
}
