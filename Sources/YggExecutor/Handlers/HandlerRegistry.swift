package import YggAgent
package import YggCore

/// The handlers of one executor, by kind.
///
/// What a machine does is decided by the handler sets it is started with. A set is a prefix without its dash (`ops`),
/// an exact kind (`ops-disk`), or `all`; it selects among the built-in kinds and the declared ones alike.
package struct HandlerRegistry: Sendable {
    private let handlers: [TaskKind: any Handler]
    /// What this executor offers, sorted by kind. What the machine's owner has not allowed is not offered, so that its tasks
    /// find a machine where it is; asked for directly it is refused with what would allow it.
    package let kinds: [KindSpec]

    /// Prefixes that this system knows of. One of them may be asked for although nothing here carries it yet: the same
    /// list of handlers then serves several versions.
    private static let knownPrefixes = ["bench", "code", "dev", "git", "llm", "ollama", "ops", "plan", "power"]

    /// - Parameters:
    ///   - code: a household's own kinds of work on code.
    ///   - models: whom the kinds that ask a model ask.
    ///   - machine: what may be done to the machine.
    /// - Throws: `InvalidInput` for a set that selects nothing by its nature (`/executor/handlers/<n>`), and for a
    ///   declaration that takes a kind which is built in or declared already (`/handlers/<n>/kind`).
    package init(
        handlerSets: [String],
        declared: [DeclaredKind] = [],
        code: [CodeKind] = [],
        models: ModelDirectory = .standard(),
        machine: MachineAccess = MachineAccess()
    ) throws(InvalidInput) {
        var offered: [TaskKind: any Handler] = [:]
        for handler in builtInHandlers(models, machine) { offered[handler.spec.kind] = handler }
        for kind in CodeKind.standard { offered[kind.kind] = CodeHandler(kind, origin: .builtIn, models: models) }
        for kind in code { offered[kind.kind] = CodeHandler(kind, origin: .declared, models: models) }
        var issues: [InvalidInput.Issue] = []
        for (index, declaration) in declared.enumerated() {
            let kind = declaration.spec.kind
            if let taken = offered[kind] {
                let by = taken.spec.origin == .builtIn ? "is built in" : "is declared twice"
                issues.append(.init(pointer: "/handlers/\(index)/kind", detail: "\(kind) \(by): choose another name"))
                continue
            }
            offered[kind] = DeclaredHandler(declaration)
        }
        let sets = handlerSets.map { $0.hasSuffix("-") ? String($0.dropLast()) : $0 }
        issues += Self.problems(of: sets, among: offered.keys)
        if !issues.isEmpty { throw InvalidInput(issues: issues) }
        handlers = offered.filter { Self.isSelected($0.key, by: sets) }
        kinds = handlers.values.map(\.spec).filter { machine.allows($0.kind) }.sorted { $0.kind < $1.kind }
    }

    package func handler(for kind: TaskKind) -> (any Handler)? { handlers[kind] }

    private static func isSelected(_ kind: TaskKind, by sets: [String]) -> Bool {
        sets.contains { $0 == "all" || $0 == kind.rawValue || "\($0)-" == kind.prefix }
    }

    private static func problems(of sets: [String], among kinds: some Sequence<TaskKind>) -> [InvalidInput.Issue] {
        let prefixes = Set(kinds.map { String($0.prefix.dropLast()) }).union(knownPrefixes)
        let exact = Set(kinds.map(\.rawValue))
        return sets.enumerated().compactMap { index, set in
            if set == "all" || prefixes.contains(set) || exact.contains(set) { return nil }
            let near = nearest(to: set, among: prefixes.union(exact)).map { "did you mean \"\($0)\"?" }
            let allowed = "allowed are all, a prefix (\(prefixes.sorted().joined(separator: ", "))) or a kind"
            return .init(
                pointer: "/executor/handlers/\(index)",
                detail: "\"\(set)\" selects no handler; \(near ?? allowed)"
            )
        }
    }
}

/// Every handler that is compiled in, one for each of `KindSpec.builtIn`.
private func builtInHandlers(_ models: ModelDirectory, _ machine: MachineAccess) -> [any Handler] {
    KindSpec.builtIn.compactMap { spec in
        switch spec.kind.rawValue {
        case "bench-noop": BenchNoop(spec: spec)
        case "bench-true": BenchTrue(spec: spec)
        case "git-clone": GitClone(spec: spec)
        case "git-status": GitStatus(spec: spec)
        case "git-log": GitLog(spec: spec)
        case "git-diff": GitDiff(spec: spec)
        case "git-fetch": GitFetch(spec: spec)
        case "git-branch": GitBranch(spec: spec)
        case "git-commit": GitCommit(spec: spec)
        case "git-push": GitPush(spec: spec)
        case "git-revert": GitRevert(spec: spec)
        case "ops-disk": OpsDisk(spec: spec)
        case "ops-uptime": OpsUptime(spec: spec)
        case "ops-service": OpsService(spec: spec)
        case "ops-packages": OpsPackages(spec: spec, access: machine.packages)
        case "ops-ansible": OpsAnsible(spec: spec, access: machine.ansible)
        case "power-wake": PowerWake(spec: spec, place: machine.wake)
        case "power-off": PowerOrder(spec: spec, command: machine.off)
        case "power-reboot": PowerOrder(spec: spec, command: machine.reboot)
        case "dev-build": DevTask(spec: spec, goal: .build)
        case "dev-test": DevTask(spec: spec, goal: .test)
        case "dev-run": DevRun(spec: spec)
        case "llm-prompt": LLMPrompt(spec: spec, models: models)
        case "ollama-list": OllamaList(spec: spec, models: models)
        case "ollama-ps": OllamaPs(spec: spec, models: models)
        case "ollama-pull": OllamaPull(spec: spec, models: models)
        case "ollama-show": OllamaShow(spec: spec, models: models)
        default: nil
        }
    }
}
