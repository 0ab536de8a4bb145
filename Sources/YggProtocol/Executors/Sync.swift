package import YggCore

/// The body of `POST /v1/executors/{id}/sync`: how an executor is, and what it holds.
package struct SyncRequest: Sendable {
    package var bootID: String
    package var storeID: String
    /// Counts the requests of one boot, for logs.
    package var counter: Int64
    package var lifecycle: LifecycleAccount
    package var seen: Int64
    package var held: [LeaseKey]
    /// Work it gives back, with the reason.
    package var declined: [(key: LeaseKey, reason: String)]
    /// Slots it can really use at the moment, where that is less than declared.
    package var capacity: Slots?
    /// Why there is no room for new work on one of its disks; nil where there is.
    package var shortage: String?
    package var resources: JSONObject?

    package init(
        bootID: String,
        storeID: String,
        counter: Int64,
        lifecycle: LifecycleAccount,
        seen: Int64,
        held: [LeaseKey],
        declined: [(key: LeaseKey, reason: String)] = [],
        capacity: Slots? = nil,
        shortage: String? = nil,
        resources: JSONObject? = nil
    ) {
        self.bootID = bootID
        self.storeID = storeID
        self.counter = counter
        self.lifecycle = lifecycle
        self.seen = seen
        self.held = held
        self.declined = declined
        self.capacity = capacity
        self.shortage = shortage
        self.resources = resources
    }

    package var state: ExecutorState { lifecycle.state }

    package var json: JSONObject {
        var object: JSONObject = [
            "bootId": .string(bootID), "storeId": .string(storeID), "counter": .int(counter), "seen": .int(seen),
            "held": .array(held.map { .object($0.json) }),
        ]
        for member in lifecycle.json.members { object.append(member.key, member.value) }
        if !declined.isEmpty {
            object.append(
                "declined",
                .array(
                    declined.map { declined in
                        var entry = declined.key.json
                        entry.append("reason", .string(declined.reason))
                        return .object(entry)
                    }
                )
            )
        }
        if let capacity { object.append("capacity", capacity.json) }
        object.append("shortage", .optional(shortage))
        if let resources { object.append("resources", .object(resources)) }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        let capacityPath = reader.path("capacity")
        self.init(
            bootID: try reader.required("bootId") { $0.string("bootId", maxLength: 128) },
            storeID: try reader.required("storeId") { $0.string("storeId", maxLength: 128) },
            counter: reader.int("counter") ?? 0,
            lifecycle: LifecycleAccount(reading: &reader),
            seen: try reader.required("seen") { $0.int("seen") },
            held: try [LeaseKey](held: &reader),
            declined: reader.list("declined", maxCount: 10_000) { nested throws(InvalidInput) in
                (try LeaseKey(reading: &nested), nested.string("reason") ?? "")
            } ?? [],
            capacity: try reader.value("capacity").map { json throws(InvalidInput) in
                try Slots(json, at: capacityPath)
            },
            shortage: reader.string("shortage", maxLength: 1000),
            resources: reader.object("resources")
        )
        try reader.finish()
    }
}

extension [LeaseKey] {
    /// The leases that a request names. A request that says nothing about them must not be read as holding none.
    init(held reader: inout ObjectReader) throws(InvalidInput) {
        self = try reader.required("held") { reader in
            reader.list("held", maxCount: 10_000) { nested throws(InvalidInput) in try LeaseKey(reading: &nested) }
        }
    }
}

extension LeaseKey {
    package var json: JSONObject { ["task": .string(task.rawValue), "epoch": .int(epoch)] }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let text = try reader.required("task") { $0.string("task", maxLength: 64) }
        guard let task = TaskID(text) else { throw InvalidInput(reader.path("task"), "is not a task id") }
        self.init(task: task, epoch: try reader.required("epoch") { $0.int("epoch", in: 0...Int64.max) })
    }
}

/// What every answer to an executor carries.
package struct StatementMessage: Sendable {
    package var statement: Statement
    package var storeID: String
    /// What somebody asked of the executor's lifecycle; nil while nobody did.
    package var wanted: StandingOrder?

    package init(statement: Statement, storeID: String, wanted: StandingOrder? = nil) {
        self.statement = statement
        self.storeID = storeID
        self.wanted = wanted
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "rev": .int(statement.rev), "storeId": .string(storeID),
            "leases": .array(statement.leases.map { .object($0.json) }),
        ]
        if let wanted { object.append("wanted", .object(wanted.json)) }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        // A newer coordinator may say more than this version knows.
        reader.ignoresUnknown = true
        self.init(
            statement: Statement(
                rev: try reader.required("rev") { $0.int("rev") },
                leases: reader.list("leases", maxCount: 10_000) { nested throws(InvalidInput) in
                    try StatedLease(reading: &nested)
                } ?? []
            ),
            storeID: try reader.required("storeId") { $0.string("storeId") },
            wanted: reader.nested("wanted") { nested throws(InvalidInput) in try StandingOrder(reading: &nested) }
        )
        if !reader.issues.isEmpty { throw InvalidInput(issues: reader.issues) }
    }
}

extension StatedLease {
    package var json: JSONObject {
        var object = key.json
        object.append("phase", .string(phase.rawValue))
        object.append("want", .string(want.rawValue))
        object.append("ttlMs", .int(ttl.rawValue))
        if let assignment { object.append("spec", .object(assignment.json)) }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let key = try LeaseKey(reading: &reader)
        let phase = try reader.required("phase") { $0.choice("phase", of: Phase.self) }
        self.init(
            key: key,
            phase: phase,
            want: try reader.required("want") { $0.choice("want", of: LeaseWant.self) },
            ttl: Milliseconds(try reader.required("ttlMs") { $0.int("ttlMs", in: 0...Int64.max) }),
            assignment: reader.nested("spec") { nested throws(InvalidInput) in
                try Assignment(reading: &nested, task: key.task, phase: phase)
            }
        )
    }
}

extension Assignment {
    package var json: JSONObject {
        var object: JSONObject = [
            "kind": .string(spec.kind.rawValue), "title": .string(spec.title), "attempt": .int(Int64(attempt)),
            "params": .object(spec.params), "runMs": .int(spec.timeouts.run.rawValue),
            "silenceMs": .int(spec.timeouts.silence.rawValue), "offline": .string(offline.rawValue),
        ]
        object.append("description", .optional(spec.description))
        if slots != .one { object.append("slots", slots.json) }
        if !spec.tier.isEmpty { object.append("tier", .array(spec.tier.map { .string($0.rawValue) })) }
        if !spec.skippedTier.isEmpty {
            object.append("skippedTier", .array(spec.skippedTier.map { .string($0.rawValue) }))
        }
        if !decisions.isEmpty { object.append("decisions", .array(decisions.map { .object($0.json) })) }
        if let resume { object.append("resume", .object(resume.json)) }
        return object
    }

    package init(reading reader: inout ObjectReader, task: TaskID, phase: Phase) throws(InvalidInput) {
        let kind = try reader.required("kind") { $0.string("kind", maxLength: 64) }
        let slotsPath = reader.path("slots")
        let spec = TaskSpec(
            id: task,
            kind: TaskKind(trusted: kind),
            title: reader.string("title") ?? "",
            description: reader.string("description"),
            params: reader.object("params") ?? JSONObject(),
            createdAt: Timestamp(milliseconds: 0),
            timeouts: Timeouts(
                run: Milliseconds(reader.int("runMs") ?? 0),
                silence: Milliseconds(reader.int("silenceMs") ?? 0)
            ),
            tier: reader.tiers("tier") ?? [],
            skippedTier: reader.tiers("skippedTier") ?? []
        )
        self.init(
            spec: spec,
            phase: phase,
            attempt: Int(reader.int("attempt") ?? 1),
            slots: try reader.value("slots").map { json throws(InvalidInput) in try Slots(json, at: slotsPath) }
                ?? .one,
            offline: reader.choice("offline", of: OfflinePolicy.self) ?? .stop,
            decisions: reader.list("decisions") { nested throws(InvalidInput) in
                try Approval(reading: &nested, task: task)
            } ?? [],
            resume: reader.nested("resume") { nested throws(InvalidInput) in try SuspendedSession(reading: &nested) }
        )
    }
}
