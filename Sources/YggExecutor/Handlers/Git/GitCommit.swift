import YggCore

/// Makes a commit of a patch, or of what an earlier task left in its work tree, and lands it like any other work: on a
/// branch, after a person has seen it. It is made in the mirror; no work tree of anybody is needed.
struct GitCommit: Handler {
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
        let ref = params["ref"]?.stringValue
        let target = WorkOrder.target(
            params["target"]?.stringValue ?? ref ?? "main",
            params: params,
            of: run.context.key
        )
        let pushes = params["push"]?.boolValue ?? false
        if let landed = try await Landed.earlier(repository, target: target, pushes: pushes, run) { return landed }
        var place = try await LandingPlace(repository: repository, target: target, git: git)
        let tip = try await place.tip(base: nil)
        let base: String
        if ref == nil, let tip { base = tip } else { base = try await place.mirror.refs.commit(ref) }
        let (tree, from) = try await tree(on: base, place.mirror, run)
        let message = params["message"]?.stringValue ?? ""
        let order = WorkOrder(
            repository: repository,
            target: target,
            message: message,
            summary: "Commit to \(target): \(message.split(separator: "\n").first ?? "")",
            verification: (params["verify"]?.arrayValue?.compactMap(\.stringValue)).map { [$0] } ?? [],
            pushes: pushes
        )
        return try await WorkProduct.handOver(
            tree,
            on: from,
            branch: Worktree.branch(for: run.context.key),
            place.mirror,
            order,
            run
        )
    }

    /// - Returns: the tree, and the commit it is a change of.
    private func tree(
        on base: String,
        _ mirror: Mirror,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> (tree: String, base: String) {
        let params = run.context.params
        let scratch = try Scratch(run.context, "commit")
        defer { scratch.remove() }
        switch (params["patch"]?.stringValue, params["workspace"]?.stringValue) {
        case (let patch?, nil):
            let path = scratch.path("patch")
            // Whoever passed it on may have cut off its end, and what is binary ends with an empty line.
            let text = patch + "\n\n"
            do { try LocalFiles.write(text, to: path) } catch { throw .unusableWorkspace(path, error) }
            return (try await Change.tree(of: path, on: base, mirror, scratch), base)
        case (nil, let name?): return try await kept(name, params["paths"]?.arrayValue, mirror, scratch, run)
        default:
            throw HandlerFailure(
                code: "invalid-params",
                detail: "Say either what to change, with patch, or where it lies, with workspace (and paths).",
                retryable: false
            )
        }
    }

    /// What an earlier attempt left: a work tree of this executor, of the same repository.
    private func kept(
        _ name: String,
        _ paths: [JSON]?,
        _ mirror: Mirror,
        _ scratch: Scratch,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> (tree: String, base: String) {
        let path = "\(Worktree.directory(in: run.context.workspaceRoot))/\(name)"
        let prefix = "gitdir: \(mirror.place.gitDirectory)/worktrees/"
        guard !name.contains("/"), let link = LocalFiles.read("\(path)/.git", limit: 4096)?.trimmed,
            link.hasPrefix(prefix), !link.contains("/../")
        else {
            throw HandlerFailure(
                code: "unknown-workspace",
                detail:
                    "There is no kept work tree \(name) of \(mirror.address.display) on this executor. The result of "
                    + "the task that left one names it: ygg task show T",
                retryable: false
            )
        }
        let place = Git.Place(gitDirectory: String(link.dropFirst("gitdir: ".count)), workTree: path)
        try await mirror.locked { () async throws(HandlerFailure) in try await mirror.prepare() }
        let base = try await mirror.git.output(["rev-parse", "--verify", "HEAD^{commit}"], at: place).trimmed
        let index = ["GIT_INDEX_FILE": scratch.path("index")]
        _ = try await mirror.git.output(["read-tree", base], at: place, settings: index)
        let names = (paths ?? []).compactMap(\.stringValue).map(literal)
        _ = try await mirror.git.output(
            ["add", "--all", "--"] + (names.isEmpty ? ["."] : names),
            at: place,
            settings: index
        )
        return (try await mirror.git.output(["write-tree"], at: place, settings: index).trimmed, base)
    }
}
