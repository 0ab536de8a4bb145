import YggAgent
import YggCore
import YggProtocol

extension ExecutorSettings {
    /// The body of `/info`.
    /// - Parameter active: the protections that stand between a command and this machine.
    func info(active: [String]) -> JSONObject {
        var object: JSONObject = [
            "id": .string(id.rawValue), "name": .string(name), "version": .string(version),
            "protocol": [.int(ProtocolVersion.range.lowerBound), .int(ProtocolVersion.range.upperBound)],
            "kinds": .array(handlers.kinds.map { .object($0.json) }), "slots": slots.json,
        ]
        object.append("defaultModel", .optional(watchedModels?.defaultModel))
        object.append("protections", .array(active.map(JSON.string)))
        object.append("metadata", .object(JSONObject()))
        return object
    }
}

extension ExecutorStatus {
    /// The body of `/status`.
    var json: JSONObject {
        let tasks = work.map { work -> JSON in
            [
                "task": .string(work.key.task.rawValue), "epoch": .int(work.key.epoch),
                "kind": .string(work.kind.rawValue), "title": .string(work.title),
                "since": .string(work.since.description),
            ]
        }
        let current = (work.first?.key.task.rawValue).map(JSON.string) ?? .null
        var object: JSONObject = [
            "status": .string(lifecycle.state.rawValue), "currentTask": current, "current_task": current,
            "tasks": .array(tasks), "since": .string(lifecycle.since.description),
        ]
        object.append("by", .optional(lifecycle.order?.by))
        object.append("why", .optional(lifecycle.order?.why))
        object.append("until", .optional(lifecycle.order?.until?.description))
        return object
    }

    /// Readiness with detail.
    func health(of settings: ExecutorSettings) -> Health {
        var checks: [Health.Check] = [lifecycleCheck, coordinatorCheck, diskCheck]
        if let models { checks.append(Self.modelCheck(models, areExpected: settings.models?.isConfigured ?? false)) }
        if let spoolFailure {
            checks.append(.init("outbox", .fail, spoolFailure))
        } else {
            checks.append(.init("outbox", .pass))
        }
        return Health(version: settings.version, uptime: uptime, checks: checks)
    }

    private var lifecycleCheck: Health.Check {
        lifecycle.state == .running
            ? .init("lifecycle", .pass) : .init("lifecycle", .warn, "The executor is \(lifecycle.state.rawValue).")
    }

    /// Too full for new work, with room for the results of what runs.
    private var diskCheck: Health.Check {
        disks.sentence.map { .init("disk", .warn, $0) } ?? .init("disk", .pass)
    }

    /// - Parameter areExpected: whether somebody named a server. Else there may be none, which is nothing to be warned of.
    private static func modelCheck(_ models: ModelReport, areExpected: Bool) -> Health.Check {
        let missing = models.endpoints.filter { !$0.isReachable }.map(\.sentence)
        guard !missing.isEmpty else { return .init("models", .pass) }
        return .init("models", areExpected ? .warn : .pass, missing.joined(separator: "; "))
    }

    /// Cut off it is not broken: it works on, spools, and comes back.
    private var coordinatorCheck: Health.Check {
        guard isRegistered, let heardAgo else {
            return .init("coordinator", .warn, "The coordinator has not answered yet.")
        }
        return heardAgo <= leaseTTL
            ? .init("coordinator", .pass)
            : .init("coordinator", .warn, "The coordinator has not answered for \(heardAgo.rawValue / 1000) s.")
    }
}

/// What `/health` says.
struct Health: Sendable {
    enum Status: String, Sendable { case pass, warn, fail }

    struct Check: Sendable {
        var name: String
        var status: Status
        var detail: String?

        init(_ name: String, _ status: Status, _ detail: String? = nil) {
            self.name = name
            self.status = status
            self.detail = detail
        }
    }

    var version: String
    var uptime: Milliseconds
    var checks: [Check]

    var isFailed: Bool { checks.contains { $0.status == .fail } }

    private var status: Status {
        if isFailed { return .fail }
        return checks.contains { $0.status == .warn } ? .warn : .pass
    }

    var json: JSONObject {
        let members = checks.map { check -> (String, JSON) in
            var object: JSONObject = ["status": .string(check.status.rawValue)]
            object.append("detail", .optional(check.detail))
            return (check.name, .object(object))
        }
        return [
            "status": .string(status.rawValue), "version": .string(version), "uptimeMs": .int(uptime.rawValue),
            "checks": .object(JSONObject(members)),
        ]
    }
}

extension FinalReport {
    /// The body that answers `/execute`.
    func json(kind: String) -> JSONObject {
        var object: JSONObject = ["kind": .string(kind)]
        switch ending {
        case .finished(let outcome): object.append("outcome", .string(outcome.rawValue))
        // Nobody is here to give it back to.
        case .interrupted: object.append("outcome", .string(Outcome.cancelled.rawValue))
        }
        for member in result.members where object[member.key] == nil { object.append(member.key, member.value) }
        if let error { object["error"] = .object(error.json) }
        return object
    }
}
