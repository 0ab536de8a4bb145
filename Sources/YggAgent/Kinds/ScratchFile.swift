import YggProcess

/// One file in a directory of its own, and the programs that are run over it: isolated, like every command that has to
/// do with what a model says.
struct ScratchFile: Sendable {
    let runner: CommandRunner
    let name: String
    let path: String

    private static let time = Duration.seconds(60)
    private static let readBytes = 256 << 10

    /// - Parameter directory: an empty one, in which nobody else works.
    init(in directory: String, name: String, runner: CommandRunner) {
        self.runner = runner
        self.name = name
        path = "\(directory)/\(name)"
    }

    struct Run: Sendable {
        var passed: Bool
        /// It ended by itself, so what it says counts.
        var hasEnded: Bool
        var output: String
        var record: ToolRecord
    }

    /// - Returns: nil where that is not installed here.
    /// - Throws: `CancellationError`.
    func run(_ command: CodeLanguage.Command) async throws -> Run? {
        guard runner.has(command.argv[0], in: runner.root) else { return nil }
        if let probe = command.probe, try await execute(probe).passed == false { return nil }
        let run = try await execute(command.argv(for: name))
        return run.record.exitCode == 127 || run.record.exitCode == 126 ? nil : run
    }

    private func execute(_ argv: [String]) async throws -> Run {
        let (outcome, said) = await runner.run(runner.spec(argv, time: Self.time), limit: Self.readBytes)
        if outcome.cause == .cancelled { throw CancellationError() }
        var record = CommandReport.record(outcome, bytes: said.total)
        record.argv = argv
        return Run(
            passed: outcome.succeeded,
            hasEnded: record.exitCode != nil,
            output: VisibleText.printed(said.text),
            record: record
        )
    }

    /// - Throws: `Errno`.
    func write(_ code: String) throws { try HostFile.write(code, to: path) }

    func read() -> String? { HostFile.text(path, limit: 4 << 20) }
}
