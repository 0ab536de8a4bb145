import SystemPackage
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
    /// It was made just now: nobody has worked in it.
    let isNew: Bool
    /// The mirrors of its submodules, which know of it too.
    private let submodules: [Mirror]
    /// Says to ``DeadWorkspaces`` that somebody works here, for as long as this process lives.
    private let lock: FileLock

    /// Makes the work tree and fills it. Submodules are filled too, where they may be.
    /// - Parameter purpose: tells a second one of the same attempt from its first.
    init(
        of mirror: Mirror,
        at commit: String,
        origin: RepositoryAddress?,
        purpose: String? = nil
    ) async throws(HandlerFailure) {
        let key = mirror.git.run.context.key
        let parent = Self.directory(in: mirror.git.run.context.workspaceRoot)
        let suffix = purpose.map { "-\($0)" } ?? ""
        let path = "\(parent)/\(key.task)-\(key.epoch)\(suffix)"
        let branch = Self.branch(for: key) + suffix
        do { try LocalFiles.makeDirectory(parent) } catch { throw .unusableWorkspace(parent, error) }
        let lock = try await FileLock("\(path).lock", run: mirror.git.run)
        var submodules: [Mirror] = []
        do throws(HandlerFailure) {
            let place = try await Self.add(to: mirror, path: path, commit: commit, branch: branch)
            _ = try await mirror.git.output(["reset", "--hard", "--quiet"], at: place)
            let tree = Submodules.Tree(path: path, commit: commit, place: place, origin: origin)
            try await Submodules(git: mirror.git).fill(tree, mirrors: &submodules)
            self.place = place
        } catch {
            await Self.remove(path, from: [mirror] + submodules, branch: branch)
            lock.remove("\(path).lock")
            throw error
        }
        isNew = true
        self.mirror = mirror
        self.path = path
        self.branch = branch
        self.commit = commit
        self.submodules = submodules
        self.lock = lock
    }

    /// The work tree of a session, `<folder>/work`: as it was left, or made at a commit. It is on no branch, so that what
    /// becomes of its commits does not move it.
    /// - Parameters:
    ///   - isBegun: whether somebody has worked in it. One that nobody has may be half made, and is made anew.
    ///   - commit: is asked for what to begin from where it is made.
    init(
        in folder: String,
        of mirror: Mirror,
        isBegun: () -> Bool,
        startingAt commit: () async throws(HandlerFailure) -> (
            mirror: Mirror, commit: String, origin: RepositoryAddress?
        )
    ) async throws(HandlerFailure) {
        path = "\(folder)/work"
        branch = Self.branch(for: mirror.git.run.context.key)
        do { try LocalFiles.makeDirectory(folder, mode: 0o700) } catch { throw .unusableWorkspace(folder, error) }
        let lock = try await FileLock("\(path).lock", run: mirror.git.run)
        self.lock = lock
        guard !isBegun() else {
            do throws(HandlerFailure) {
                let left = try await Self.left(in: folder, path, mirror)
                (self.mirror, place, self.commit, submodules) = (mirror, left.place, left.commit, [])
                isNew = false
            } catch {
                // It is the only copy of somebody's work.
                lock.release()
                throw error
            }
            return
        }
        var submodules: [Mirror] = []
        do throws(HandlerFailure) {
            let start = try await commit()
            SessionFolder.letGo(in: folder)
            (self.mirror, self.commit) = (start.mirror, start.commit)
            place = try await Self.checkOut(start.commit, of: start.mirror, in: folder, at: path)
            let tree = Submodules.Tree(path: path, commit: start.commit, place: place, origin: start.origin)
            try await Submodules(git: start.mirror.git).fill(tree, mirrors: &submodules)
            try SessionFolder.hold(in: folder)
        } catch {
            SessionFolder.letGo(in: folder)
            await Self.remove(path, from: [mirror] + submodules, branch: nil)
            lock.release()
            throw error
        }
        self.submodules = submodules
        isNew = true
    }

    /// Fills the work tree of a session: from a spare one, or anew.
    private static func checkOut(
        _ commit: String,
        of mirror: Mirror,
        in folder: String,
        at path: String
    ) async throws(HandlerFailure) -> Git.Place {
        let reset = ["reset", "--hard", "--quiet", commit]
        // What commands of an earlier try left beside the tree that is gone now.
        let scratch = "\(folder)/scratch"
        if LocalFiles.exists(scratch) { _ = await mirror.git.run.collect(["rm", "-rf", "--", scratch]) }
        if let place = await SpareWorktree(of: mirror).take(for: commit, to: path) {
            try SessionFolder.keep(gitDirectory: place.gitDirectory, in: folder)
            if await mirror.git.collect(reset, at: place).outcome.succeeded { return place }
        }
        let place = try await add(to: mirror, path: path, commit: commit, branch: nil)
        try SessionFolder.keep(gitDirectory: place.gitDirectory, in: folder)
        _ = try await mirror.git.output(reset, at: place)
        return place
    }

    /// A work tree that somebody left, or was killed in.
    private static func left(
        in folder: String,
        _ path: String,
        _ mirror: Mirror
    ) async throws(HandlerFailure) -> (place: Git.Place, commit: String) {
        guard let gitDirectory = SessionFolder.gitDirectory(in: folder) else {
            throw .unusableWorkspace(folder, Errno.noSuchFileOrDirectory)
        }
        let place = Git.Place(gitDirectory: gitDirectory, workTree: path)
        return (place, try await mirror.git.output(["rev-parse", "--verify", "HEAD^{commit}"], at: place).trimmed)
    }

    /// Goes away and leaves everything for whoever comes next.
    func leave() { lock.release() }

    /// The branch of an attempt. Task ids may hold what a ref may not: there, every dot becomes `%2E`.
    static func branch(for key: LeaseKey) -> String {
        let id = key.task.rawValue
        let isRef = !id.hasPrefix(".") && !id.hasSuffix(".") && !id.hasSuffix(".lock") && !id.contains("..")
        let name = isRef ? id : id.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "%2E")
        return "ygg/\(name)/\(key.epoch)"
    }

    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/worktrees" }

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
            if LocalFiles.exists(path) { _ = await git.run.collect(["rm", "-rf", "--", path]) }
            _ = try await git.output(["worktree", "prune"], at: mirror.place)
            // By force, as one that was killed while it did this has left the place held.
            let how = branch.map { ["-B", $0] } ?? ["--detach"]
            _ = try await git.output(
                ["worktree", "add", "-f", "-f", "--quiet", "--no-checkout"] + how + ["--", path, commit],
                at: mirror.place
            )
        }
        // Remembered now: whatever runs in the tree could point this file elsewhere.
        return try place(of: path)
    }

    /// Where git keeps a work tree that it made just now.
    static func place(of path: String) throws(HandlerFailure) -> Git.Place {
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
        defer { lock.remove("\(path).lock") }
        if leftovers == .keep, let reason = await whyToKeep(git) {
            // Locked trees survive pruning.
            _ = await git.collect(["worktree", "lock", "--reason", reason, "--", path], at: mirror.place)
            return [
                "path": .string(path), "branch": .string(branch),
                "kept": .string("the work tree, because of \(reason)"),
            ]
        }
        let head = await git.collect(["rev-parse", "--verify", "--quiet", branch], at: mirror.place).stdout.trimmed
        let hasCommits = leftovers == .keep && !head.isEmpty && head != commit
        await Self.remove(path, from: [mirror] + submodules, branch: hasCommits ? nil : branch)
        guard hasCommits else { return nil }
        return [
            "branch": .string(branch), "mirror": .string(mirror.place.gitDirectory), "head": .string(head),
            "kept": "the branch, because the attempt committed to it",
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

    /// Removes the files, without any lock, then what the mirrors know of them. `mirrors` begins with the one that has
    /// the branch; without a branch none is deleted.
    private static func remove(_ path: String, from mirrors: [Mirror], branch: String?) async {
        await uncancelled {
            let mirrors = mirrors.map { Mirror(of: $0.address, git: $0.git.forCleaningUp) }
            _ = await mirrors.first?.git.run.collect(["rm", "-rf", "--", path])
            for (index, mirror) in mirrors.enumerated() {
                // Best effort: what is left registered is pruned by the next attempt on the same mirror.
                try? await mirror.locked { () async throws(HandlerFailure) in
                    _ = await mirror.git.collect(["worktree", "prune"], at: mirror.place)
                    guard index == 0, let branch else { return }
                    // Under the lock as well: git waits a second for others that delete branches, then leaves this one.
                    _ = await mirror.git.collect(["branch", "--quiet", "-D", "--", branch], at: mirror.place)
                }
            }
        }
    }
}
