import Synchronization
package import YggCore
import YggStorage

extension Coordinator {
    /// Counts by other settings from now on. Leases go on as they were granted.
    /// - Parameters:
    ///   - wanted: settings as for a start; what cannot change while a coordinator runs stays as it is.
    ///   - changes: what is different, for the audit, which is written before anything counts.
    package func reload(_ wanted: CoordinatorSettings, by author: Author, changes: String) async throws {
        let entry = AuditEntry(.configReload, by: author, at: machine.time(), detail: changes)
        // From the commit's own thread: another reload comes behind it in every respect.
        try await database.write { [self] tx in
            try AuditStore.append(entry, in: tx)
            tx.afterCommit { self.adopt(wanted) }
        }
    }

    private func adopt(_ wanted: CoordinatorSettings) {
        let settings = liveSettings.withLock { settings in
            settings.adopt(wanted)
            return settings
        }
        disk.withLock { $0.floor = settings.diskFloor }
        access.auditAge.withLock { $0 = settings.access.auditAge }
        withControl { control, work in
            control.kinds.declare(settings.declaredKinds)
            control.dispatch(
                .configured(settings.routes, resources: settings.resources),
                now: machine.now(),
                into: &work
            )
        }
    }
}

extension CoordinatorSettings {
    /// Takes over what may change while a coordinator runs.
    fileprivate mutating func adopt(_ wanted: CoordinatorSettings) {
        routes = wanted.routes
        tierRules = wanted.tierRules
        resources = wanted.resources
        declaredKinds = wanted.declaredKinds
        let headers = limits.headers
        limits = wanted.limits
        // The server's guard was made with it.
        limits.headers = headers
        access.auditAge = wanted.access.auditAge
        retention = wanted.retention
        registryURL = wanted.registryURL
        diskFloor = wanted.diskFloor
    }
}
