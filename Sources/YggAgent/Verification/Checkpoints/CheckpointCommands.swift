import Glibc
import SystemPackage
import YggProcess

/// Git for checkpoints: the view that the tools read through, with an index of its own.
struct CheckpointCommands: Sendable {
    var runner: CommandRunner
    let view: GitView
    let index: String
    /// A file with the patterns of what is never kept.
    let excludes: String
    /// The place of its refs, without a slash at the end.
    let refs: String

    /// A diff or a list of files beyond this is no work of a model's.
    private static let longestOutput = 32 << 20
    /// For a script of several, on a large tree and a slow disk.
    private static let time = Duration.seconds(300)

    /// - Parameters:
    ///   - literalPaths: a path is a path, whatever characters it has.
    ///   - input: what it reads.
    /// - Throws: ``CheckpointFailure``, or `CancellationError`.
    @discardableResult
    func output(_ arguments: [String], literalPaths: Bool = true, input: [UInt8]? = nil) async throws -> String {
        try await output("git \(arguments.first ?? "")", literalPaths: literalPaths, input: input) { $0 + arguments }
    }

    /// Several commands of git as one, since putting one into its cage takes longer than most of them.
    /// - Parameters:
    ///   - script: for a shell: `"$@"` is git with its options, `$1` to `$n` before that are `values`, which it shifts away.
    ///   - name: what the script does, for a failure.
    /// - Throws: ``CheckpointFailure``, or `CancellationError`.
    @discardableResult
    func output(of script: String, _ values: [String], name: String) async throws -> String {
        try await output(name, literalPaths: true, input: nil) { ["sh", "-c", script, name] + values + $0 }
    }

    private func output(
        _ name: String,
        literalPaths: Bool,
        input: [UInt8]?,
        argv: (_ git: [String]) -> [String]
    ) async throws -> String {
        do throws(Errno) {
            try view.refresh()
        } catch {
            throw CheckpointFailure("The repository of this workspace cannot be read: \(error).")
        }
        // One that was killed leaves it behind, and nobody else works with this index.
        unlink("\(index).lock")
        let settings = ["-c", "core.excludesFile=\(excludes)", "-c", "advice.addEmbeddedRepo=false"]
        let own = ["GIT_INDEX_FILE": index, "GIT_LITERAL_PATHSPECS": literalPaths ? "1" : "0"]
        var spec = runner.spec(
            argv(["git"] + GitSafety.options + settings),
            environment: view.environment(from: runner.environment).merging(own) { $1 },
            time: Self.time
        )
        spec.standardInput = input
        // Twice: half of it is for the end.
        let run = await collectProcess(spec, limit: 2 * Self.longestOutput)
        if run.outcome.cause == .cancelled { throw CancellationError() }
        guard run.outcome.succeeded else {
            let how = CommandReport.ending(run.outcome, limit: Self.time)
            let said = VisibleText.cut(VisibleText.printed(run.stderr.isEmpty ? run.stdout : run.stderr), to: 1000)
            throw CheckpointFailure("\(name) in \(runner.root): \(how). \(said)")
        }
        guard !run.truncated else {
            throw CheckpointFailure(
                "What was changed is more than \(Self.longestOutput >> 20) MiB. Keep what is generated out of the work, "
                    + "with .gitignore for one."
            )
        }
        return run.stdout
    }

    func run(_ arguments: [String]) async throws { try await output(arguments) }

    func line(_ arguments: [String]) async throws -> String {
        try Self.firstLine(try await output(arguments), of: "git \(arguments.first ?? "")")
    }

    static func firstLine(_ text: String, of name: String) throws(CheckpointFailure) -> String {
        guard let line = text.split(whereSeparator: \.isNewline).first else {
            throw CheckpointFailure("\(name) answered nothing.")
        }
        return String(line)
    }

    /// Makes the index: a tree as it is, and nothing else. A submodule in it is not looked into, as its own configuration
    /// is a stranger's, too.
    /// - Parameter original: an index of that tree, which knows the files of the work tree already.
    func startIndex(at tree: String, like original: String?) async throws {
        unlink(index)
        // git puts a new file in the place of an index and never writes into one, so the two part at the first change.
        if original.map({ link($0, index) == 0 }) != true { try await run(["read-tree", tree]) }
        let submodules = Self.submodules(in: try await output(["ls-files", "--stage", "-z"]))
        guard !submodules.isEmpty else { return }
        try await run(["update-index", "--skip-worktree", "--"] + submodules)
    }

    /// - Parameter entries: `mode object stage\tpath`, each ended by NUL: tens of thousands of them, so bytes are looked at.
    private static func submodules(in entries: String) -> [String] {
        entries.utf8.split(separator: 0).lazy.filter { $0.starts(with: "160000 ".utf8) }
            .compactMap { $0.split(separator: UInt8(ascii: "\t"), maxSplits: 1).last.flatMap { String($0) } }
    }
}
