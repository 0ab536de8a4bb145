import YggCore
import YggProcess

/// Takes back what a commit changed, as work that a person sees before it lands.
struct GitRevert: Handler {
    let spec: KindSpec

    func run(_ context: HandlerContext) async -> HandlerResult {
        await context.carryOut { run async throws(HandlerFailure) in try await make(run) }
    }

    func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
        await Lander.land(approval, context)
    }

    private func make(_ run: AttemptRun) async throws(HandlerFailure) -> HandlerResult {
        let params = run.context.params
        let git = try Git(run)
        let repository = params["repo"]?.stringValue ?? ""
        // What is taken back is looked for where it landed.
        let target = params["target"]?.stringValue ?? "main"
        let own = WorkOrder.target(target, params: params, of: run.context.key)
        let pushes = params["push"]?.boolValue ?? false
        if let landed = try await Landed.earlier(repository, target: own, pushes: pushes, run) { return landed }
        var place = try await LandingPlace(repository: repository, target: target, git: git)
        guard let tip = try await place.tip(base: nil) else {
            throw HandlerFailure(
                code: "unknown-ref",
                detail: "\(place.mirror.address.display) has no branch \(target).",
                retryable: false
            )
        }
        let commit = try await commit(params, from: tip, place)
        let parents = try await git.output(["rev-list", "--parents", "--max-count=1", commit], at: place.mirror.place)
            .split(whereSeparator: \.isWhitespace).dropFirst()
        guard parents.count == 1, let parent = parents.first.map(String.init) else {
            throw HandlerFailure(
                code: "cannot-revert",
                detail:
                    "\(commit.prefix(12)) is \(parents.isEmpty ? "the first commit" : "a merge"), and what taking it "
                    + "back means is not clear: revert it by hand.",
                retryable: false
            )
        }
        let subject = try await git.output(["show", "--no-patch", "--format=%s", commit, "--"], at: place.mirror.place)
            .trimmed
        let tree: String
        switch try await CommitMaker(mirror: place.mirror).merge(base: commit, ours: tip, theirs: parent) {
        case .clean(let merged): tree = merged
        case .conflict(let paths):
            throw HandlerFailure(
                code: "revert-conflict",
                detail:
                    "Later commits on \(target) change the same lines in \(paths.prefix(5).joined(separator: ", ")): "
                    + "revert it by hand, or undo those first.",
                retryable: false
            )
        }
        let now = try await git.output(["rev-parse", "--verify", "\(tip)^{tree}"], at: place.mirror.place).trimmed
        guard tree != now else {
            throw HandlerFailure(
                code: "cannot-revert",
                detail: "\(target) holds nothing of \(commit.prefix(12)) any more: it was taken back already.",
                retryable: false
            )
        }
        let order = WorkOrder(
            repository: repository,
            target: own,
            message: "Revert \"\(subject)\"\n\nThis reverts commit \(commit).",
            summary: "Take back on \(target): \(subject)",
            verification: (params["verify"]?.arrayValue?.compactMap(\.stringValue)).map { [$0] } ?? [],
            pushes: pushes,
            result: ["reverts": .string(commit)]
        )
        return try await WorkProduct.handOver(
            tree,
            on: tip,
            branch: Worktree.branch(for: run.context.key),
            place.mirror,
            order,
            run
        )
    }

    private func commit(_ params: JSONObject, from tip: String, _ place: LandingPlace) async throws(HandlerFailure)
        -> String
    {
        if let name = params["commit"]?.stringValue {
            let commit = try await place.mirror.refs.commit(name)
            let arguments = ["merge-base", "--is-ancestor", commit, tip]
            guard await place.git.collect(arguments, at: place.mirror.place).outcome.succeeded else {
                throw HandlerFailure(
                    code: "unknown-ref",
                    detail: "\(commit.prefix(12)) is not on \(place.target): there is nothing to take back.",
                    retryable: false
                )
            }
            return commit
        }
        guard let task = params["task"]?.stringValue else {
            throw HandlerFailure(
                code: "invalid-params",
                detail: "Say what to take back: a commit, or the task that landed it.",
                retryable: false
            )
        }
        let listing = try await place.git.output(
            [
                "log", "--fixed-strings", "--grep=Ygg-Task: \(task)",
                "--format=%H %(trailers:key=Ygg-Task,valueonly,separator=%x2C)", tip, "--",
            ],
            at: place.mirror.place,
            limit: 16 << 20
        )
        let line = listing.split(separator: "\n").first { $0.split(separator: " ").last?.trimmed == task }
        guard let commit = line?.split(separator: " ").first else {
            throw HandlerFailure(
                code: "unknown-ref",
                detail: "No commit on \(place.target) is of the task \(task).",
                retryable: false
            )
        }
        return String(commit)
    }
}
