import Logging
package import YggCore
package import YggProtocol
import YggStorage

/// The answer to a registration or a heartbeat.
package struct ServiceAnswer: Sendable {
    package var view: ServiceView
    package var ttl: Milliseconds
    package var isNew: Bool

    package var json: JSONObject {
        var object = view.json
        object.append("ttlMs", .int(ttl.rawValue))
        object.append("heartbeatMs", .int((ttl / 3).rawValue))
        return object
    }
}

extension Coordinator {
    /// Lets a service in: a durable row, so that its kinds are known while it is away.
    package func register(
        _ registration: ServiceRegistration,
        by author: Author = .local
    ) async throws -> ServiceAnswer {
        let id = registration.id
        let now = machine.time()
        if let known = settings.agents.services[id], known.address.origin != registration.address.origin {
            throw Problem(
                status: 409,
                code: "service-address",
                title: "Service address",
                detail: "Service \(id) is configured at \(known.address), and this one is at \(registration.address).",
                nextAction: "Register another id, or correct the url of \(id) under services in yggdrasil.yaml."
            )
        }
        var service = AgentService(
            id: id,
            address: registration.address,
            metadata: registration.metadata,
            registeredAt: now
        )
        let offer = try service.offer()
        let known = try withControl { control, _ -> AgentService? in
            if let known = control.services[id] { return known.service }
            guard let record = control.executors[id], !control.forwarder.drives(id) else { return nil }
            throw Problem(
                status: 409,
                code: "executor-id-in-use",
                title: "Executor id in use",
                detail: "\(id) is the id of an executor, registered from \(record.host).",
                nextAction: "Register the service with another id."
            )
        }
        let isNews = known?.address.origin != registration.address.origin
        if let known { service.registeredAt = known.registeredAt }
        let stored = StoredService(service: service, offer: offer, lastSeenAt: now)
        try await database.write { [self] tx in
            try AgentServiceStore.save(StoredAgentService(service: stored.service, lastSeen: now), in: tx)
            if isNews {
                let entry = AuditEntry(
                    .serviceRegister,
                    by: author,
                    at: now,
                    executor: id,
                    detail: "at \(registration.address)"
                )
                try AuditStore.append(entry, in: tx)
            }
            tx.afterCommit {
                self.withControl { control, work in
                    let now = self.machine.now()
                    control.learn(stored, heard: now, now: now, into: &work)
                }
            }
        }
        logger.info(
            "service.registered",
            metadata: [
                "executor.id": "\(id)", "host": "\(service.address.host)", "kinds": "\(offer.kinds.count)",
            ]
        )
        return ServiceAnswer(view: try self.service(id), ttl: settings.forwarding.ttl, isNew: known == nil)
    }

    /// - Throws: a 404 problem for one that is not registered, which is its sign to register again.
    package func heartbeat(_ beat: ServiceHeartbeat) throws -> ServiceAnswer {
        let view = try withControl { control, work -> ServiceView in
            guard control.services[beat.id] != nil, control.forwarder.drives(beat.id) else {
                throw Problem.noService(beat.id)
            }
            let now = machine.now()
            control.services[beat.id]?.status = beat.status
            control.services[beat.id]?.currentTask = beat.currentTask
            control.services[beat.id]?.lastSeenAt = machine.time()
            control.executors[beat.id]?.lastHeard = now
            control.executors[beat.id]?.lastSeen = machine.time()
            control.forward(.heard(beat.id, AgentStatus.state(beat.status)), now: now, into: &work)
            return try control.serviceView(beat.id)
        }
        return ServiceAnswer(view: view, ttl: settings.forwarding.ttl, isNew: false)
    }

    package var services: [ServiceView] {
        withControl { control, _ in control.services.keys.sorted().compactMap { try? control.serviceView($0) } }
    }

    package func service(_ id: ExecutorID) throws -> ServiceView {
        try withControl { control, _ in try control.serviceView(id) }
    }

    /// Removes a service. What it was sent is lost; what it was not sent goes elsewhere.
    package func removeService(_ id: ExecutorID, by author: Author = .local) async throws {
        try withControl { control, work in
            guard control.services[id] != nil else { throw Problem.noService(id) }
            control.forward(.left(id, hasRegistered: false), now: machine.now(), into: &work)
        }
        // After the ends of its attempts, which are on their way to the store by now: their slots are given back while
        // the Dispatcher still knows whose they were.
        try await database.write { [self] tx in
            try AgentServiceStore.remove(id, in: tx)
            try AuditStore.append(AuditEntry(.serviceRemove, by: author, at: machine.time(), executor: id), in: tx)
            tx.afterCommit {
                self.withControl { control, work in
                    // One that registered again meanwhile stays.
                    if !control.forwarder.drives(id) { control.forgetService(id, now: self.machine.now(), into: &work) }
                }
            }
        }
        logger.info("service.removed", metadata: ["executor.id": "\(id)"])
    }
}

extension Control {
    func serviceView(_ id: ExecutorID) throws(Problem) -> ServiceView {
        guard let record = services[id] else { throw .noService(id) }
        let isLost = executors[id]?.state == .lost
        return ServiceView(
            service: record.service,
            status: isLost ? ExecutorState.lost.rawValue : record.status ?? ExecutorState.running.rawValue,
            currentTask: record.currentTask,
            lastSeenAt: record.lastSeenAt
        )
    }
}

extension Problem {
    static func noService(_ id: ExecutorID) -> Problem {
        notFound("service \(id)", next: "Register it (again): POST /api/agent-services/register.")
    }
}
