import YggClient
import YggCore
import YggTorture

/// Reads every task, with its whole log, from the coordinator.
struct TaskCollector: Sendable {
    private let client: CoordinatorClient

    init(_ client: CoordinatorClient) { self.client = client }

    func tasks() async throws -> [TaskRecord] {
        var listed: [TaskView] = []
        var cursor: String?
        repeat {
            let page = try await client.tasks(TaskFilter(), limit: 200, cursor: cursor)
            listed += page.items.map { TaskView($0) }
            cursor = page.nextCursor
        } while cursor != nil
        var records: [TaskRecord] = []
        for view in listed { records.append(try await record(of: view)) }
        return records
    }

    private func record(of listed: TaskView) async throws -> TaskRecord {
        let isInLedger = Household.kinds[listed.kind]?.isInLedger == true
        // A list leaves the output out.
        let view = isInLedger ? try await client.task(listed.id) : listed
        var record = TaskRecord(
            id: view.id,
            title: view.title,
            kind: view.kind,
            state: view.stateText,
            epoch: view.json["epoch"]?.intValue ?? 0,
            version: view.version,
            executor: view.executor,
            errorCode: view.errorCode,
            output: view.result?["output"]?.stringValue,
            events: try await events(of: view.id)
        )
        if !record.isOver { record.why = try? await JSON.object(client.why(view.id)).text }
        return record
    }

    private func events(of id: String) async throws -> [EventRecord] {
        var events: [EventRecord] = []
        var after: Int64 = 0
        while true {
            let page = try await client.events(id, after: after, limit: 1000)
            events += page.items.compactMap { EventRecord(.object($0)) }
            guard page.nextCursor != nil, let last = events.last?.seq, last > after else { return events }
            after = last
        }
    }
}
