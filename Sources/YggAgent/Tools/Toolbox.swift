package import SystemPackage
import YggCore
package import YggProcess

/// The tools over one workspace: what a model is told of them, and what becomes of its calls.
///
/// A call is data from somebody who may have been talked into anything by the repository he read. Whatever it says, it
/// reaches no file outside the workspace and none of git's, runs no command that the rules do not allow, and its answer
/// is bounded.
package struct Toolbox: Sendable {
    /// What the tools work on, and with.
    package struct Setting: Sendable {
        /// The workspace: an absolute path.
        package var root: String
        /// Its git directory, as it was when the workspace was made; nil without a repository.
        package var gitDirectory: String?
        package var scratch: Scratch
        /// Our own environment; see ``cleanEnvironment(from:extra:)`` for what commands get of it.
        package var environment: [String: String]
        package var isolation: Isolation
        /// Commands may reach the network.
        package var network = false
        /// Commands may write in the workspace and in their scratch directory alone; see `Isolation.confinesWrites`.
        package var confinesWrites = false
        /// What no command may see, where the isolation allows: absolute paths. Whoever has keys of his own on this
        /// machine adds them.
        package var hidden: [String]
        package var rules = CommandRules.standard
        package var limits = ToolLimits()

        package init(
            root: String,
            gitDirectory: String?,
            scratch: Scratch,
            environment: [String: String],
            isolation: Isolation
        ) {
            self.root = root
            self.gitDirectory = gitDirectory
            self.scratch = scratch
            self.environment = environment
            self.isolation = isolation
            hidden = HiddenPlaces.of(home: environment["HOME"])
        }
    }

    private let tools: [any Tool]
    private let limits: ToolLimits

    /// - Parameter names: The tools that are in it; nil for all.
    /// - Throws: where the workspace cannot be opened, or its git directory is none.
    package init(_ setting: Setting, only names: Set<String>? = nil) throws(Errno) {
        let limits = setting.limits
        let files = try WorkspaceFiles(root: setting.root, drafts: setting.scratch.drafts)
        let runner = CommandRunner(setting)
        var view: GitView?
        if let directory = setting.gitDirectory {
            view = try GitView(of: setting.root, gitDirectory: directory, at: setting.scratch.git)
        }
        let git = GitCommand(runner: runner, view: view, limits: limits)
        let all: [any Tool] = [
            ReadFile(files: files, limits: limits),
            WriteFile(files: files, limits: limits),
            EditFile(files: files, limits: limits),
            ListDirectory(files: files, limits: limits),
            SearchFiles(files: files, runner: runner, limits: limits),
            GitStatus(git: git),
            GitDiff(git: git, files: files),
            GitLog(git: git, files: files),
            RunCommand(files: files, rules: setting.rules, runner: runner, git: git, limits: limits),
            Finish(),
        ]
        tools = all.filter { names?.contains($0.spec.name) ?? true }
        self.limits = limits
    }

    package var specs: [ToolSpec] { tools.map(\.spec) }

    /// Does what a call asks for, or says why not. Cancelling the surrounding task ends a command that runs.
    package func run(_ call: ToolCall) async -> ToolResult {
        guard let tool = tools.first(where: { $0.spec.name == call.name }) else {
            return bounded(ToolResult(unknown(call.name), isError: true))
        }
        do throws(ToolRefusal) {
            let arguments = try ToolArguments(call, of: tool.spec, listable: tool.listable)
            return bounded(try await tool.run(arguments))
        } catch {
            return bounded(ToolResult(error.sentence, isError: true, record: error.record))
        }
    }

    private func unknown(_ name: String) -> String {
        let names = tools.map(\.spec.name)
        let near = nearest(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
        return
            "There is no tool \(VisibleText.quoted(VisibleText.cut(name, to: 100))).\(near) The tools are: \(names.joined(separator: ", "))."
    }

    /// The last bound, whatever a tool says: its beginning and its end.
    private func bounded(_ result: ToolResult) -> ToolResult {
        var result = result
        result.text = VisibleText.clean(result.text)
        guard result.text.utf8.count > limits.answerBytes else { return result }
        var buffer = HeadTailBuffer(head: limits.answerBytes / 2, tail: limits.answerBytes / 2)
        buffer.append(Array(result.text.utf8)[...])
        result.text = buffer.text
        return result
    }
}
