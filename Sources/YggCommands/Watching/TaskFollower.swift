import YggClient
import YggCore
import YggProtocol

/// Prints a task's log as it grows, over as many connections as it takes.
struct TaskFollower: Sendable {
    let client: CoordinatorClient
    let goal: WatchGoal
    let format: OutputFormat
    let detail: EventPrinter.Detail

    /// - Parameter after: the number of the last entry that is already known.
    /// - Returns: the task as it was when there was nothing left to follow.
    /// - Throws: `CommandFailure` with status 4 where the limit came first.
    func follow(_ id: String, after: Int64?, limit: TimeLimit) async throws -> TaskView {
        let reachedEnd: Bool? = try await limit.run {
            try await print(id, after: after)
            return true
        }
        let task = try await client.task(id)
        if reachedEnd == nil, task.state?.isTerminal != true { throw limit.failure(id, state: task.stateText) }
        return task
    }

    private func print(_ id: String, after: Int64?) async throws {
        var printer = EventPrinter(detail: detail, style: Terminal.error.style)
        for try await element in client.stream(id, after: after) {
            switch element {
            case .interrupted(let reason): printer.remark("The connection is gone (\(reason)); trying again.").write()
            case .event(let event):
                if event.name == "end" { return }
                guard let json = try? JSON(parsing: event.data) else { continue }
                if format == .table {
                    printer.print(event.name, json["data"]?.objectValue ?? json.objectValue ?? JSONObject()).write()
                } else {
                    Console.out(json.text + "\n")
                }
                if goal == .approval, json["data"]?["state"]?.stringValue == TaskState.awaitingApproval.rawValue {
                    return
                }
            }
        }
    }
}
