import SystemPackage
import YggProcess

/// Keeps states of a work tree as trees of its repository, under `refs/ygg/checkpoints/`, with an index of their own: the
/// owner's index, HEAD and branches are never touched.
///
/// Git runs as it does for the tools, on our view of the repository (``GitView``) and isolated like every command once
/// there has been one, so nothing that a repository configures is obeyed. What `.gitignore` names is not part of a state, nor is what builds
/// usually leave behind (``leftBehind``). A submodule is the commit that is checked out in it, and not the files.
package struct Checkpoints: Checkpointing {
    /// The tree of the base.
    package let base: String
    let commands: CheckpointCommands

    /// - Parameters:
    ///   - base: the commit that the work began from; any name of a commit will do.
    ///   - owner: whose states these are, as a part of a ref's name: a task and its epoch, say. Whoever has the same
    ///     owner shares them.
    ///   - isUntouched: the work tree is as `base` was checked out, and no command has run in it yet. Its index is taken
    ///     over then, with all that it knows of the files; and as there is nobody to be kept from anything, git is not
    ///     isolated for that.
    /// - Throws: ``CheckpointFailure`` where there is no such commit, or no repository.
    package init(
        _ setting: Toolbox.Setting,
        base: String,
        owner: String,
        isUntouched: Bool = false
    ) async throws {
        guard let directory = setting.gitDirectory else {
            throw CheckpointFailure("This workspace is not a git repository, so nothing of it can be kept.")
        }
        let view: GitView
        do throws(Errno) {
            view = try GitView(of: setting.root, gitDirectory: directory, at: setting.scratch.git)
        } catch {
            throw CheckpointFailure("The repository of this workspace cannot be read: \(error).")
        }
        // States are kept in the repository, which other commands of the workspace may only read.
        var own = setting
        own.readOnly = []
        var commands = CheckpointCommands(
            runner: CommandRunner(own),
            view: view,
            index: "\(setting.scratch.git)/checkpoint-index",
            excludes: "\(setting.scratch.git)/checkpoint-excludes",
            refs: "refs/ygg/checkpoints/\(Self.refName(owner))"
        )
        self.commands = commands
        try HostFile.write(Self.leftBehind.joined(separator: "\n") + "\n", to: commands.excludes)
        if isUntouched {
            own.isolation = .none
            commands.runner = CommandRunner(own)
        }
        self.base = try await commands.line(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(base)^{tree}"])
        try await commands.startIndex(at: self.base, like: isUntouched ? "\(directory)/index" : nil)
    }

    /// What tools leave behind that no repository means to keep, whether or not it says so.
    package static let leftBehind = [
        "__pycache__/", "*.pyc", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/", ".coverage",
        "*.egg-info/", ".tox/", ".nox/", "node_modules/", ".nyc_output/", ".eslintcache", ".build/", ".swiftpm/",
        ".gradle/", ".DS_Store",
    ]

    package func save(_ label: String) async throws -> String {
        // Trees that nothing names are thrown away by git one day.
        let script = """
            label=$1 refs=$2; shift 2
            "$@" add --all -- . && tree=$("$@" write-tree) && "$@" update-ref -m "$label" "$refs/$tree" "$tree" &&
                echo "$tree"
            """
        let message = VisibleText.cut(VisibleText.quoted(label), to: 200)
        let name = "git, which keeps a state,"
        return try CheckpointCommands.firstLine(
            try await commands.output(of: script, [message, commands.refs], name: name),
            of: name
        )
    }

    package func restore(_ checkpoint: String) async throws {
        // Cleaned away is what came since and is in neither; with repositories that a command may have made here.
        let script = """
            state=$1; shift
            tree=$("$@" rev-parse --verify --quiet --end-of-options "$state^{tree}") &&
                "$@" read-tree --reset -u "$tree" && "$@" clean -d -f -f --quiet -- .
            """
        try await commands.output(of: script, [checkpoint], name: "git, which brings a state back,")
    }

    package func diff() async throws -> String { try await diff(to: try await save("diff")) }

    /// What is different in another state.
    package func diff(from other: String? = nil, to checkpoint: String) async throws -> String {
        try await commands.output(
            [
                "diff-tree", "-r", "-p", "--binary", "--full-index", "--no-color", "--no-renames", "--src-prefix=a/",
                "--dst-prefix=b/",
            ] + GitOptions.harmlessDiff + ["--ignore-submodules=dirty", other ?? base, checkpoint]
        )
    }

    /// The files that differ between two states, with one letter for how: A, M, D or T.
    package func changes(from other: String? = nil, to checkpoint: String) async throws -> [(
        how: Character, path: String
    )] {
        let text = try await commands.output(
            ["diff-tree", "-r", "-z", "--name-status", "--no-renames", other ?? base, checkpoint]
        )
        let parts = text.split(separator: "\0").map(String.init)
        return stride(from: 0, to: parts.count - 1, by: 2).map { (parts[$0].first ?? "M", parts[$0 + 1]) }
    }

    /// Lets go of all states of this owner.
    package func forget() async throws {
        let orders = try await commands.output(["for-each-ref", "--format=delete %(refname)", commands.refs])
        guard !orders.isEmpty else { return }
        try await commands.output(["update-ref", "--stdin"], input: Array(orders.utf8))
    }

    /// Letters, digits, dashes; a ref's name allows little more.
    private static func refName(_ owner: String) -> String {
        String(
            owner.unicodeScalars.map {
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "-"
            }
        )
    }
}

/// Why a state could not be kept or brought back: a sentence for a person.
package struct CheckpointFailure: Error, Hashable, CustomStringConvertible {
    package let sentence: String

    package init(_ sentence: String) { self.sentence = sentence }

    package var description: String { sentence }
}
