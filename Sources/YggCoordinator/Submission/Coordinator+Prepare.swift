import YggCore
import YggProtocol

extension Coordinator {
    /// Checks a submission against everything that is known without the store, and completes it.
    ///
    /// What a person wrote is looked at outside the lock: patterns are matched as long as they take.
    func prepare(
        _ submission: TaskSubmission,
        by author: Author,
        at now: Timestamp
    ) async throws(Problem) -> PreparedTask {
        var chance = Chance(draw: machine.random)
        let known = withControl { control, _ in
            Known(
                kind: Result { () throws(Problem) in try knownKind(submission.kind, control) },
                roots: control.repositoryRoots,
                id: submission.id ?? control.ids.next(at: now, random: &chance)
            )
        }
        let kind = try known.kind.get()
        let tier = try tier(of: submission, kind: kind, by: author)
        let params = try check(submission.params(asWordsFor: kind), against: kind)
        let (timeouts, retry) = try policies(of: submission, kind: kind)
        let spec = TaskSpec(
            id: known.id,
            kind: submission.kind,
            title: submission.title ?? submission.defaultTitle,
            description: submission.description,
            params: params,
            labels: submission.labels,
            priority: submission.priority,
            source: submission.source,
            submittedBy: author.name,
            createdAt: now,
            notBefore: submission.notBefore,
            timeouts: timeouts,
            retry: retry,
            onLost: kind?.onLost ?? KindSpec.defaultOnLost(submission.kind),
            dependsOn: submission.dependsOn,
            onDependencyFailure: submission.onDependencyFailure,
            dedupeKey: submission.dedupeKey,
            fingerprint: submission.id.map { _ in ArtifactStore.hash(of: submission.json.bytes) },
            tier: tier,
            skippedTier: submission.tier.skipped
        )
        let lane = Lane(of: spec, kind: kind, roots: known.roots)
        try await checkRepository(of: spec, kind: kind, lane: lane)
        return PreparedTask(spec: spec, lane: lane, author: author, hasOwnID: submission.id != nil)
    }

    /// What a submission is checked against, as it was at one moment.
    private struct Known: Sendable {
        var kind: Result<KindSpec?, Problem>
        var roots: Set<String>
        var id: TaskID
    }

    /// What a person must see of the task.
    private func tier(
        of submission: TaskSubmission,
        kind: KindSpec?,
        by author: Author
    ) throws(Problem) -> [Tier] {
        do throws(TierLowered) {
            return try settings.tierRules.tier(
                of: submission.kind,
                handler: kind?.tier(for: submission.params),
                labels: submission.labels,
                route: settings.routes.route(for: submission.kind),
                asked: submission.tier,
                mayLower: author.principal.role.includes(.operator)
            )
        } catch {
            var problem = Problem.forbidden(.needs(.operator), author.principal)
            let words = error.tiers.map(\.rawValue).joined(separator: " and ")
            problem.detail = "To skip the \(words) of \(submission.kind) takes an operator: \(problem.detail)"
            problem.nextAction = "Leave skipTier out, or ask an operator to submit it."
            throw problem
        }
    }

    /// - Returns: the kind's specification; nil where its executors are configured and have not been seen yet.
    private func knownKind(_ kind: TaskKind, _ control: Control) throws(Problem) -> KindSpec? {
        let mayComeYet = mayBeOfferedYet(kind, control)
        if let spec = control.kinds[kind] {
            if let setting = MachineAccess.permission(of: kind), !control.kinds.isOffered(kind), !mayComeYet {
                throw Self.notEnabled(kind, setting)
            }
            return spec
        }
        if mayComeYet, kind.rawValue != "plan-create" { return nil }
        let known = control.kinds.all.map(\.spec.kind.rawValue)
        let near = nearest(to: kind.rawValue, among: known)
        let ofPrefix = known.filter { $0.hasPrefix(kind.prefix) }
        let detail =
            kind.rawValue == "plan-create"
            ? "A task without a kind needs a planner, and no executor offers plan-create."
            : "No executor offers the kind \(kind), and it is neither built in nor declared."
        throw Problem(
            status: 422,
            code: "unknown-kind",
            title: "Unknown kind",
            detail: detail,
            nextAction: near.map { "Did you mean \($0)?" }
                ?? "List the known kinds with: ygg kind list, or GET /v1/kinds.",
            extensions: ["near": .array((near.map { [$0] } ?? Array(ofPrefix.prefix(8))).map(JSON.string))]
        )
    }

    /// Whether the configuration names executors for the kind of which none was ever seen.
    private func mayBeOfferedYet(_ kind: TaskKind, _ control: Control) -> Bool {
        guard let route = settings.routes.route(for: kind) else { return false }
        let named = route.executors + route.fallback
        return !named.isEmpty && !named.contains { control.executors[$0] != nil }
            && (settings.routes.areConfigured || named.contains { settings.agents.fixed[$0] != nil })
    }

    /// It acts on a machine, and no machine's owner has allowed it: it would wait for ever.
    private static func notEnabled(_ kind: TaskKind, _ setting: String) -> Problem {
        Problem(
            status: 422,
            code: "not-enabled",
            title: "Not enabled",
            detail: "No executor that ever registered is allowed to do \(kind).",
            nextAction: "Set \(setting) in the yggdrasil.yaml of the machine that is to do it, and reload it there: "
                + "ygg config reload"
        )
    }

    private func check(_ params: JSONObject, against kind: KindSpec?) throws(Problem) -> JSONObject {
        do throws(InvalidInput) {
            let complete = try kind?.validate(params) ?? params
            guard JSON.object(complete).depth <= JSON.Depth.value else {
                throw InvalidInput("/params", "must not be nested deeper than \(JSON.Depth.value) levels")
            }
            guard let kind else { return complete }
            if let name = kind.repositoryParameter?.name, let repository = complete[name]?.stringValue,
                !repository.hasPrefix("/"), !isRepositoryURL(repository)
            {
                throw InvalidInput(
                    "/params/\(name)",
                    "must be an absolute path or a URL, not \"\(repository)\""
                )
            }
            return complete
        } catch {
            throw .invalidRequest(error)
        }
    }

    /// Own values over those of the kind over those of the prefix.
    private func policies(
        of submission: TaskSubmission,
        kind: KindSpec?
    ) throws(Problem) -> (Timeouts, RetryPolicy) {
        var defaults = Timeouts.defaults(forPrefix: submission.kind.prefix)
        if let timeout = kind?.timeout { defaults.run = timeout }
        do throws(InvalidInput) {
            var timeoutsReader = ObjectReader(submission.timeouts, at: "/timeouts")
            let timeouts = Timeouts(reading: &timeoutsReader, defaults: defaults)
            try timeoutsReader.finish()
            var retryReader = ObjectReader(submission.retry, at: "/retry")
            let retry = RetryPolicy(reading: &retryReader, defaults: kind?.retry ?? RetryPolicy())
            try retryReader.finish()
            return (timeouts, retry)
        } catch {
            throw .invalidRequest(error)
        }
    }

    private func checkRepository(of spec: TaskSpec, kind: KindSpec?, lane: Lane) async throws(Problem) {
        guard let name = kind?.repositoryParameter?.name, let path = spec.params[name]?.stringValue,
            path.hasPrefix("/"), lane.repositoryRoots.isEmpty
        else { return }
        let offering = withControl { control, _ in
            control.executors.values.map(\.offer).filter { $0.offers(spec.kind) }
        }
        guard !offering.isEmpty else { return }
        let origin = await diskQueue.run { originURL(ofRepositoryAt: path) }
        let roots = Set(offering.flatMap(\.repositories)).sorted().joined(separator: ", ")
        throw Problem(
            status: 422,
            code: "unreachable-repo",
            title: "Unreachable repository",
            detail: "No executor that offers \(spec.kind) has \(path) under one of its repository roots (\(roots)).",
            nextAction: origin.map { "Name it by URL instead: \($0)" }
                ?? "Name the repository by URL, or add a root above it to an executor's repositories."
        )
    }
}

extension TaskSubmission {
    /// The parameters in which people say what they want, in their own words.
    private static let prose = ["instruction", "spec", "prompt"]

    /// The parameters. What is wanted of an agent may be said as the task's prompt, or as its description where nothing else
    /// says it.
    fileprivate func params(asWordsFor kind: KindSpec?) -> JSONObject {
        guard let kind, kind.asksModel, kind.params.contains(where: { $0.name == "instruction" }),
            saysNothing(params["instruction"])
        else { return params }
        var params = params
        if let prompt = params["prompt"]?.stringValue, !kind.params.contains(where: { $0.name == "prompt" }) {
            params["prompt"] = nil
            params["instruction"] = .string(prompt)
        } else if let description, saysNothing(params["spec"]), params["prompt"] == nil {
            params["instruction"] = .string(description)
        }
        return params
    }

    /// What a list shows of a task that nobody named: the beginning of its description, or of what it asks for; else the
    /// kind.
    fileprivate var defaultTitle: String {
        let said = [description] + Self.prose.map { params[$0]?.stringValue }
        let line = said.lazy.compactMap {
            $0?.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
        }
        .first
        return line.map { String($0.prefix(120)) } ?? kind.rawValue
    }
}
