import HTTPTypes
import Hummingbird
import Synchronization
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol
import YggStorage
import YggTelemetry

/// How the coordinator is, for people, supervisors and Prometheus.
struct HealthRoutes: Sendable {
    let coordinator: Coordinator
    private let lastCheck = CachedCheck()

    init(coordinator: Coordinator) { self.coordinator = coordinator }

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.health, health)
        endpoints.on(.livez) { _, _ in .text("ok\n") }
        endpoints.on(.readyz, ready)
        endpoints.on(.info, info)
        endpoints.on(.metrics, metrics)
    }

    @Sendable private func health(_ request: Request, _ context: YggContext) async throws -> Response {
        // Whoever is nobody here learns that something is wrong, not where the coordinator keeps what.
        let isKnown = (try? context.principal()) != nil
        let storeFailure = await lastCheck.failure { try await coordinator.checkStore() }
        let executors = coordinator.executors
        let up = executors.filter { $0.state == .running }.count
        let fleetStatus = up == executors.count ? "pass" : "warn"
        let disk = coordinator.diskState
        let declined = storeFailure == nil ? try await coordinator.declinedByAll() : []
        let backup = coordinator.backupVerdict
        let registry = coordinator.registryVerdict
        let trackers = coordinator.trackers.verdicts
        let isTrackerWarned = trackers.contains { $0.trouble != nil }
        let isWarned = isTrackerWarned || disk.isLow || !declined.isEmpty || backup.isWarning || registry?.detail != nil
        let status = storeFailure != nil ? "fail" : isWarned ? "warn" : fleetStatus
        var store: JSONObject = ["status": .string(storeFailure == nil ? "pass" : "fail")]
        store.append("detail", .optional(isKnown ? storeFailure : storeFailure.map { _ in Self.withheld }))
        let fleet: JSONObject = [
            "status": .string(fleetStatus), "up": .int(Int64(up)), "total": .int(Int64(executors.count)),
        ]
        var checks: JSONObject = [
            "store": .object(store), "executors": .object(fleet), "disk": .object(disk.check),
            "tasks": .object(check(declined)), "backup": .object(backup.check(withReason: isKnown)),
        ]
        checks.append("registry", registry?.check)
        if !trackers.isEmpty { checks.append("tracker", .object(check(trackers, withReason: isKnown))) }
        return .json(
            [
                "status": .string(status), "version": .string(YggVersion.current),
                "uptimeMs": .int(uptime.rawValue), "checks": .object(checks),
            ],
            status: storeFailure == nil ? .ok : .serviceUnavailable
        )
    }

    private static let withheld = "The coordinator's log says why."

    /// Tasks that need a person, by name as far as a line goes.
    private func check(_ declined: [DeclinedByAll]) -> JSONObject {
        guard let first = declined.first else { return ["status": "pass"] }
        let names = declined.prefix(5).map(\.task.rawValue).joined(separator: ", ")
        let more = declined.count > 5 ? " and \(declined.count - 5) more" : ""
        return [
            "status": "warn", "declinedByAll": .int(Int64(declined.count)),
            "detail": .string(
                "Declined by every executor that could take them: \(names)\(more). See why: ygg why \(first.task)"
            ),
        ]
    }

    /// The workspaces of trackers: without them nothing stops, and no issue becomes a task.
    /// - Parameter withReason: whether with the reason, which names files.
    private func check(_ trackers: [TrackerBoard.Verdict], withReason: Bool) -> JSONObject {
        let troubles = trackers.compactMap { tracker in tracker.trouble.map { "\(tracker.workspace): \($0)" } }
        var check: JSONObject = [
            "status": .string(troubles.isEmpty ? "pass" : "warn"), "workspaces": .int(Int64(trackers.count)),
        ]
        if !troubles.isEmpty {
            let detail = "\(troubles.joined(separator: " ")) See: ygg tracker status"
            check.append("detail", .string(withReason ? detail : Self.withheld))
        }
        return check
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
        let disk = coordinator.diskState
        let retention = coordinator.retentionState
        let declined = try await coordinator.declinedByAll()
        let approvals = try await coordinator.approvalBacklog()
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
                "yggdrasil_tasks_declined_by_all",
                help: "Queued tasks that every executor which could take them has declined for a minute.",
                [MetricSample(declined.count)]
            ),
            .gauge(
                "yggdrasil_approvals_open",
                help: "Questions that wait for a person, by subject.",
                approvals.map { MetricSample(Double($0.count), ["subject": $0.subject]) }
            ),
            .gauge(
                "yggdrasil_approval_oldest_seconds",
                help: "How long the oldest question of a subject has waited.",
                approvals.map {
                    MetricSample(Double(max(0, (now - $0.oldest).rawValue)) / 1000, ["subject": $0.subject])
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
                "yggdrasil_disk_free_bytes",
                help: "Free where the data is.",
                disk.spaces.map { MetricSample(Double($0.free), ["path": $0.path]) }
            ),
            .gauge(
                "yggdrasil_disk_low",
                help: "1 while the disk is too full for new work.",
                [MetricSample(disk.isLow ? 1 : 0)]
            ),
            .gauge(
                "yggdrasil_store_bytes",
                help: "Held by the store, without its audit, and the artifacts when retention last looked.",
                [MetricSample(Double(retention.usedBytes))]
            ),
            .gauge(
                "yggdrasil_retention_removed_tasks",
                help: "Finished tasks that this process has removed.",
                [MetricSample(Double(retention.tasks))]
            ),
            .gauge(
                "yggdrasil_retention_trimmed_tasks",
                help: "Finished tasks whose log and artifacts this process has removed.",
                [MetricSample(Double(retention.outputs))]
            ),
            .gauge(
                "yggdrasil_backup_age_seconds",
                help: "Since the newest backup in backup.dir was made; absent where there is none.",
                coordinator.backupAge.map { [MetricSample(Double($0.rawValue) / 1000)] } ?? []
            ),
            .gauge(
                "yggdrasil_tracker_look_age_seconds",
                help: "Since the last look for new issues in a workspace; absent before the first.",
                coordinator.trackers.verdicts.compactMap { tracker in
                    tracker.lookedAt.map {
                        MetricSample(Double(max(0, (now - $0).rawValue)) / 1000, ["workspace": tracker.workspace])
                    }
                }
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

extension DiskGuard {
    /// As `/health` tells it: a disk that is too full stops new work, and nothing that is under way.
    fileprivate var check: JSONObject {
        var check: JSONObject = ["status": .string(isLow ? "warn" : "pass")]
        check.append("detail", .optional(sentence))
        return check
    }
}

extension RegistryVerdict {
    /// As `/health` tells it: without a registry nothing stops, and nothing new is installed.
    fileprivate var check: JSON {
        var check: JSONObject = ["status": .string(detail == nil ? "pass" : "warn"), "url": .string(url)]
        check.append("detail", .optional(detail))
        return .object(check)
    }
}

extension BackupWatch.Verdict {
    /// As `/health` tells it.
    /// - Parameter withReason: whether with the reason of a failure, which names files.
    fileprivate func check(withReason: Bool) -> JSONObject {
        var check: JSONObject = ["status": .string(isWarning ? "warn" : "pass")]
        check.append("newest", .optional(newest?.description))
        check.append("detail", .optional(withReason ? detail : openDetail))
        return check
    }
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
