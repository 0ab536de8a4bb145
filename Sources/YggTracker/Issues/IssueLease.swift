package import YggCore

/// Our own right to an issue: written before the issue is claimed, and kept until its result is back in the tracker.
///
/// It names the task before there is one, so that whatever a crash interrupts is done again as the same task.
package struct IssueLease: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        /// The issue may be ours, and there may be a task: neither is known.
        case claiming
        /// The task is there.
        case working
        case ended(Ending)
    }

    /// What became of the issue.
    package enum Ending: String, Sendable, Hashable, CaseIterable {
        /// Closed by us, with the result.
        case closed
        /// Blocked, until a person looks at it.
        case parked
        /// Given back as it was.
        case released
        /// A person closed it, took it, or put it aside meanwhile.
        case moot
        /// Somebody else was faster.
        case lost
    }

    package let issue: IssueID
    package let title: String
    package let kind: TaskKind
    package let task: TaskID
    /// Under which name it was claimed.
    package let actor: String
    package let since: Timestamp
    package var step = Step.claiming
    /// The tasks for which its own is to wait.
    package var dependsOn: [TaskID] = []
    /// What the issue was told already, by name.
    package var said: Set<String> = []
    package var endedAt: Timestamp?
    /// When the issue was last changed as we gave it back: a later change is a person's.
    package var leftAt: Timestamp?

    package init(issue: IssueID, title: String, kind: TaskKind, task: TaskID, actor: String, since: Timestamp) {
        self.issue = issue
        self.title = title
        self.kind = kind
        self.task = task
        self.actor = actor
        self.since = since
    }

    package var isOver: Bool { if case .ended = step { true } else { false } }

    package var ending: Ending? { if case .ended(let ending) = step { ending } else { nil } }
}

extension IssueLease {
    package var stepName: String {
        switch step {
        case .claiming: "claiming"
        case .working: "working"
        case .ended(let ending): ending.rawValue
        }
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "issue": .string(issue.rawValue), "title": .string(title), "kind": .string(kind.rawValue),
            "task": .string(task.rawValue), "actor": .string(actor), "since": .string(since.description),
            "step": .string(stepName), "said": .array(said.sorted().map(JSON.string)),
        ]
        if !dependsOn.isEmpty { object.append("dependsOn", .array(dependsOn.map { .string($0.rawValue) })) }
        object.append("endedAt", .optional(endedAt?.description))
        object.append("leftAt", .optional(leftAt?.description))
        return object
    }

    /// Reads a lease as it was stored.
    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        func text(_ key: String, _ reader: inout ObjectReader) throws(InvalidInput) -> String {
            try reader.required(key) { $0.string(key) }
        }
        func time(_ key: String, _ reader: inout ObjectReader) -> Timestamp? {
            reader.string(key).flatMap { Timestamp(parsing: $0) }
        }
        let id = try text("issue", &reader)
        guard let issue = IssueID(id), let task = TaskID(try text("task", &reader)) else {
            throw InvalidInput(reader.path("issue"), "\"\(id)\" and its task are no ids")
        }
        self.init(
            issue: issue,
            title: try text("title", &reader),
            kind: TaskKind(trusted: try text("kind", &reader)),
            task: task,
            actor: try text("actor", &reader),
            since: time("since", &reader) ?? Timestamp(milliseconds: 0)
        )
        let step = try text("step", &reader)
        switch step {
        case "claiming": self.step = .claiming
        case "working": self.step = .working
        default:
            guard let ending = Ending(rawValue: step) else {
                throw InvalidInput(reader.path("step"), "is not known: \(step)")
            }
            self.step = .ended(ending)
        }
        said = Set(reader.strings("said") ?? [])
        dependsOn = (reader.strings("dependsOn") ?? []).compactMap { TaskID($0) }
        endedAt = time("endedAt", &reader)
        leftAt = time("leftAt", &reader)
        try reader.finish()
    }
}
