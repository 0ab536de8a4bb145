import YggCore
import YggProcess

/// The directory one attempt works in: a git work tree of its own, `worktrees/<task>-<epoch>`, on a branch of its own,
/// `ygg/<task>/<epoch>`. Both names carry the epoch, so that what an attempt left behind is never taken for the work
/// of the next one.
struct Worktree: Sendable {
    /// What becomes of a work tree in which something is left that is not committed.
    enum Leftovers: Sendable {
        /// They are the work: the tree is kept, for a person.
        case keep
        /// They are by-products of a build or a test.
        case discard
    }

    let mirror: Mirror
    let place: Git.Place
    let path: String
    let branch: String
    /// What was checked out.
    let commit: String
    /// The mirrors of its submodules, which know of it too.
    private(set) var submodules: [Mirror] = []

    /// Makes the work tree and fills it. Submodules are filled too, where they may be.
    init(of mirror: Mirror, at commit: String, origin: RepositoryAddress?) async throws(HandlerFailure) {
        let key = mirror.git.run.context.key
        let path = "\(mirror.git.run.context.workspaceRoot)/worktrees/\(key.task)-\(key.epoch)"
        let branch = Self.branch(for: key)
        self.mirror = mirror
        self.path = path
        self.branch = branch
        self.commit = commit
        place = try await Self.add(to: mirror, path: path, commit: commit, branch: branch)
        let tree = Submodules.Tree(path: path, commit: commit, place: place, origin: origin)
        do throws(HandlerFailure) {
            _ = try await mirror.git.output(["reset", "--hard", "--quiet"], at: place)
            try await Submodules(git: mirror.git).fill(tree, mirrors: &submodules)
        } catch {
            await remove()
            throw error
        }
    }

    /// The branch of an attempt. Task ids may hold what a ref may not: there, every dot becomes `%2E`.
    static func branch(for key: LeaseKey) -> String {
        let id = key.task.rawValue
        let isRef = !id.hasPrefix(".") && !id.hasSuffix(".") && !id.hasSuffix(".lock") && !id.contains("..")
        return
            "ygg/\(isRef ? id : id.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "%2E"))/\(key.epoch)"
    }

    /// Registers a work tree with a mirror, without any file in it yet: only that needs the mirror's lock.
    /// - Parameter branch: nil leaves it detached.
    static func add(
        to mirror: Mirror,
        path: String,
        commit: String,
        branch: String?
    ) async throws(HandlerFailure) -> Git.Place {
        try await mirror.locked { () async throws(HandlerFailure) in
            let git = mirror.git
            if LocalFiles.isFile("\(path)/.git") { _ = await git.run.collect(["rm", "-rf", "--", path]) }
            _ = try await git.output(["worktree", "prune"], at: mirror.place)
            let how = branch.map { ["-B", $0] } ?? ["--detach"]
            _ = try await git.output(
                ["worktree", "add", "--quiet", "--no-checkout"] + how + ["--", path, commit],
                at: mirror.place
            )
        }
        // Remembered now: whatever runs in the tree could point this file elsewhere.
        guard let link = LocalFiles.read("\(path)/.git")?.trimmed, link.hasPrefix("gitdir: ") else {
            throw HandlerFailure(
                code: "workspace-unusable",
                detail: "git made no work tree at \(path).",
                retryable: true
            )
        }
        return Git.Place(gitDirectory: String(link.dropFirst("gitdir: ".count)), workTree: path)
    }

    // MARK: - Afterwards

    /// Removes the work tree unless what is in it is worth keeping. Does so even if the attempt was cancelled.
    /// - Returns: for the result: the path and branch of what is kept and why; nil where nothing is.
    func close(_ leftovers: Leftovers) async -> JSONObject? {
        await uncancelled { await self.closeNow(leftovers) }
    }

    private func closeNow(_ leftovers: Leftovers) async -> JSONObject? {
        let git = mirror.git.forCleaningUp
        let reason = leftovers == .keep ? await whyToKeep(git) : nil
        guard let reason else {
            let head = await git.collect(["rev-parse", "--verify", "--quiet", branch], at: mirror.place).stdout.trimmed
            let hasCommits = leftovers == .keep && !head.isEmpty && head != commit
            await remove(keepingBranch: hasCommits)
            guard hasCommits else { return nil }
            return [
                "branch": .string(branch), "mirror": .string(mirror.place.gitDirectory), "head": .string(head),
                "kept": "the branch, because the attempt committed to it",
            ]
        }
        // Locked trees survive pruning.
        _ = await git.collect(["worktree", "lock", "--reason", reason, "--", path], at: mirror.place)
        return [
            "path": .string(path), "branch": .string(branch), "kept": .string("the work tree, because of \(reason)"),
        ]
    }

    private func whyToKeep(_ git: Git) async -> String? {
        let status = await git.collect(
            ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty"],
            at: place
        )
        // Where even the question fails, nothing may be thrown away.
        guard status.outcome.succeeded else { return "a work tree that git cannot read any more" }
        let count = status.stdout.split(separator: "\0").count
        return count == 0 ? nil : "\(count) uncommitted \(count == 1 ? "change" : "changes")"
    }

    /// Removes the files, without any lock, then what the mirrors know of them.
    private func remove(keepingBranch: Bool = false) async {
        let git = mirror.git.forCleaningUp
        let path = path
        let branch = branch
        let mirrors = [mirror] + submodules
        await uncancelled {
            _ = await git.run.collect(["rm", "-rf", "--", path])
            for mirror in mirrors {
                // Best effort: what is left registered is pruned by the next attempt on the same mirror.
                try? await mirror.locked { () async throws(HandlerFailure) in
                    _ = await git.collect(["worktree", "prune"], at: mirror.place)
                }
            }
            if !keepingBranch {
                _ = await git.collect(["branch", "--quiet", "-D", "--", branch], at: mirrors[0].place)
            }
        }
    }
}
