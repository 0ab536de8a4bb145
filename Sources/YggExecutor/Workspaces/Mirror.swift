import SystemPackage
import YggCore
import YggProcess

/// A bare copy of a repository, shared by all attempts that work on it: `mirrors/<name>-<hash>.git`.
///
/// The branches of the original are `refs/remotes/origin/*`, its tags `refs/tags/*`, its HEAD `refs/ygg/head`. Its own
/// branches are those of attempts, `ygg/<task>/<epoch>`, which a fetch does not touch.
struct Mirror: Sendable {
    let git: Git
    let address: RepositoryAddress
    let place: Git.Place
    /// The branch that HEAD of the original names, as of the last update.
    private(set) var defaultBranch: String?

    init(of address: RepositoryAddress, git: Git) {
        self.git = git
        self.address = address
        place = Git.Place(gitDirectory: "\(git.run.context.workspaceRoot)/mirrors/\(address.mirrorName)", workTree: nil)
    }

    var refs: RefResolver { RefResolver(git: git, place: place, isMirror: true, name: address.display) }

    /// Runs `body` while no other attempt changes this mirror.
    func locked<Value>(
        _ body: () async throws(HandlerFailure) -> Value
    ) async throws(HandlerFailure) -> Value {
        try makeDirectory()
        return try await Self.locked("\(place.gitDirectory.dropLast(".git".count)).lock", git.run, body)
    }

    /// Runs `body` while no other attempt lands anything in the repository: what one of them is in the middle of is no
    /// business of the owner's. The mirror is there.
    func landing<Value>(
        _ body: () async throws(HandlerFailure) -> Value
    ) async throws(HandlerFailure) -> Value {
        try await Self.locked("\(place.gitDirectory)/landing.lock", git.run, body)
    }

    private static func locked<Value>(
        _ file: String,
        _ run: AttemptRun,
        _ body: () async throws(HandlerFailure) -> Value
    ) async throws(HandlerFailure) -> Value {
        let lock = try await FileLock(file, run: run)
        defer { lock.release() }
        return try await body()
    }

    /// Brings the mirror up to date.
    /// - Parameters:
    ///   - view: of a repository on this machine; nil fetches from the URL.
    ///   - commit: one that must be there afterwards although no branch or tag may lead to it.
    mutating func update(from view: RepositoryView? = nil, commit: String? = nil) async throws(HandlerFailure) {
        let source = try source(view)
        await git.run.progress("Fetching \(address.display)")
        let heads = try await remoteHead(source)
        defaultBranch = heads.branch
        let mirror = self
        try await locked { () async throws(HandlerFailure) in
            try await mirror.prepare()
            try await mirror.fetch(source, withHead: heads.exists)
            if let commit, !(await mirror.has(commit)) { try await mirror.fetchOne(commit, source) }
        }
    }

    /// Makes sure that a commit is there, with everything that led to it. Costs no fetch where it is: a mirror has what it
    /// has whole. Branches and tags may then be those of an earlier update.
    mutating func ensure(_ commit: String, from view: RepositoryView) async throws(HandlerFailure) {
        let mirror = self
        let isThere = try await locked { () async throws(HandlerFailure) in
            try await mirror.prepare()
            return await mirror.has(commit)
        }
        if !isThere { try await update(from: view, commit: commit) }
    }

    /// Whether a commit is there.
    func has(_ commit: String) async -> Bool {
        await git.collect(["cat-file", "-e", "\(commit)^{commit}"], at: place).outcome.succeeded
    }

    // MARK: - Fetching

    private typealias Source = (text: String, transport: GitConfiguration.Transport)

    private func source(_ view: RepositoryView?) throws(HandlerFailure) -> Source {
        if let view { return (view.place.gitDirectory, .file) }
        guard case .url(let url) = address else {
            throw .unreachableRepository("\(address.display) is a path, which is only read through a view.")
        }
        return (url, .network)
    }

    private func remoteHead(_ source: Source) async throws(HandlerFailure) -> (exists: Bool, branch: String?) {
        let arguments = ["ls-remote", "--symref", "--", source.text, "HEAD"]
        let collected = await git.collect(arguments, at: nil, transport: source.transport)
        if let failure = await git.failure(collected, of: arguments) {
            throw failure.error.code == "exit-code" ? .remote(address, errors: collected.stderr) : failure
        }
        let lines = collected.stdout.split(separator: "\n")
        let prefix = "ref: refs/heads/"
        let branch = lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count).prefix { $0 != "\t" }
        return (lines.contains { !$0.hasPrefix("ref: ") && $0.hasSuffix("\tHEAD") }, branch.map(String.init))
    }

    private func fetch(_ source: Source, withHead: Bool) async throws(HandlerFailure) {
        var arguments = ["fetch", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        arguments += source.transport == .network ? ["--progress"] : ["--quiet"]
        arguments += ["--", source.text, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
        if withHead { arguments.append("+HEAD:refs/ygg/head") }
        try await git.stream(arguments, at: place, transport: source.transport)
    }

    /// Kept by the branch that the caller makes at it; until then unused objects are days from being removed.
    private func fetchOne(_ commit: String, _ source: Source) async throws(HandlerFailure) {
        _ = try await git.output(
            [
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--", source.text,
                commit,
            ],
            at: place,
            transport: source.transport
        )
    }

    // MARK: - On disk

    private func makeDirectory() throws(HandlerFailure) {
        let parent = "\(git.run.context.workspaceRoot)/mirrors"
        do { try LocalFiles.makeDirectory(parent) } catch { throw .unusableWorkspace(parent, error) }
    }

    /// Makes the mirror if it is not there, and writes its configuration anew: a build that ran in one of its work
    /// trees could have left commands in it. Within ``locked(_:)``.
    func prepare() async throws(HandlerFailure) {
        let path = place.gitDirectory
        if !LocalFiles.isFile("\(path)/HEAD") {
            _ = try await git.output(["init", "--quiet", "--bare", "--template=", "--", path], at: nil)
        }
        let text = """
            # A mirror by Yggdrasil. Written anew before each use.
            [core]
            \trepositoryformatversion = 0
            \tfilemode = true
            \tbare = true
            \tlogAllRefUpdates = false

            """
        do throws(Errno) {
            if LocalFiles.read("\(path)/config") != text { try LocalFiles.write(text, to: "\(path)/config") }
        } catch {
            throw .unusableWorkspace(path, error)
        }
    }
}

extension HandlerFailure {
    /// What another machine, or the way to it, has against a fetch.
    static func remote(_ address: RepositoryAddress, errors: String) -> HandlerFailure {
        let lines = errors.split(whereSeparator: \.isNewline).map(String.init)
        let generic = "fatal: Could not read from remote repository."
        let reason = lines.first { $0.hasPrefix("fatal: ") && $0 != generic } ?? lines.first ?? "no reason given"
        let passing = [
            "Could not resolve host", "timed out", "Connection refused", "Connection reset", "Temporary failure",
            "early EOF", "returned error: 5", "Network is unreachable", "No route to host",
        ]
        return .unreachableRepository(
            "\(address.display) cannot be fetched: \(reason)",
            retryable: passing.contains { word in lines.contains { $0.contains(word) } }
        )
    }
}
