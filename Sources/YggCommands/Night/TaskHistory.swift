import YggClient
import YggCore

/// How long tasks of a kind took lately.
struct TaskHistory: Sendable {
    /// Enough to tell the usual from the odd, and few enough to be asked for.
    private static let looksBack = 9
    /// Of all kinds with the prefix.
    private static let mostRead = 200

    let client: CoordinatorClient

    /// The median of the last that succeeded; nil where none has. What a person took to approve is not counted.
    func usual(_ kind: String) async throws -> Milliseconds? {
        let filter = TaskFilter(states: [.succeeded], prefix: TaskKind(kind)?.prefix)
        let page = try await client.tasks(filter, limit: Self.mostRead)
        var spans: [Milliseconds] = []
        for task in page.items.map(TaskView.init) where task.kind == kind && spans.count < Self.looksBack {
            guard let started = task.startedAt, let finished = task.finishedAt else { continue }
            let isAsked = task.json["tier"]?.arrayValue?.isEmpty == false
            let asked = isAsked ? try await client.approvals(of: task.id).last?["requestedAt"]?.stringValue : nil
            spans.append((asked.flatMap(Timestamp.init(parsing:)) ?? finished) - started)
        }
        return Self.median(spans)
    }

    static func median(_ spans: [Milliseconds]) -> Milliseconds? {
        let sorted = spans.sorted()
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        if sorted.count % 2 == 1 { return sorted[middle] }
        return Milliseconds((sorted[middle - 1].rawValue + sorted[middle].rawValue) / 2)
    }
}
