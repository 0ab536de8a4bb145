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
                guard let entry = entry(of: event) else { continue }
                let data = entry["data"]?.objectValue ?? JSONObject()
                if format == .table {
                    printer.print(event.name, data).write()
                } else {
                    Console.out(JSON.object(entry).text + "\n")
                }
                guard data["state"]?.stringValue == TaskState.awaitingApproval.rawValue else { continue }
                if goal == .approval { return }
                printer.remark(ApprovalText.howTo(id)).write()
            }
        }
    }

    /// The entry of the log that a frame carries. A gap of the stream's own has no entry, so it is given its form.
    private func entry(of event: ReceivedEvent) -> JSONObject? {
        guard let object = (try? JSON(parsing: event.data))?.objectValue else { return nil }
        return object["type"] == nil ? ["type": .string(event.name), "data": .object(object)] : object
    }
}
