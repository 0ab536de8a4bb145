import YggCore

/// What a handler says of the work it hands over: everything that becomes of it follows from this and the tree.
struct WorkOrder: Sendable {
    /// The repository as the task names it.
    var repository: String
    /// The branch it is to land on.
    var target: String
    /// Subject and body of the commit.
    var message: String
    /// A few lines for a person.
    var summary: String
    var model: String?
    /// Commands that check the work where the target has moved.
    var verification: [[String]] = []
    /// How they, or others, ended here.
    var verified: [Verified] = []
    /// Whether anything checked it: work that nothing did is `unverified`.
    var outcome = Outcome.succeeded
    /// Whether a person is asked even if the tier does not want that.
    var asks = false
    /// Whether it is sent on to the remote, where the repository is one on this machine.
    var pushes = false
    /// What a person is shown besides. The digest covers it.
    var shown = JSONObject()
    /// The kind's own members of the result.
    var result = JSONObject()
}

extension WorkOrder {
    /// Where work lands: on the target, or with `land: branch` on a branch of the task's own and no other.
    static func target(_ target: String, params: JSONObject, of key: LeaseKey) -> String {
        guard params["land"]?.stringValue == "branch" else { return target }
        let name = Worktree.branch(for: key)
        return name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name
    }
}

/// What an attempt made, as a commit on its base with a diff, a bundle of it and a manifest, all of them artifacts.
struct WorkProduct: Sendable {
    /// What a commit's date can be, in seconds: up to the end of the year 9999.
    private static let dates: ClosedRange<Int64> = 0...253_402_300_799

    let order: WorkOrder
    let base: String
    let commit: String
    let size: DiffSize
    let diff: Artifact
    let bundle: Artifact

    /// Hands over what is changed in a work tree: asks a person about it where the tier wants that, else lands it.
    /// - Returns: the result to end with. One that changes nothing says so, and has `changed: false`.
    static func handOver(
        _ worktree: Worktree,
        _ order: WorkOrder,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> HandlerResult {
        // What ran in the tree could have left commands in the configuration that git is about to read.
        try await worktree.mirror.locked { () async throws(HandlerFailure) in try await worktree.mirror.prepare() }
        _ = try await worktree.mirror.git.output(["add", "--all", "--", "."], at: worktree.place)
        let tree = try await worktree.mirror.git.output(["write-tree"], at: worktree.place).trimmed
        return try await handOver(tree, on: worktree.commit, branch: worktree.branch, worktree.mirror, order, run)
    }

    /// Hands over a tree.
    /// - Parameter branch: the branch of the mirror that keeps its commit.
    static func handOver(
        _ tree: String,
        on base: String,
        branch: String,
        _ mirror: Mirror,
        _ order: WorkOrder,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> HandlerResult {
        let before = try await mirror.git.output(["rev-parse", "--verify", "\(base)^{tree}"], at: mirror.place).trimmed
        guard tree != before else {
            var result = order.result
            result["changed"] = false
            result["base"] = .string(base)
            result["summary"] = "It changes nothing"
            return HandlerResult(outcome: order.outcome, result: result)
        }
        let product = try await WorkProduct(tree, on: base, branch: branch, mirror, order, run)
        if order.asks || run.context.tier.contains(.review) {
            return HandlerResult(outcome: order.outcome, result: product.result, question: product.question(run))
        }
        var landed = try await Lander(product.landing(run), run).land()
        if landed.outcome == .succeeded, order.outcome == .unverified { landed.outcome = .unverified }
        for member in product.result.members where landed.result[member.key] == nil {
            landed.result.append(member.key, member.value)
        }
        return landed
    }

    init(
        _ tree: String,
        on base: String,
        branch: String,
        _ mirror: Mirror,
        _ order: WorkOrder,
        _ run: AttemptRun
    ) async throws(HandlerFailure) {
        let git = mirror.git
        let scratch = try Scratch(run.context, "work")
        defer { scratch.remove() }
        let when = try await git.output(["show", "--no-patch", "--format=%ct", base, "--"], at: mirror.place).trimmed
        let commit = try await CommitMaker(mirror: mirror).commit(
            tree,
            parents: [base],
            message: order.message.trimmed + "\n",
            author: run.context.git.author,
            // Of the same work the same commit, whoever makes it when. A base may claim a date that is none.
            date: Timestamp(milliseconds: (Int64(when).flatMap { Self.dates.contains($0) ? $0 : nil } ?? 0) * 1000)
        )
        try await DiffFile.write(from: base, to: commit, at: scratch.path("diff"), mirror)
        let search = SecretSearch(run.context.secrets.patterns)
        try search.check(order.message)
        try search.check(file: scratch.path("diff"))
        try await search.check(from: base, to: commit, mirror)
        _ = try await git.output(["update-ref", "refs/heads/\(branch)", commit], at: mirror.place)
        _ = try await git.output(
            ["bundle", "create", "--quiet", scratch.path("bundle"), "refs/heads/\(branch)", "^\(base)"],
            at: mirror.place
        )
        let numbers = try await git.output(
            ["diff", "--numstat", "-z", "--no-ext-diff", "--no-textconv", base, commit, "--"],
            at: mirror.place,
            limit: 64 << 20
        )
        self.order = order
        self.base = base
        self.commit = commit
        size = DiffSize(numstat: numbers)
        diff = try await run.context.upload(file: scratch.path("diff"), name: "diff")
        bundle = try await run.context.upload(file: scratch.path("bundle"), name: "bundle")
        _ = try await run.context.upload(manifest(run).canonicalBytes, name: "manifest")
    }

    private func manifest(_ run: AttemptRun) -> JSON {
        var manifest: JSONObject = [
            "form": 1, "task": .string(run.context.key.task.rawValue), "epoch": .int(run.context.key.epoch),
            "kind": .string(run.context.kind.rawValue), "repository": .string(order.repository),
            "target": .string(order.target), "base": .string(base), "commits": [.string(commit)],
            "diff": ["sha256": .string(diff.sha256), "size": .int(diff.size)],
            "bundle": ["sha256": .string(bundle.sha256), "size": .int(bundle.size)],
            "files": .int(size.files), "insertions": .int(size.insertions), "deletions": .int(size.deletions),
            "verification": .array(order.verification.map { .array($0.map(JSON.string)) }),
            "verified": .array(order.verified.map(\.json)),
        ]
        manifest.append("model", .optional(order.model))
        return .object(manifest)
    }

    var result: JSONObject {
        var result = order.result
        let own: JSONObject = [
            "changed": true, "summary": .string(order.summary), "base": .string(base), "head": .string(commit),
            "target": .string(order.target), "files": .int(size.files), "insertions": .int(size.insertions),
            "deletions": .int(size.deletions), "diff": .string(diff.sha256), "bundle": .string(bundle.sha256),
            "verified": .array(order.verified.map(\.json)),
        ]
        for member in own.members where result[member.key] == nil { result.append(member.key, member.value) }
        return result
    }

    /// Asks whether it may land.
    func question(_ run: AttemptRun) -> ApprovalQuestion {
        var shown: JSONObject = [
            "message": .string(order.message), "author": .string(run.context.git.author.text),
            "push": .bool(order.pushes), "verified": .array(order.verified.map(\.json)),
        ]
        shown.append("model", .optional(order.model))
        for member in order.shown.members where shown[member.key] == nil { shown.append(member.key, member.value) }
        return ApprovalQuestion(
            subject: .diff,
            next: .land,
            summary: order.summary,
            repository: order.repository,
            target: order.target,
            base: base,
            commits: [commit],
            diff: diff.sha256,
            bundle: bundle.sha256,
            verification: order.verification,
            limits: run.context.limits,
            shown: shown
        )
    }

    /// Work that nobody needs to see. What it is known by is its task: a second attempt of it lands nothing twice.
    private func landing(_ run: AttemptRun) -> Landing {
        let task = run.context.key.task.rawValue
        var trailers = [("Ygg-Task", task)]
        if let model = order.model { trailers.append(("Ygg-Model", model)) }
        return Landing(
            repository: order.repository,
            target: order.target,
            base: base,
            diff: diff.sha256,
            message: order.message,
            author: run.context.git.author,
            date: run.context.acceptedAt,
            trailers: trailers,
            mark: Landing.Mark(task: run.context.key.task),
            verification: order.verification,
            verified: order.verified,
            pushes: order.pushes
        )
    }
}
