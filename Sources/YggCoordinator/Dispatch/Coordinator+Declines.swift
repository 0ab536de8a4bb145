package import YggCore
import YggStorage

extension Coordinator {
    /// Queued tasks that every executor which could take them has declined for a while.
    package func declinedByAll() async throws -> [DeclinedByAll] {
        let tasks = withControl { control, _ in control.declines.tasks }
        guard !tasks.isEmpty else { return [] }
        let queued = try await database.read { [store] tx in
            try tasks.compactMap { try store.task($0, in: tx) }.filter { $0.task.state == .queued }
        }
        return queued.compactMap(declinedByAll)
    }

    /// - Parameter stored: a queued task.
    func declinedByAll(_ stored: StoredTask) -> DeclinedByAll? {
        withControl { control, _ in
            control.declines.problem(
                of: stored.task.id,
                lane: control.dispatcher.lane(stored.lane) ?? Lane(kind: stored.task.spec.kind),
                routes: settings.routes,
                executors: control.routingViews,
                now: machine.now()
            )
        }
    }
}
