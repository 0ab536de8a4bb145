/// What an agent's `/status` says, whoever wrote the agent: its state, and the tasks it is at.
package struct AgentStatus: Sendable, Equatable {
    package var state: ExecutorState
    /// Ids of tasks, with their epochs where it tells them.
    package var tasks: [(id: String, epoch: Int64?)]

    /// Reads `{status, currentTask, tasks}`; every member may be missing or of another shape, because agents are many.
    package init(_ json: JSON?) {
        state = Self.state(json?["status"]?.stringValue)
        var tasks = (json?["tasks"]?.arrayValue ?? []).compactMap(Self.task)
        if let current = (json?["currentTask"] ?? json?["current_task"]).flatMap(Self.task),
            !tasks.contains(where: { $0.id == current.id })
        {
            tasks.append(current)
        }
        self.tasks = tasks
    }

    /// The word of an agent for how it is. Any word that does not say otherwise means that it runs.
    package static func state(_ word: String?) -> ExecutorState {
        switch word?.lowercased() {
        case "paused": .paused
        case "stopping", "draining": .stopping
        case "stopped": .stopped
        default: .running
        }
    }

    /// Whether it is at this attempt.
    package func names(_ key: LeaseKey) -> Bool {
        tasks.contains { $0.id == key.task.rawValue && ($0.epoch ?? key.epoch) == key.epoch }
    }

    private static func task(_ json: JSON) -> (id: String, epoch: Int64?)? {
        if let id = json.stringValue { return id.isEmpty ? nil : (id, nil) }
        guard let id = (json["task"] ?? json["id"])?.stringValue else { return nil }
        return (id, json["epoch"]?.intValue)
    }

    package static func == (left: AgentStatus, right: AgentStatus) -> Bool {
        left.state == right.state && left.tasks.elementsEqual(right.tasks) { $0 == $1 }
    }
}
