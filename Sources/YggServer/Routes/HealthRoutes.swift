import HTTPTypes
import Hummingbird
import Synchronization
import YggCoordinator
import YggCore
import YggHTTP
import YggStorage
import YggTelemetry

/// How the coordinator is, for people, supervisors and Prometheus.
struct HealthRoutes: Sendable {
    let coordinator: Coordinator
    private let lastCheck = CachedCheck()

    init(coordinator: Coordinator) { self.coordinator = coordinator }

    func add(to endpoints: inout Endpoints) {
        endpoints.get("/health", health)
        endpoints.get("/livez") { _, _ in .text("ok\n") }
        endpoints.get("/readyz", ready)
        endpoints.get("/info", info)
        endpoints.get("/metrics", metrics)
    }

    @Sendable private func health(_ request: Request, _ context: YggContext) async throws -> Response {
        let storeFailure = await lastCheck.failure { try await coordinator.checkStore() }
        let executors = coordinator.executors
        let up = executors.filter { $0.state == .running }.count
        let fleetStatus = up == executors.count ? "pass" : "warn"
        let status = storeFailure != nil ? "fail" : fleetStatus
        var store: JSONObject = ["status": .string(storeFailure == nil ? "pass" : "fail")]
        store.append("detail", .optional(storeFailure))
        let fleet: JSONObject = [
            "status": .string(fleetStatus), "up": .int(Int64(up)), "total": .int(Int64(executors.count)),
        ]
        return .json(
            [
                "status": .string(status), "version": .string(YggVersion.current),
                "uptimeMs": .int(uptime.rawValue),
                "checks": ["store": .object(store), "executors": .object(fleet)],
            ],
            status: storeFailure == nil ? .ok : .serviceUnavailable
        )
    }

    @Sendable private func ready(_ request: Request, _ context: YggContext) async throws -> Response {
        let failure = await lastCheck.failure { try await coordinator.checkStore() }
        let isLeaving = coordinator.isLeaving
        let store = failure == nil ? "[+]store ok\n" : "[-]store failed: reason withheld\n"
        var response = Response.text(store + (isLeaving ? "[-]stopping\n" : ""))
        if failure != nil || isLeaving { response.status = .serviceUnavailable }
        return response
    }

    @Sendable private func info(_ request: Request, _ context: YggContext) async throws -> Response {
        .json([
            "role": "coordinator", "name": "yggdrasil", "version": .string(YggVersion.current),
            "storeId": .string(coordinator.identity.storeID), "startedAt": .string(coordinator.startedAt.description),
            "leaseTtlMs": .int(coordinator.settings.leases.ttl.rawValue),
        ])
    }

    @Sendable private func metrics(_ request: Request, _ context: YggContext) async throws -> Response {
        let backlog = try await coordinator.backlog()
        let now = Timestamp.now
        let executors = coordinator.executors
        let text = PrometheusText([
            .gauge(
                "yggdrasil_tasks",
                help: "Unfinished tasks by prefix and state.",
                backlog.map { MetricSample(Double($0.count), ["prefix": $0.prefix, "state": $0.state.rawValue]) }
            ),
            .gauge(
                "yggdrasil_queue_oldest_seconds",
                help: "How long the oldest queued task of a prefix has waited.",
                backlog.filter { $0.state == .queued }.map {
                    MetricSample(Double(max(0, (now - $0.oldest).rawValue)) / 1000, ["prefix": $0.prefix])
                }
            ),
            .gauge(
                "yggdrasil_executor_up",
                help: "1 while the executor runs and is heard.",
                executors.map { MetricSample($0.state == .running ? 1 : 0, ["executor": $0.offer.id.rawValue]) }
            ),
            .gauge(
                "yggdrasil_executor_slots",
                help: "Declared slots.",
                executors.flatMap { executor in
                    executor.offer.slots.counts.map {
                        MetricSample(Double($0.amount), ["executor": executor.offer.id.rawValue, "slot": $0.name])
                    }
                }
            ),
            .gauge(
                "yggdrasil_executor_leases",
                help: "Leases the executor holds.",
                executors.map { MetricSample(Double($0.tasks.count), ["executor": $0.offer.id.rawValue]) }
            ),
            .gauge(
                "yggdrasil_stream_viewers",
                help: "Open event streams and waiting reads.",
                [MetricSample(Double(coordinator.events.viewerCount))]
            ),
            .gauge(
                "yggdrasil_uptime_seconds",
                help: "Since the start.",
                [MetricSample(Double(uptime.rawValue) / 1000)]
            ),
        ])
        return .bytes(text.bytes, type: PrometheusText.contentType)
    }

    private var uptime: Milliseconds { Timestamp.now - coordinator.startedAt }
}

/// The last look at the store, kept for a second: health is asked more often than it changes.
private final class CachedCheck: Sendable {
    private struct State {
        var at: Instant?
        var failure: String?
    }

    private let state = Mutex(State())

    /// Why the store cannot be written, nil where it can.
    func failure(_ check: () async throws -> Void) async -> String? {
        let now = Instant.now
        if let known = state.withLock({ state -> State? in
            guard let at = state.at, now - at < .seconds(1) else { return nil }
            return state
        }) {
            return known.failure
        }
        var failure: String?
        do { try await check() } catch { failure = "\(error)" }
        state.withLock { [failure] in $0 = State(at: now, failure: failure) }
        return failure
    }
}
