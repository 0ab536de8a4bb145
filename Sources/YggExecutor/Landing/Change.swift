import Glibc
import YggCore
import YggProcess

/// An approved diff as a tree on its base, in a mirror, and what it becomes elsewhere.
///
/// It is made from the bytes that were approved, not from commits that came with them: there is nothing in it that nobody
/// saw.
struct Change: Sendable {
    enum Merged: Sendable, Equatable {
        case clean(tree: String)
        case conflict(paths: [String])
    }

    let landing: Landing
    let mirror: Mirror
    /// The base with the diff.
    let tree: String
    /// The diff by what it changes, wherever that is.
    private let patchID: String
    private let run: AttemptRun

    private var git: Git { mirror.git }

    init(_ landing: Landing, _ mirror: Mirror, _ run: AttemptRun) async throws(HandlerFailure) {
        self.landing = landing
        self.mirror = mirror
        self.run = run
        let scratch = try Scratch(run.context, "land")
        defer { scratch.remove() }
        let path = scratch.path("diff")
        try await run.context.artifacts.fetch(landing.diff, to: path)
        tree = try await Self.tree(of: path, on: landing.base, mirror, scratch)
        try await Self.check(tree, landing, mirror, scratch)
        patchID = try await Self.patchID(of: path, mirror)
    }

    /// What is about to land is shown once more, as it was shown to whoever approved it: the same bytes, which name every
    /// file by its hash before and after. A mirror that was tampered with would make something else of them.
    private static func check(
        _ tree: String,
        _ landing: Landing,
        _ mirror: Mirror,
        _ scratch: Scratch
    ) async throws(HandlerFailure) {
        let path = scratch.path("made")
        try await DiffFile.write(from: landing.base, to: tree, at: path, mirror)
        let made: Artifact
        do {
            let pieces = try FilePieces(path)
            var measure = ArtifactMeasure()
            while let piece = try pieces.next() { measure.update(piece) }
            made = measure.artifact
        } catch {
            throw .unusableWorkspace(path, error)
        }
        guard made.sha256 != landing.diff else { return }
        throw HandlerFailure(
            code: "diff-differs",
            detail: "Nothing was landed: what the diff makes of \(landing.base.prefix(12)) here is not what was shown. "
                + "The mirror \(mirror.place.gitDirectory) may be damaged: move it away, and run the task again with: "
                + "ygg task retry \(mirror.git.run.context.key.task)",
            retryable: false
        )
    }

    /// The tree of `base` with a patch.
    static func tree(
        of patch: String,
        on base: String,
        _ mirror: Mirror,
        _ scratch: Scratch
    ) async throws(HandlerFailure) -> String {
        let index = ["GIT_INDEX_FILE": scratch.path("index")]
        let git = mirror.git
        _ = try await git.output(["read-tree", base], at: mirror.place, settings: index)
        let arguments = ["apply", "--cached", "--binary", "--whitespace=nowarn", "--", patch]
        let collected = await git.collect(arguments, at: mirror.place, settings: index)
        if let failure = await git.failure(collected, of: arguments) {
            guard failure.error.code == "exit-code" else { throw failure }
            throw HandlerFailure(
                code: "patch-failed",
                detail: "The diff does not apply to \(base.prefix(12)): \(Git.reason(in: collected.stderr))",
                retryable: false
            )
        }
        return try await git.output(["write-tree"], at: mirror.place, settings: index).trimmed
    }

    /// A commit of this landing: of the same landing, tree and parent always the same one.
    func commit(_ tree: String, on parent: String) async throws(HandlerFailure) -> String {
        try await CommitMaker(mirror: mirror).commit(
            tree,
            parents: [parent],
            message: landing.commitMessage,
            author: landing.author,
            date: landing.date
        )
    }

    /// The change on another commit, as a cherry-pick makes it.
    func merged(onto tip: String) async throws(HandlerFailure) -> Merged {
        try await CommitMaker(mirror: mirror).merge(base: landing.base, ours: tip, theirs: tree)
    }

    /// Whether two commits differ by the same change, lines that moved and white space aside.
    func isSamePatch(from tip: String, to commit: String) async throws(HandlerFailure) -> Bool {
        let scratch = try Scratch(run.context, "patch")
        defer { scratch.remove() }
        let path = scratch.path("diff")
        try await DiffFile.write(from: tip, to: commit, at: path, mirror)
        return try await Self.patchID(of: path, mirror) == patchID
    }

    private static func patchID(of path: String, _ mirror: Mirror) async throws(HandlerFailure) -> String {
        var bytes: [UInt8] = []
        do {
            let pieces = try FilePieces(path)
            while let piece = try pieces.next() { bytes += piece }
        } catch {
            throw .unusableWorkspace(path, error)
        }
        let arguments = ["patch-id", "--stable"]
        let collected = await mirror.git.collect(arguments, at: mirror.place, input: bytes)
        if let failure = await mirror.git.failure(collected, of: arguments) { throw failure }
        return String(collected.stdout.prefix { $0 != " " })
    }
}

/// Makes commits and merges in a mirror, without a work tree.
struct CommitMaker: Sendable {
    let mirror: Mirror

    /// - Parameter date: of author and committer alike, so that whoever makes it again makes the same.
    func commit(
        _ tree: String,
        parents: [String],
        message: String,
        author: GitAuthor,
        date: Timestamp
    ) async throws(HandlerFailure) -> String {
        // With the sign git takes any number for a time, however small.
        let when = "@\(date.milliseconds / 1000) +0000"
        let settings = [
            "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": author.name, "GIT_COMMITTER_EMAIL": author.email, "GIT_COMMITTER_DATE": when,
        ]
        let arguments = ["commit-tree", tree] + parents.flatMap { ["-p", $0] } + ["-F", "-"]
        let collected = await mirror.git.collect(
            arguments,
            at: mirror.place,
            settings: settings,
            input: Array(message.utf8)
        )
        if let failure = await mirror.git.failure(collected, of: arguments) { throw failure }
        return collected.stdout.trimmed
    }

    /// Merges trees. git wants commits for that, with a history that says what they have in common.
    func merge(base: String, ours: String, theirs: String) async throws(HandlerFailure) -> Change.Merged {
        let common = try await bare(base, [])
        let arguments = [
            "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", try await bare(ours, [common]),
            try await bare(theirs, [common]),
        ]
        let collected = await mirror.git.collect(arguments, at: mirror.place)
        let fields = collected.stdout.split(separator: "\0").map(String.init)
        if let failure = await mirror.git.failure(collected, of: arguments) {
            guard collected.outcome.resultMembers["exitCode"] == 1, fields.count > 1 else { throw failure }
            return .conflict(paths: Array(fields.dropFirst()))
        }
        return .clean(tree: fields.first ?? "")
    }

    private func bare(_ thing: String, _ parents: [String]) async throws(HandlerFailure) -> String {
        let tree = try await mirror.git.output(["rev-parse", "--verify", "\(thing)^{tree}"], at: mirror.place).trimmed
        return try await commit(
            tree,
            parents: parents,
            message: "Merge\n",
            author: .ourselves,
            date: Timestamp(milliseconds: 0)
        )
    }
}

/// A diff in a file: `git diff --binary --full-index`.
enum DiffFile {
    static func write(from base: String, to commit: String, at path: String, _ mirror: Mirror)
        async throws(HandlerFailure)
    {
        _ = try await mirror.git.output(
            [
                "diff", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short",
                "--src-prefix=a/", "--dst-prefix=b/", "--output=\(path)", base, commit, "--",
            ],
            at: mirror.place
        )
    }
}

/// A directory for the files of one step. Whoever makes it removes it.
struct Scratch: Sendable {
    let directory: String

    init(_ context: HandlerContext, _ purpose: String) throws(HandlerFailure) {
        let parent = Self.directory(in: context.workspaceRoot)
        directory = "\(parent)/\(context.key.task)-\(context.key.epoch)-\(purpose)-\(UInt32.random(in: .min ... .max))"
        do { try LocalFiles.makeDirectory(directory, mode: 0o700) } catch {
            throw .unusableWorkspace(parent, error)
        }
    }

    /// Where they lie.
    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/scratch" }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func remove() {
        for name in LocalFiles.names(in: directory) { unlink(path(name)) }
        rmdir(directory)
    }
}
