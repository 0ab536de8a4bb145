import YggCore
import YggProcess

/// The state of a service: of systemd where it runs this machine, else of what `service(8)` finds in /etc/init.d.
///
/// A service that is down is a success of this task: it was asked how things are.
struct OpsService: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let name = run.context.params["name"]?.stringValue ?? ""
        let environment = run.context.environment
        // What sd_booted(3) looks at: systemctl may be installed where systemd does not run.
        if LocalFiles.isDirectory("/run/systemd/system"), findCommand("systemctl", environment: environment) != nil {
            return try await systemd(name, run)
        }
        // service(8) is in a directory that only root's PATH has.
        for command in ["service", "/usr/sbin/service", "/sbin/service"]
        where findCommand(command, environment: environment) != nil {
            return try await initScript(command, name, run)
        }
        throw HandlerFailure(
            code: "no-service-manager",
            detail: "This machine has no systemd running and no service(8), so nothing knows the state of \(name).",
            retryable: false
        )
    }

    private func systemd(_ name: String, _ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let properties =
            "Id,Description,LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,ExecMainStatus,"
            + "StateChangeTimestamp"
        let argv = ["systemctl", "show", "--no-pager", "--property=\(properties)", "--", name]
        let collected = await run.collect(argv)
        if let failure = await run.failure(collected.outcome, of: argv, lastWords: collected.stderr.trimmed) {
            throw failure
        }
        guard let state = ServiceState(systemd: collected.stdout, name: name) else {
            throw Self.unknown(name, "systemd knows no unit of this name")
        }
        await run.say(collected.stdout)
        return state.json
    }

    private func initScript(_ command: String, _ name: String, _ run: AttemptRun) async throws(HandlerFailure)
        -> JSONObject
    {
        let argv = [command, name, "status"]
        let collected = await run.collect(argv)
        let text = (collected.stdout + collected.stderr).trimmed
        let failure = await run.failure(collected.outcome, of: argv, lastWords: text)
        if let failure, failure.error.code != "exit-code" { throw failure }
        guard case .exited(let code) = collected.outcome.ending,
            let state = ServiceState(exitCode: code, output: text, name: name)
        else { throw Self.unknown(name, text.isEmpty ? "service(8) does not know it" : text) }
        await run.say(text + "\n")
        return state.json
    }

    private static func unknown(_ name: String, _ reason: String) -> HandlerFailure {
        HandlerFailure(code: "unknown-service", detail: "There is no service \(name): \(reason).", retryable: false)
    }
}

/// What a service manager says of a service.
struct ServiceState: Sendable, Hashable {
    var name: String
    /// `active`, `inactive`, `failed`, `activating`…: systemd's words, for both managers.
    var state: String
    var detail: String?
    var description: String?
    var enabled: String?
    var processID: Int64?
    var restarts: Int64?
    var since: String?

    /// Reads `systemctl show`. nil where there is no such unit.
    init?(systemd text: String, name: String) {
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = String(line[line.index(after: equals)...])
            if !value.isEmpty { values[line[..<equals]] = value }
        }
        guard values["LoadState"] != "not-found", let active = values["ActiveState"] else { return nil }
        self.name = values["Id"] ?? name
        state = active
        detail = values["SubState"]
        description = values["Description"]
        enabled = values["UnitFileState"]
        processID = values["MainPID"].flatMap { Int64($0) }.flatMap { $0 == 0 ? nil : $0 }
        restarts = values["NRestarts"].flatMap { Int64($0) }
        since = values["StateChangeTimestamp"]
    }

    /// Reads the answer of an init script, whose exit codes LSB fixes: 0 runs, 1 and 2 dead but something is left of
    /// it, 3 does not run. nil where there is no such service.
    init?(exitCode: Int32, output: String, name: String) {
        let isUnknown = output.contains("unrecognized service") || output.contains("could not be found")
        guard !isUnknown, (0...3).contains(exitCode) else { return nil }
        self.name = name
        state = exitCode == 0 ? "active" : exitCode == 3 ? "inactive" : "failed"
        detail = output.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    var json: JSONObject {
        var result: JSONObject = [
            "service": .string(name), "state": .string(state), "active": .bool(state == "active"),
        ]
        result.append("detail", .optional(detail))
        result.append("description", .optional(description))
        result.append("enabled", .optional(enabled))
        result.append("pid", .optional(processID))
        result.append("restarts", .optional(restarts))
        result.append("since", .optional(since))
        result.append("summary", .string("\(name) is \(state)" + (since.map { " since \($0)" } ?? "")))
        return result
    }
}
