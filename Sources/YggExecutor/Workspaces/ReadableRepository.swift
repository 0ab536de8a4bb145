import YggCore
import YggProcess

/// A repository that is being read: in place through a view, or in its mirror.
struct ReadableRepository: Sendable {
    let git: Git
    let place: Git.Place
    let refs: RefResolver
    let address: RepositoryAddress
    /// The mirror, where the repository was named by its URL.
    let mirror: Mirror?

    /// Opens the repository a task names, for as long as `body` runs.
    static func with<Value>(
        _ repo: String,
        _ run: AttemptRun,
        _ body: (ReadableRepository) async throws(HandlerFailure) -> Value
    ) async throws(HandlerFailure) -> Value {
        let git = try Git(run)
        let address = try RepositoryAddress(repo)
        guard case .path(let path) = address else {
            var mirror = Mirror(of: address, git: git)
            try await mirror.update()
            return try await body(
                ReadableRepository(git: git, place: mirror.place, refs: mirror.refs, address: address, mirror: mirror)
            )
        }
        let local = try LocalRepository(at: path, roots: run.context.repositories)
        let view = try await RepositoryView(of: local, git: git)
        defer { view.remove() }
        let refs = RefResolver(git: git, place: view.place, isMirror: false, name: path)
        return try await body(
            ReadableRepository(git: git, place: view.place, refs: refs, address: address, mirror: nil)
        )
    }
}

extension Worktree {
    /// Runs `body` in a work tree of its own, at `ref` of the repository a task names.
    /// - Returns: what `body` returns, with a member `workspace` where something was kept, and `commit`.
    static func with(
        _ repo: String,
        ref: String?,
        leftovers: Leftovers,
        _ run: AttemptRun,
        _ body: (Worktree) async throws(HandlerFailure) -> JSONObject
    ) async throws(HandlerFailure) -> JSONObject {
        let worktree = try await open(repo, ref: ref, run)
        await worktree.tellOfLargeFiles()
        do throws(HandlerFailure) {
            var result = try await body(worktree)
            result["commit"] = .string(worktree.commit)
            result["workspace"] = (await worktree.close(leftovers)).map(JSON.object)
            return result
        } catch {
            var failure = error
            failure.result["commit"] = .string(worktree.commit)
            failure.result["workspace"] = (await worktree.close(leftovers)).map(JSON.object)
            throw failure
        }
    }

    /// The work tree of a session: found again as it was left, or made at `ref`.
    static func session(
        _ repo: String,
        ref: String?,
        in folder: SessionFolder,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> Worktree {
        let git = try Git(run)
        var address = try RepositoryAddress(repo)
        if case .path(let path) = address {
            address = .path(try LocalRepository(at: path, roots: run.context.repositories).commonDirectory)
        }
        return try await Worktree(
            in: folder.path,
            of: Mirror(of: address, git: git),
            isBegun: { folder.takeUp(run.context.resume) },
            startingAt: { () async throws(HandlerFailure) in try await start(repo, ref: ref, commitOnly: true, run) }
        )
    }

    /// Opens one at `ref` of the repository a task names. Whoever does closes it.
    static func open(_ repo: String, ref: String?, _ run: AttemptRun) async throws(HandlerFailure) -> Worktree {
        let start = try await start(repo, ref: ref, run)
        return try await Worktree(of: start.mirror, at: start.commit, origin: start.origin)
    }

    /// Where work on a repository begins, with its mirror brought up to date.
    /// - Parameter commitOnly: it is enough that the mirror of a repository on this machine has the commit.
    private static func start(
        _ repo: String,
        ref: String?,
        commitOnly: Bool = false,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> (mirror: Mirror, commit: String, origin: RepositoryAddress?) {
        let git = try Git(run)
        let address = try RepositoryAddress(repo)
        guard case .path(let path) = address else {
            var mirror = Mirror(of: address, git: git)
            try await mirror.update()
            return (mirror, try await mirror.refs.commit(ref), address)
        }
        let local = try LocalRepository(at: path, roots: run.context.repositories)
        let view = try await RepositoryView(of: local, git: git)
        defer { view.remove() }
        let commit = try await RefResolver(git: git, place: view.place, isMirror: false, name: path).commit(ref)
        if ref == nil { await tellOfChanges(in: view, path: path, commit: commit, git: git) }
        // One mirror a repository, whichever of its directories was named.
        var mirror = Mirror(of: .path(local.commonDirectory), git: git)
        if commitOnly {
            try await mirror.ensure(commit, from: view)
        } else {
            try await mirror.update(from: view, commit: commit)
        }
        return (mirror, commit, view.origin.flatMap { try? RepositoryAddress($0) })
    }

    /// The work tree shows a commit. Whoever has changes lying around should not believe that they were tested.
    private static func tellOfChanges(in view: RepositoryView, path: String, commit: String, git: Git) async {
        guard view.place.workTree != nil else { return }
        let status = await git.collect(
            ["status", "--porcelain", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=dirty"],
            at: view.place
        )
        let count = status.stdout.split(separator: "\0").count
        guard status.outcome.succeeded, count > 0 else { return }
        let changes = count == 1 ? "1 uncommitted change" : "\(count) uncommitted changes"
        await git.run.message("\(changes) in \(path) not included: this is commit \(commit.prefix(12)).", warning: true)
    }

    private func tellOfLargeFiles() async {
        await LargeFiles.tell(git: mirror.git, place: place, commit: commit)
    }
}

/// Git LFS: large files that a repository names but does not hold.
enum LargeFiles {
    /// Says so where a commit has some: what is checked out are the pointers, and a build may stumble over them.
    static func tell(git: Git, place: Git.Place, commit: String) async {
        let attributes = await git.collect(["cat-file", "blob", "\(commit):.gitattributes"], at: place)
        let patterns = attributes.stdout.split(separator: "\n").filter {
            !$0.hasPrefix("#") && $0.contains("filter=lfs")
        }
        .compactMap { $0.split(whereSeparator: \.isWhitespace).first }
        guard attributes.outcome.succeeded, !patterns.isEmpty else { return }
        await git.run.message(
            "Git LFS keeps \(patterns.prefix(5).joined(separator: ", ")) elsewhere: these files are pointers here.",
            warning: true
        )
    }
}
