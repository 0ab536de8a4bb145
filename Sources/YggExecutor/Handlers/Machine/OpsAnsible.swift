import Synchronization
import YggCore
import YggProcess

/// Plays a playbook of the machine's own collection.
///
/// The playbooks are the owner's and are trusted; what a task says is not. Nothing outside the configured root is played,
/// symbolic links included, and variables are values: Ansible would run the template that stands in one.
struct OpsAnsible: ProcessHandler {
    let spec: KindSpec
    /// nil where the machine's owner does not allow it.
    let access: MachineAccess.Ansible?

    func plan(_ context: HandlerContext) async -> HandlerResult {
        do throws(HandlerFailure) {
            let argv = try command(context.params)
            return .asking(
                ApprovalQuestion(
                    subject: .command,
                    next: .run,
                    summary: "Would run: \(commandLine(argv).prefix(1000))",
                    limits: context.limits,
                    shown: [
                        "kind": .string(spec.kind.rawValue), "argv": .array(argv.map(JSON.string)),
                        "workingDirectory": .string(access?.root ?? ""),
                    ]
                )
            )
        } catch {
            return error.handlerResult
        }
    }

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = try command(run.context.params)
        let recap = RecapReader()
        let outcome = await run.stream(argv, in: access?.root, environment: environment(run.context)) { stream, bytes in
            if stream == .stdout { recap.append(bytes) }
        }
        let hosts = recap.hosts
        var result = outcome.resultMembers
        if !hosts.isEmpty { result.append("hosts", .object(JSONObject(hosts.map { ($0.name, $0.json) }))) }
        if var failure = await run.failure(outcome, of: argv) {
            for member in result.members where failure.result[member.key] == nil {
                failure.result.append(member.key, member.value)
            }
            let broken = hosts.filter { $0.failed + $0.unreachable > 0 }.map(\.name)
            if failure.error.code == "exit-code", !broken.isEmpty {
                failure.error.detail = "The playbook failed on \(broken.joined(separator: ", "))."
            }
            throw failure
        }
        let isCheck = run.context.params["check"]?.boolValue == true
        if isCheck { result.append("check", true) }
        result.append("summary", .string(HostRecap.summary(hosts, isCheck: isCheck)))
        return result
    }

    /// Ansible keeps drafts in the home of its user, which an executor in a container may not have or not write to.
    private func environment(_ context: HandlerContext) -> [String: String] {
        var environment = context.environment.merging(["ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"]) { $1 }
        if !LocalFiles.isWritableDirectory(environment["HOME"] ?? "") {
            environment["ANSIBLE_HOME"] = "\(context.workspaceRoot)/.ansible"
            environment["ANSIBLE_LOCAL_TEMP"] = "\(context.workspaceRoot)/.ansible/tmp"
        }
        return environment
    }

    /// The command for parameters that were checked against the kind.
    func command(_ params: JSONObject) throws(HandlerFailure) -> [String] {
        guard let access else { throw .notEnabled(spec.kind) }
        var argv = ["ansible-playbook"]
        if let asked = params["inventory"]?.stringValue {
            argv += ["--inventory", try Self.file(asked, inside: access.root, parameter: "inventory")]
        } else if let inventory = access.inventory {
            argv += [
                "--inventory",
                inventory.contains(",")
                    ? inventory
                    : try Self.file(inventory, inside: access.root, parameter: "executor.machine.ansible.inventory"),
            ]
        }
        if params["check"]?.boolValue == true { argv += ["--check", "--diff"] }
        if let limit = params["limit"]?.stringValue { argv += ["--limit", limit] }
        if let tags = try Self.tags("tags", params) { argv += ["--tags", tags] }
        if let tags = try Self.tags("skipTags", params) { argv += ["--skip-tags", tags] }
        if let variables = params["extraVars"]?.objectValue, !variables.isEmpty {
            try Self.check(variables)
            argv += ["--extra-vars", JSON.object(variables).text]
        }
        let playbook = try Self.file(params["playbook"]?.stringValue ?? "", inside: access.root, parameter: "playbook")
        return argv + ["--", playbook]
    }

    /// A file or a folder that is there, by its path without links.
    private static func file(
        _ text: String,
        inside root: String,
        parameter: String
    ) throws(HandlerFailure) -> String {
        let path = try DeclaredHandler.path(text, inside: root, parameter: parameter)
        guard LocalFiles.exists(path) else { throw .invalidParameter("\(parameter): \(text) does not exist.") }
        return path
    }

    private static func tags(_ name: String, _ params: JSONObject) throws(HandlerFailure) -> String? {
        let tags = (params[name]?.arrayValue ?? []).compactMap(\.stringValue)
        for tag in tags where !matchesWhole(tag, "[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}") {
            throw .invalidParameter("\(name): \"\(tag)\" is not a tag.")
        }
        return tags.isEmpty ? nil : tags.joined(separator: ",")
    }

    /// A template is code, and variables of Ansible's own say how it connects and as whom: both are the owner's to write.
    private static func check(_ variables: JSONObject) throws(HandlerFailure) {
        for member in variables.members {
            guard matchesWhole(member.key, "[A-Za-z_][A-Za-z0-9_]{0,99}"), !member.key.hasPrefix("ansible_") else {
                throw .invalidParameter(
                    "extraVars: \"\(member.key)\" cannot be set: it is no name of a variable, or one of Ansible's own."
                )
            }
            guard !holdsTemplate(member.value) else {
                throw .invalidParameter("extraVars: \(member.key) holds a template, which Ansible would carry out.")
            }
        }
    }

    private static func holdsTemplate(_ value: JSON) -> Bool {
        switch value {
        case .string(let text): ["{{", "{%", "{#"].contains { text.contains($0) }
        case .array(let values): values.contains(where: holdsTemplate)
        case .object(let object):
            object.members.contains { holdsTemplate(.string($0.key)) || holdsTemplate($0.value) }
        case .null, .bool, .int, .double: false
        }
    }
}

/// Looks for the recap at the end of what `ansible-playbook` writes.
private final class RecapReader: Sendable {
    /// A recap has a line for each host.
    private static let kept = 256 << 10

    private let tail = Mutex<[UInt8]>([])

    func append(_ bytes: ArraySlice<UInt8>) {
        tail.withLock { tail in
            tail += bytes
            if tail.count > 2 * Self.kept { tail.removeFirst(tail.count - Self.kept) }
        }
    }

    var hosts: [HostRecap] { HostRecap.parse(String(decoding: tail.withLock { $0 }, as: UTF8.self)) }
}

/// How a playbook went on one host.
struct HostRecap: Sendable, Hashable {
    let name: String
    let ok: Int64
    let changed: Int64
    let unreachable: Int64
    let failed: Int64

    /// Reads what follows the last `PLAY RECAP`. Nothing where the machine's Ansible tells its results otherwise.
    static func parse(_ text: String) -> [HostRecap] {
        guard let start = text.ranges(of: "PLAY RECAP").last else { return [] }
        return text[start.upperBound...].split(separator: "\n").compactMap { line in
            guard let colon = line.firstRange(of: " : ") else { return nil }
            let name = String(line[..<colon.lowerBound]).trimmed
            var counts: [Substring: Int64] = [:]
            for word in line[colon.upperBound...].split(separator: " ") {
                let pair = word.split(separator: "=")
                // More than that nobody has: they are added up.
                if pair.count == 2, let count = Int64(pair[1]), (0...1_000_000_000).contains(count) {
                    counts[pair[0]] = count
                }
            }
            guard !name.isEmpty, let ok = counts["ok"] else { return nil }
            return HostRecap(
                name: name,
                ok: ok,
                changed: counts["changed"] ?? 0,
                unreachable: counts["unreachable"] ?? 0,
                failed: counts["failed"] ?? 0
            )
        }
    }

    static func summary(_ hosts: [HostRecap], isCheck: Bool) -> String {
        guard !hosts.isEmpty else { return isCheck ? "The playbook was checked" : "The playbook was played" }
        let changed = hosts.reduce(0) { $0 + $1.changed }
        let places = hosts.count == 1 ? hosts[0].name : "\(hosts.count) hosts"
        return isCheck ? "Would change \(changed) on \(places)" : "\(changed) changed on \(places)"
    }

    var json: JSON {
        ["ok": .int(ok), "changed": .int(changed), "unreachable": .int(unreachable), "failed": .int(failed)]
    }
}
