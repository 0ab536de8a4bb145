import Logging
package import YggCore
package import YggProtocol
package import YggStorage

/// An executor as it is listed.
package struct ExecutorView: Sendable {
    package var offer: ExecutorOffer
    package var state: ExecutorState
    package var since: Timestamp?
    /// What it last said of its lifecycle.
    package var account: LifecycleAccount?
    /// What it was asked and does not know yet.
    package var pending: StandingOrder?
    /// nil before it ever registered, and of those who are called: they do not say.
    package var bootID: String?
    package var free: Slots
    package var tasks: [TaskID]
    package var host: String
    package var registeredAt: Timestamp?
    /// When it joined with a key of its own, and who invited it.
    package var joined: (at: Timestamp, by: String)?
    package var lastSeenMs: Int64?
    /// Why it is given nothing although it runs, or was never seen.
    package var trouble: String?
    /// What the configuration says of a fixed address, or a service of itself.
    package var description: String?
    package var metadata: JSONObject?

    package var json: JSONObject {
        var object: JSONObject = ["id": .string(offer.id.rawValue), "name": .string(offer.name)]
        object.append("url", .optional(offer.url))
        object.append("description", .optional(description))
        object.append("state", .string(state.rawValue))
        object.append("since", .optional(since?.description))
        object.append("by", .optional(account?.by))
        object.append("why", .optional(account?.why ?? trouble))
        object.append("until", .optional(account?.until?.description))
        if let pending { object.append("pending", .object(pending.order.request)) }
        object.append("kinds", .array(offer.kinds.map { .string($0.kind.rawValue) }))
        object.append(
            "slots",
            .object(
                JSONObject(
                    offer.slots.counts.map { count in
                        let free = max(0, free[count.name])
                        return (count.name, ["total": .int(Int64(count.amount)), "free": .int(Int64(free))])
                    }
                )
            )
        )
        object.append("tasks", .array(tasks.map { .string($0.rawValue) }))
        object.append(
            "labels",
            .object(JSONObject(offer.labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        )
        object.append("version", .string(offer.version))
        object.append("bootId", .optional(bootID))
        object.append("host", .string(host))
        object.append("repositories", .array(offer.repositories.map(JSON.string)))
        object.append("resources", .object(offer.resources))
        object.append("metadata", metadata.map(JSON.object))
        object.append("registeredAt", .optional(registeredAt?.description))
        object.append("joinedAt", .optional(joined?.at.description))
        object.append("invitedBy", .optional(joined?.by))
        object.append("lastSeenMs", .optional(lastSeenMs))
        return object
    }
}

extension Coordinator {
    /// Lets an executor in: a durable row, so that its kinds and roots are known while it is away.
    package func register(_ registration: Registration, by author: Author = .local) async throws -> RegistrationAnswer {
        let range = ProtocolVersion.range
        guard registration.protocolRange.overlaps(range) else {
            let own = registration.protocolRange
            throw Problem(
                status: 409,
                code: "protocol-version",
                title: "Protocol version",
                detail:
                    "Executor \(registration.offer.id) speaks protocol \(own.lowerBound) to \(own.upperBound), this coordinator \(range.lowerBound) to \(range.upperBound).",
                nextAction: own.upperBound < range.lowerBound
                    ? "Upgrade the executor." : "Upgrade the coordinator first, then its executors."
            )
        }
        let time = machine.time()
        let id = registration.offer.id
        let (registeredAt, isNews, known) = try withControl { control, _ -> (Timestamp, Bool, String?) in
            if control.services[id] != nil {
                throw Problem(
                    status: 409,
                    code: "executor-id-in-use",
                    title: "Executor id in use",
                    detail: "\(id) is the id of a service.",
                    nextAction:
                        "Start the executor with another --id, or remove the service: DELETE /api/agent-services/\(id)"
                )
            }
            // What was learned from a fixed address is no registration, and gives way to one.
            guard let known = control.executors[id], !control.forwarder.drives(id) else {
                return (time, true, nil)
            }
            guard
                known.instance == registration.instance || control.leases.isSilent(id) || known.state == .stopped
            else {
                throw Problem(
                    status: 409,
                    code: "executor-id-in-use",
                    title: "Executor id in use",
                    detail: "Executor \(id) is registered from \(known.host) and was heard at \(known.lastSeen).",
                    nextAction: "Start this one with another --id, or stop the one on \(known.host) first."
                )
            }
            guard !registration.isOlder(than: known) || control.leases.isSilent(id) || known.state == .stopped else {
                throw Problem.earlierLife(of: id)
            }
            return (known.registeredAt, known.instance != registration.instance, known.bootID)
        }
        let stored = StoredExecutor(
            id: id,
            instance: registration.instance,
            bootID: registration.bootID,
            life: registration.life,
            settledBootID: registration.bootID,
            host: registration.host,
            registeredAt: registeredAt,
            lastSeen: time,
            offer: JSON.object(registration.offer.json).bytes
        )
        try await database.write { [self] tx in
            guard try ExecutorStore.save(stored, insteadOf: known, in: tx) else { throw Problem.earlierLife(of: id) }
            if isNews {
                let entry = AuditEntry(
                    .executorRegister,
                    by: author,
                    at: time,
                    executor: id,
                    detail: "on \(registration.host)"
                )
                try AuditStore.append(entry, in: tx)
            }
            var standing = try StandingOrderStore.order(of: id, in: tx)
            if let order = standing, order.isSettled(byBoot: registration.bootID) {
                try StandingOrderStore.settle(order.number, for: id, in: tx)
                standing = nil
            }
            let open = standing
            tx.afterCommit { self.welcome(registration, registeredAt: registeredAt, standing: open) }
        }
        logger.info(
            "executor.registered",
            metadata: [
                "executor.id": "\(id)", "host": "\(registration.host)", "kinds": "\(registration.offer.kinds.count)",
            ]
        )
        return RegistrationAnswer(
            storeID: identity.storeID,
            ttl: settings.leases.ttl,
            protocolVersion: min(range.upperBound, registration.protocolRange.upperBound)
        )
    }

    private func welcome(_ registration: Registration, registeredAt: Timestamp, standing: StandingOrder?) {
        let offer = registration.offer
        withControl { control, work in
            control.forward(.left(offer.id, hasRegistered: true), now: machine.now(), into: &work)
            let record = ExecutorRecord(
                offer: offer,
                instance: registration.instance,
                bootID: registration.bootID,
                life: registration.life,
                host: registration.host,
                registeredAt: registeredAt,
                state: .running,
                since: machine.time(),
                lastHeard: machine.now(),
                lastSeen: machine.time(),
                standing: standing
            )
            // The poll of an earlier boot must not be granted work that only this one can do.
            control.dismissPoll(of: offer.id, now: machine.now(), into: &work)
            control.learn(record, now: machine.now(), into: &work)
        }
    }

    /// Registered executors, and those that only the configuration names.
    package var executors: [ExecutorView] {
        withControl { control, _ in
            let now = machine.now()
            var views = control.executors.values.map { record in
                ExecutorView(
                    offer: record.offer,
                    state: record.state,
                    since: record.since,
                    account: record.account,
                    pending: record.pending,
                    bootID: record.bootID == Control.forwardedBoot ? nil : record.bootID,
                    free: control.dispatcher.free(of: record.offer.id) ?? Slots(),
                    tasks: control.leases.leases(of: record.offer.id).map(\.task).sorted(),
                    host: record.host,
                    registeredAt: record.registeredAt,
                    lastSeenMs: record.lastHeard.map { (now - $0).rawValue },
                    trouble: control.trouble(of: record.offer.id)
                )
            }
            var named = Set(settings.agents.fixed.keys)
            if settings.routes.areConfigured {
                named.formUnion(settings.routes.routes.flatMap { $0.executors + $0.fallback })
            }
            views += named.filter { control.executors[$0] == nil }.map { id in
                ExecutorView.unregistered(
                    settings.agents.fixed[id]?.placeholder ?? .unknown(id),
                    trouble: control.trouble(of: id)
                )
            }
            for index in views.indices {
                let id = views[index].offer.id
                views[index].joined = access.enrolment(of: id)
                if let service = control.services[id] { views[index].metadata = service.service.metadata }
                guard let fixed = settings.agents.fixed[id] else { continue }
                if !fixed.description.isEmpty { views[index].description = fixed.description }
                if !fixed.metadata.isEmpty { views[index].metadata = fixed.metadata }
            }
            return views.sorted { $0.offer.id < $1.offer.id }
        }
    }

    package func executor(_ id: ExecutorID) throws -> ExecutorView {
        guard let view = executors.first(where: { $0.offer.id == id }) else {
            throw Problem.notFound("executor \(id)", next: "List them with: ygg executor list, or GET /v1/executors.")
        }
        return view
    }

    package var kinds: [(spec: KindSpec, offeredBy: [ExecutorID])] { withControl { control, _ in control.kinds.all } }

    package func backlog() async throws -> [TaskStore.Backlog] {
        try await database.read { [store] tx in try store.backlog(in: tx) }
    }

    /// Whether the store takes a write.
    package func checkStore() async throws {
        try await database.write { tx in try StoreIdentity.touch(in: tx) }
    }
}

extension Registration {
    /// Whether an earlier life of the instance says this, and it was under way for long.
    fileprivate func isOlder(than known: ExecutorRecord) -> Bool {
        guard known.instance == instance, let life, let latest = known.life else { return false }
        return life < latest
    }
}

extension Problem {
    fileprivate static func earlierLife(of id: ExecutorID) -> Problem {
        Problem(
            status: 409,
            code: "executor-id-in-use",
            title: "Executor id in use",
            detail: "A later start of executor \(id) has registered and is at work.",
            nextAction:
                "Where its data directory was copied or put back from an older copy: stop the other one, and start this one again."
        )
    }
}

extension Control {
    /// Why an executor is given nothing although it seems to run.
    fileprivate func trouble(of id: ExecutorID) -> String? {
        leases.isDeaf(id)
            ? "It is deaf: its requests arrive here, and the answers do not reach it. Look at the network between."
            : forwarder.trouble(of: id)
    }
}

extension ExecutorView {
    fileprivate static func unregistered(_ offer: ExecutorOffer, trouble: String?) -> ExecutorView {
        ExecutorView(
            offer: offer,
            state: .unregistered,
            since: nil,
            free: Slots(),
            tasks: [],
            host: "",
            registeredAt: nil,
            lastSeenMs: nil,
            trouble: trouble
        )
    }
}

extension ExecutorOffer {
    /// Of an executor of which the configuration knows the name and perhaps the address alone.
    static func unknown(_ id: ExecutorID, name: String? = nil, url: String? = nil) -> ExecutorOffer {
        ExecutorOffer(
            id: id,
            name: name ?? id.rawValue,
            url: url,
            version: "",
            kinds: [],
            slots: Slots(),
            window: 0,
            labels: [:],
            repositories: [],
            resources: JSONObject()
        )
    }
}
