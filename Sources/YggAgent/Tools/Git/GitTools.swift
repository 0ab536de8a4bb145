/// What has changed, file by file.
struct GitStatus: Tool {
    let git: GitCommand

    let spec = ToolSpec(
        name: "git_status",
        description: "Shows which files are changed, staged or untracked, in the short format of git status.",
        parameters: []
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        var result = try await git.run(
            ["status", "--short", "--branch", "--untracked-files=normal", "--ignore-submodules=dirty"],
            asked: ["git", "status"]
        )
        // The first line names the branch.
        if !result.isError, result.text.split(whereSeparator: \.isNewline).count <= 1 {
            result.text += "[nothing is changed]"
        }
        return result
    }
}

/// What has changed, line by line.
struct GitDiff: Tool {
    let git: GitCommand
    let files: WorkspaceFiles

    let spec = ToolSpec(
        name: "git_diff",
        description:
            "Shows the changes that are not staged, or the staged ones. New files that git does not track are not part of it.",
        parameters: [
            .init("path", .string, "Only this file or directory."),
            .init("staged", .boolean, "Show what is staged."),
        ]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let staged = arguments.bool("staged")
        var command = ["diff", "--no-color"] + GitOptions.harmlessDiff + ["--ignore-submodules=dirty"]
        if staged { command.append("--cached") }
        let paths = try GitOptions.paths(arguments, files)
        var result = try await git.run(
            command + ["--"] + paths,
            asked: ["git", "diff"] + (staged ? ["--cached"] : []) + paths
        )
        if !result.isError, result.text.isEmpty {
            result.text =
                staged ? "[nothing is staged]" : "[no changes in tracked files; git_status also shows new ones]"
        }
        return result
    }
}

/// The latest commits.
struct GitLog: Tool {
    let git: GitCommand
    let files: WorkspaceFiles

    let spec = ToolSpec(
        name: "git_log",
        description: "Shows the latest commits, one a line: hash, date, author, subject.",
        parameters: [
            .init("count", .integer, "How many commits, from 1 to 100; 10 if left out."),
            .init("path", .string, "Only commits that changed this file or directory."),
        ]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let count = try arguments.int("count", in: 1...100) ?? 10
        let paths = try GitOptions.paths(arguments, files)
        let command = [
            "log", "--no-color", "--no-show-signature", "--date=short", "--format=%h %ad %an: %s", "-n", "\(count)",
        ]
        var result = try await git.run(command + ["--"] + paths, asked: ["git", "log", "-n", "\(count)"] + paths)
        if !result.isError, result.text.isEmpty { result.text = "[no commits]" }
        return result
    }
}

/// What the git tools have in common.
enum GitOptions {
    /// No command that a configuration or an attribute names.
    static let harmlessDiff = ["--no-ext-diff", "--no-textconv"]

    /// The path of a call, as it is below the workspace; a link is not followed, since git has it as a file.
    static func paths(_ arguments: ToolArguments, _ files: WorkspaceFiles) throws(ToolRefusal) -> [String] {
        guard let path = arguments.string("path") else { return [] }
        do throws(ToolRefusal) {
            return [try files.place(path, followingLast: false).path]
        } catch {
            // In a directory that was deleted there are changes, too.
            let components = try WorkspacePath(path, root: files.root).components
            guard !components.contains("..") else { throw error }
            return [components.joined(separator: "/")]
        }
    }
}
