import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// `/v1/tracker`: what became of the issues of trackers.
struct TrackerRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.showTracker, show)
        endpoints.on(.syncTracker, sync)
    }

    @Sendable private func show(_ request: Request, _ context: YggContext) async throws -> Response {
        try .page(await coordinator.trackers.status().map(JSON.object), of: request)
    }

    /// Looks for new issues now, and answers when that was done. With `dryRun` it says what the last look found.
    @Sendable private func sync(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let isDry = reader.bool("dryRun") ?? false
        try reader.finish()
        return .list(try await coordinator.trackers.sync(isDry: isDry).map(JSON.object), next: nil)
    }
}
