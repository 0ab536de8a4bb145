package import Logging
import ServiceLifecycle

/// The workspaces of trackers, for as long as the coordinator runs.
package struct TrackerService: Service {
    private let desks: [TrackerDesk]

    package init(_ workspaces: [TrackerWorkspace], coordinator: Coordinator, logger: Logger) {
        desks = workspaces.map { TrackerDesk($0, coordinator: coordinator, logger: logger) }
        for desk in desks { coordinator.trackers.add(desk) }
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for desk in desks { group.addTask { await desk.run() } }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }
}
