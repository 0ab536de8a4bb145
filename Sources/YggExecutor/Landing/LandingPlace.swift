import Glibc
import SystemPackage
import YggCore
import YggProcess

/// The branch that something is landed on, where it really is: in a repository on this machine, or on another one.
///
/// It is looked at through the mirror, in which everything is prepared. What is published moves the branch from the commit
/// that was seen to the new one, or does not move it.
struct LandingPlace: Sendable {
    /// How publishing came out.
    enum Publication: Sendable, Equatable {
        case done
        /// The branch is not where it was.
        case moved
        /// A person has it in use.
        case inTheWay(code: String, detail: String)
    }

    private enum Home: Sendable {
        case local(LocalRepository)
        case remote(url: String)
    }

    let git: Git
    let target: String
    private let home: Home
    private(set) var mirror: Mirror
    /// The remote of a repository on this machine.
    private(set) var origin: RepositoryAddress?

    /// - Throws: where the repository cannot be reached, or the name is none for a branch.
    init(repository: String, target: String, git: Git) async throws(HandlerFailure) {
        self.git = git
        self.target = target
        let address = try RepositoryAddress(repository)
        switch address {
        case .url(let url):
            home = .remote(url: url)
            mirror = Mirror(of: address, git: git)
        case .path(let path):
            let local = try LocalRepository(at: path, roots: git.run.context.repositories)
            home = .local(local)
            mirror = Mirror(of: .path(local.commonDirectory), git: git)
        }
        let arguments = ["check-ref-format", "refs/heads/\(target)"]
        guard !target.hasPrefix("-"), await git.collect(arguments, at: nil).outcome.succeeded else {
            throw HandlerFailure(
                code: "invalid-target",
                detail: "\"\(target)\" is no name for a branch.",
                retryable: false
            )
        }
    }

    /// Looks where the branch is now.
    /// - Parameter base: a commit that is needed besides.
    /// - Returns: nil where there is no such branch.
    mutating func tip(base: String?) async throws(HandlerFailure) -> String? {
        switch home {
        case .remote: try await mirror.update(commit: base)
        case .local(let local):
            let view = try await RepositoryView(of: local, git: git)
            defer { view.remove() }
            origin = view.origin.flatMap { try? RepositoryAddress($0) }
            try await mirror.update(from: view, commit: base)
        }
        let arguments = ["rev-parse", "--verify", "--quiet", "refs/remotes/origin/\(target)^{commit}"]
        let collected = await git.collect(arguments, at: mirror.place)
        if let failure = await git.failure(collected, of: arguments), failure.error.code != "exit-code" {
            throw failure
        }
        let hash = collected.stdout.trimmed
        return hash.isEmpty ? nil : hash
    }

    /// What a person has in the way of moving the branch; nil where nothing is.
    /// - Parameter commit: what it would be moved to.
    func obstacle(to commit: String?) async throws(HandlerFailure) -> Publication? {
        guard case .local(let local) = home, let there = CheckedOut.find(target, of: local) else { return nil }
        return try await mirror.landing { () async throws(HandlerFailure) in
            try await obstacle(to: commit, there, of: local)
        }
    }

    private func obstacle(
        to commit: String?,
        _ there: CheckedOut,
        of local: LocalRepository
    ) async throws(HandlerFailure) -> Publication? {
        let linked = try LocalRepository(at: there.path, roots: git.run.context.repositories)
        let view = try await RepositoryView(of: linked, git: git)
        defer { view.remove() }
        guard let business = try await there.business(at: view.place, of: linked, git) else { return nil }
        // An earlier try may have been killed between the files and the branch: then the files are what is to come.
        guard let commit else { return dirty(there, business) }
        try checkOwner(of: local)
        try await bring(commit, into: view)
        return await isFilled(with: commit, view.place) ? nil : dirty(there, business)
    }

    private func dirty(_ there: CheckedOut, _ business: String) -> Publication {
        .inTheWay(
            code: "target-in-use",
            detail:
                "\(business) in \(there.path), where \(target) is checked out. It lands by itself when that is over: "
                + "commit it, or put it aside with: git -C \(there.path) stash"
        )
    }

    /// Moves the branch from `old` to `commit`, which lies in the mirror.
    /// - Parameter old: where it was seen; nil where it was not.
    func publish(_ commit: String, over old: String?) async throws(HandlerFailure) -> Publication {
        switch home {
        case .remote(let url): try await push(commit, to: url)
        case .local(let local):
            try await mirror.landing { () async throws(HandlerFailure) in
                try await move(local, to: commit, from: old)
            }
        }
    }

    // MARK: - On this machine

    /// So that nothing of the owner's is packed or thrown away through a view.
    private static let untouched = ["-c", "gc.auto=0", "-c", "maintenance.auto=false"]

    private func move(_ local: LocalRepository, to commit: String, from old: String?) async throws(HandlerFailure)
        -> Publication
    {
        try checkOwner(of: local)
        let there = CheckedOut.find(target, of: local)
        let repository: LocalRepository
        if let there {
            repository = try LocalRepository(at: there.path, roots: git.run.context.repositories)
        } else {
            repository = local
        }
        let view = try await RepositoryView(of: repository, git: git)
        defer { view.remove() }
        try await bring(commit, into: view)
        let logged = Self.logging(in: repository)
        guard let there else { return try await updateRef(view.place, logged, to: commit, from: old) }
        if let business = try await there.business(at: view.place, of: repository, git) {
            guard await isFilled(with: commit, view.place) else { return dirty(there, business) }
            // Killed between the files and the branch.
            return try await updateRef(view.place, logged, to: commit, from: old)
        }
        return try await fastForward(there, view.place, logged, to: commit, from: old)
    }

    /// Whoever moves a branch makes files there, and files of another user would lock the owner out.
    private func checkOwner(of local: LocalRepository) throws(HandlerFailure) {
        var status = stat()
        let isOurs = stat(local.commonDirectory, &status) == 0 && (status.st_uid == geteuid())
        let mayWrite = ["", "/objects", "/refs"].allSatisfy { access(local.commonDirectory + $0, W_OK) == 0 }
        guard mayWrite, isOurs || geteuid() != 0 else {
            throw HandlerFailure(
                code: "repo-not-writable",
                detail: "\(local.commonDirectory) belongs to user \(status.st_uid), and this executor runs as "
                    + "\(geteuid()): run the executor as that user, or name the repository by its URL.",
                retryable: false
            )
        }
    }

    /// Copies the objects that are missing there.
    private func bring(_ commit: String, into view: RepositoryView) async throws(HandlerFailure) {
        let key = git.run.context.key
        // Only what a ref leads to can be fetched everywhere.
        let name = "refs/ygg/landing/\(Worktree.branch(for: key))"
        _ = try await git.output(["update-ref", name, commit], at: mirror.place)
        let arguments =
            Self.untouched + [
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--",
                mirror.place.gitDirectory, name,
            ]
        let collected = await git.collect(arguments, at: view.place, transport: .file)
        _ = await git.collect(["update-ref", "-d", name], at: mirror.place)
        if let failure = await git.failure(collected, of: ["fetch"]) { throw failure }
    }

    /// Where the owner's git keeps a log of what branches were, this is part of it. Elsewhere, as in a bare repository, git
    /// would begin one in the view.
    private static func logging(in repository: LocalRepository) -> [String] {
        ["-c", "core.logAllRefUpdates=\(LocalFiles.isDirectory("\(repository.commonDirectory)/logs"))"]
    }

    private func updateRef(
        _ place: Git.Place,
        _ logged: [String],
        to commit: String,
        from old: String?
    ) async throws(HandlerFailure) -> Publication {
        let none = String(repeating: "0", count: commit.count)
        let arguments =
            logged + [
                "update-ref", "-m", "ygg: landed \(git.run.context.key.task)", "refs/heads/\(target)", commit,
                old ?? none,
            ]
        let collected = await git.collect(arguments, at: place)
        guard let failure = await git.failure(collected, of: ["update-ref"]) else { return .done }
        guard failure.error.code == "exit-code" else { throw failure }
        // Another value, or a lock that somebody holds at the moment, who is about to move it.
        if collected.stderr.contains("cannot lock ref") { return .moved }
        throw .unpublished(target, Git.reason(in: collected.stderr))
    }

    /// Moves the branch with the files that are checked out, as the owner would: git locks the index, and refuses where a
    /// file would be lost.
    private func fastForward(
        _ there: CheckedOut,
        _ place: Git.Place,
        _ logged: [String],
        to commit: String,
        from old: String?
    ) async throws(HandlerFailure) -> Publication {
        let head = await git.collect(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], at: place).stdout.trimmed
        guard head == old ?? "" else { return .moved }
        // A branch without a commit yet has no files either.
        guard old != nil else { return try await updateRef(place, logged, to: commit, from: nil) }
        let arguments =
            Self.untouched + logged + ["merge", "--ff-only", "--no-stat", "--no-verify", "--quiet", commit]
        let collected = await git.collect(arguments, at: place)
        guard let failure = await git.failure(collected, of: ["merge"]) else { return .done }
        guard failure.error.code == "exit-code" else { throw failure }
        let isMoved = await git.collect(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], at: place).stdout.trimmed
        if isMoved != head { return isMoved == commit ? .done : .moved }
        return .inTheWay(
            code: "target-in-use",
            detail: "\(target) is checked out in \(there.path), and git does not move it there: "
                + "\(Git.reason(in: collected.stderr)) See: git -C \(there.path) status"
        )
    }

    /// Whether index and files are those of `commit`.
    private func isFilled(with commit: String, _ place: Git.Place) async -> Bool {
        let index = await git.collect(["diff-index", "--cached", "--quiet", commit, "--"], at: place)
        guard index.outcome.succeeded else { return false }
        return await git.collect(["diff-files", "--quiet", "--ignore-submodules=dirty"], at: place).outcome.succeeded
    }

    // MARK: - On another machine

    private func push(_ commit: String, to url: String) async throws(HandlerFailure) -> Publication {
        await git.run.progress("Pushing to \(mirror.address.display)")
        let arguments = ["push", "--porcelain", "--no-verify", "--", url, "\(commit):refs/heads/\(target)"]
        let collected = await git.collect(arguments, at: mirror.place, transport: .network)
        guard let failure = await git.failure(collected, of: ["push"]) else { return .done }
        guard failure.error.code == "exit-code" else { throw failure }
        let answer = collected.stdout.split(separator: "\n").first { $0.hasPrefix("!") }.map(String.init)
        guard let answer else { throw .remote(mirror.address, errors: collected.stderr) }
        if ["(non-fast-forward)", "(fetch first)", "cannot lock ref", "failed to update ref", "(stale info)"]
            .contains(where: answer.contains)
        {
            return .moved
        }
        let reason = answer.split(separator: "\t").last.map(String.init) ?? answer
        throw HandlerFailure(
            code: "push-rejected",
            detail: "\(mirror.address.display) does not take \(target): \(reason) "
                + "Allow it there, or let it land on another branch with the parameter target.",
            retryable: false
        )
    }

    /// Sends the branch on to the remote of a repository on this machine.
    /// - Returns: for the result.
    func pushOn(_ commit: String) async throws(HandlerFailure) -> JSONObject {
        guard case .local = home else { return ["remote": .string(mirror.address.display), "pushed": true] }
        guard let origin else {
            let reason = "it has no remote named origin"
            await git.run.message("Landed and not pushed: \(reason).", warning: true)
            return ["pushed": false, "pushError": .string("Not pushed: \(reason).")]
        }
        var result: JSONObject = ["remote": .string(origin.display)]
        do throws(HandlerFailure) {
            let publication =
                switch origin {
                case .url(let url): try await LandingPlace(self, at: .remote(url: url)).push(commit, to: url)
                case .path(let path): try await pushOn(commit, to: path)
                }
            switch publication {
            case .done: result.append("pushed", true)
            case .inTheWay(_, let detail):
                result.append("pushed", false)
                result.append("pushError", .string(detail))
            case .moved:
                result.append("pushed", false)
                result.append(
                    "pushError",
                    .string("\(target) of \(origin.display) has commits that are not here: fetch and merge them first.")
                )
            }
        } catch {
            if error.outcome == .cancelled { throw error }
            result.append("pushed", false)
            result.append("pushError", .string(error.error.detail))
        }
        if let reason = result["pushError"]?.stringValue {
            await git.run.message("Landed and not pushed: \(reason)", warning: true)
        }
        return result
    }

    /// A remote that is a directory here, such as a disk of its own.
    private func pushOn(_ commit: String, to path: String) async throws(HandlerFailure) -> Publication {
        let local = try LocalRepository(at: path, roots: git.run.context.repositories)
        let tip = try await branch(of: local)
        if tip == commit { return .done }
        if let tip {
            // What is not known here cannot be behind.
            let isBehind = await git.collect(["merge-base", "--is-ancestor", tip, commit], at: mirror.place)
            guard isBehind.outcome.succeeded else { return .moved }
        }
        return try await LandingPlace(self, at: .local(local)).publish(commit, over: tip)
    }

    /// Where the branch is in a repository on this machine. The view is gone afterwards: an attempt has one at a time.
    private func branch(of local: LocalRepository) async throws(HandlerFailure) -> String? {
        let view = try await RepositoryView(of: local, git: git)
        defer { view.remove() }
        let name = ["rev-parse", "--verify", "--quiet", "refs/heads/\(target)^{commit}"]
        let found = await git.collect(name, at: view.place).stdout.trimmed
        return found.isEmpty ? nil : found
    }

    /// The same branch elsewhere: objects are still in the mirror of the repository here.
    private init(_ place: LandingPlace, at home: Home) {
        git = place.git
        target = place.target
        self.home = home
        mirror = place.mirror
        origin = nil
    }
}

extension HandlerFailure {
    fileprivate static func unpublished(_ target: String, _ reason: String) -> HandlerFailure {
        HandlerFailure(
            code: "not-landed",
            detail: "\(target) cannot be moved: \(reason)",
            retryable: true
        )
    }
}
