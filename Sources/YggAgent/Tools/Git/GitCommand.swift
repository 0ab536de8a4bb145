import SystemPackage
import YggProcess

/// Runs git for the tools: on our view of the repository, never on the repository as it is configured.
struct GitCommand: Sendable {
    let runner: CommandRunner
    /// nil in a workspace without a repository.
    let view: GitView?
    let limits: ToolLimits

    /// Runs a git command that only reads.
    /// - Parameter asked: what the model asked for, for the record.
    func run(_ arguments: [String], asked: [String]) async throws(ToolRefusal) -> ToolResult {
        guard let view else {
            throw ToolRefusal("This workspace is not a git repository. Use list_directory and read_file.")
        }
        guard runner.has("git", in: runner.root) else {
            throw ToolRefusal("git is not installed on this executor. Use list_directory and read_file.")
        }
        do throws(Errno) {
            try view.refresh()
        } catch {
            throw ToolRefusal("The repository of this workspace cannot be read: \(error).")
        }
        let spec = runner.spec(
            ["git"] + GitSafety.options + arguments,
            environment: view.environment(from: runner.environment),
            time: limits.commandTime
        )
        let (outcome, output) = await runner.run(spec, limit: limits.commandOutputBytes)
        var record = CommandReport.record(outcome, bytes: output.total)
        record.argv = asked
        let text = VisibleText.printed(output.text)
        guard outcome.succeeded else {
            let how = CommandReport.ending(outcome, limit: limits.commandTime)
            return ToolResult("\(asked.joined(separator: " ")): \(how)\n\(text)", isError: true, record: record)
        }
        return ToolResult(text, record: record)
    }
}
