import Glibc
import YggCore
import YggProcess

/// Lists, installs and upgrades packages with the machine's own package manager.
struct OpsPackages: ProcessHandler {
    let spec: KindSpec
    /// nil where the machine's owner does not allow it.
    let access: MachineAccess.Packages?

    /// Longer lists are cut in the result; the log has them whole.
    private static let listed = 1000

    /// The exact command, as of a declared kind.
    func plan(_ context: HandlerContext) async -> HandlerResult {
        do throws(HandlerFailure) {
            let work = try Work(context, access, spec.kind)
            let argv = try work.command
            return .asking(
                ApprovalQuestion(
                    subject: .command,
                    next: .run,
                    summary: "Would run: \(commandLine(argv).prefix(1000))",
                    limits: context.limits,
                    shown: ["kind": .string(spec.kind.rawValue), "argv": .array(argv.map(JSON.string))]
                )
            )
        } catch {
            return error.handlerResult
        }
    }

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let work = try Work(run.context, access, spec.kind)
        switch work.action {
        case .list: return try await list(work, run)
        case .install, .upgrade: return try await change(work, run)
        }
    }

    private func list(_ work: Work, _ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let found = try await installed(work, run)
        await run.say(found.map { "\($0.name) \($0.version)\n" }.joined())
        let missing = work.names.filter { name in
            !found.contains { $0.name == name || $0.name.hasPrefix("\(name):") }
        }
        var result: JSONObject = [
            "manager": .string(work.commands.manager.rawValue), "count": .int(Int64(found.count)),
            "packages": .array(found.prefix(Self.listed).map(\.json)),
        ]
        if !missing.isEmpty { result.append("missing", .array(missing.map(JSON.string))) }
        let some = "\(found.count) \(found.count == 1 ? "package is" : "packages are") installed"
        let none = missing.isEmpty ? "" : ", not installed: \(missing.joined(separator: ", "))"
        result.append("summary", .string(some + none))
        return result
    }

    private func change(_ work: Work, _ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = try work.command
        if work.refreshes, let refresh = work.commands.refresh {
            await run.progress("Fetching the package lists")
            try await perform(refresh, work, run)
        }
        let before = try await installed(work, run, all: true)
        await run.progress(work.isDryRun ? "Asking what would be done" : "At work: \(commandLine(argv).prefix(300))")
        try await perform(argv, work, run)
        var result: JSONObject = [
            "manager": .string(work.commands.manager.rawValue), "argv": .array(argv.map(JSON.string)),
        ]
        guard !work.isDryRun else {
            result.append("dryRun", true)
            result.append("summary", .string("Nothing was changed: the log says what \(work.action.rawValue) would do"))
            return result
        }
        guard !work.commands.needsReboot else {
            result.append("needsReboot", true)
            result.append("summary", "Staged: it counts once the machine has started anew (power-reboot)")
            return result
        }
        let changes = PackageChange.between(before, try await installed(work, run, all: true))
        result.append("changed", .array(changes.prefix(Self.listed).map(\.json)))
        let some = changes.prefix(5).map(\.name).joined(separator: ", ") + (changes.count > 5 ? ", …" : "")
        result.append(
            "summary",
            .string(
                changes.isEmpty
                    ? "Everything was there already"
                    : "\(changes.count) \(changes.count == 1 ? "package" : "packages") changed: \(some)"
            )
        )
        return result
    }

    private func perform(_ argv: [String], _ work: Work, _ run: AttemptRun) async throws(HandlerFailure) {
        let environment = work.commands.environment(run.context.environment, isDryRun: work.isDryRun)
        let outcome = await run.stream(argv, environment: environment)
        if work.isDryRun, work.commands.isDryRunDone(outcome.ending, said: await run.said) { return }
        guard var failure = await run.failure(outcome, of: argv) else { return }
        if failure.error.code == "exit-code", geteuid() != 0, work.commands.via.isEmpty {
            failure.error.detail +=
                " The executor is not root: it may need executor.machine.packages.via, such as [sudo, -n]."
        }
        throw failure
    }

    private func installed(
        _ work: Work,
        _ run: AttemptRun,
        all: Bool = false
    ) async throws(HandlerFailure) -> [InstalledPackage] {
        let names = all ? [] : work.names
        let argv = work.commands.list(names)
        let collected = await run.collect(argv, limit: 16 << 20)
        let failure = await run.failure(collected.outcome, of: argv, lastWords: collected.stderr.trimmed)
        // Asked for names, both tools end with a failure where one of them is not installed.
        if let failure, failure.error.code != "exit-code" || names.isEmpty { throw failure }
        return InstalledPackage.parse(collected.stdout)
    }
}

extension OpsPackages {
    enum Action: String {
        case list, install, upgrade
    }

    /// What one task asks for, checked.
    struct Work {
        let action: Action
        let names: [String]
        let isDryRun: Bool
        let refreshes: Bool
        let commands: PackageCommands
        /// The command that does it; that of a list is not worth asking anybody about, and there is only one.
        var command: [String] {
            get throws(HandlerFailure) {
                switch action {
                case .list: return commands.list(names)
                case .install: return commands.install(names, isDryRun: isDryRun)
                case .upgrade:
                    guard let argv = commands.upgrade(names, isDryRun: isDryRun) else {
                        throw .invalidParameter(
                            "packages: \(commands.manager.rawValue) upgrades the machine as a whole; leave them out"
                        )
                    }
                    return argv
                }
            }
        }

        init(
            _ context: HandlerContext,
            _ access: MachineAccess.Packages?,
            _ kind: TaskKind
        ) throws(HandlerFailure) {
            guard let access else { throw .notEnabled(kind) }
            guard let manager = access.manager ?? PackageCommands.installed(environment: context.environment) else {
                throw HandlerFailure(
                    code: "no-package-manager",
                    detail: "This machine has none of apt-get, dnf and rpm-ostree on the executor's PATH.",
                    retryable: false
                )
            }
            commands = PackageCommands(manager: manager, via: access.via)
            action = context.params["action"]?.stringValue.flatMap(Action.init) ?? .list
            names = (context.params["packages"]?.arrayValue ?? []).compactMap(\.stringValue)
            isDryRun = context.params["dryRun"]?.boolValue ?? false
            // A dry run changes nothing, not even what is known of packages.
            refreshes = !isDryRun && context.params["refresh"]?.boolValue ?? true
            for name in names where !Self.isName(name) {
                throw .invalidParameter("packages: \"\(name)\" is not the name of a package")
            }
            if action == .install, names.isEmpty { throw .invalidParameter("packages: say what is to be installed") }
        }

        /// What package managers take for more than a name (a path, a pattern, a group, `name-` for a removal) is none.
        static func isName(_ text: String) -> Bool {
            matchesWhole(text, "[A-Za-z0-9]([A-Za-z0-9+._:~=-]{0,198}[A-Za-z0-9+])?")
        }
    }
}
