import YggProcess

/// Runs a command that the rules allow.
struct RunCommand: Tool {
    let files: WorkspaceFiles
    let rules: CommandRules
    let runner: CommandRunner
    let git: GitCommand
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "run_command",
        description: "Runs one program, such as pytest -q or npm test, and shows how it ended and what it said. "
            + "There is no shell: no pipes, no redirections, no variables.",
        parameters: [
            .init("command", .string, "The program and its arguments.", isRequired: true),
            .init("directory", .string, "Where it runs, relative to the workspace; its top if left out."),
            .init("timeout_seconds", .integer, "How long it may take; 30 if left out."),
        ]
    )

    let listable: Set = ["command"]

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let words = try words(arguments)
        let permitted = try rules.permit(words)
        let place = try files.place(arguments.string("directory") ?? ".")
        guard place.status != nil, place.isDirectory else {
            throw ToolRefusal(
                "\(VisibleText.quoted(place.path)) is not a directory. Name one of the workspace, or leave directory out."
            )
        }
        try CommandPaths.check(permitted.paths, in: place.path, files)
        let longest = Int(limits.longestCommandTime / .seconds(1))
        let time =
            try arguments.int("timeout_seconds", in: 1...longest).map { Duration.seconds($0) } ?? limits.commandTime
        if permitted.argv[0] == "git" {
            return try await git.run(Array(permitted.argv.dropFirst()), asked: words)
        }
        let directory = place.path == "." ? runner.root : "\(runner.root)/\(place.path)"
        guard runner.has(permitted.argv[0], in: directory) else {
            throw ToolRefusal(
                "\(VisibleText.quoted(permitted.argv[0])) is not installed on this executor. Use what is there; if the work needs it, say so with finish."
            )
        }
        let spec = runner.spec(permitted.argv, in: directory, time: time)
        let (outcome, output) = await runner.run(spec, limit: limits.commandOutputBytes)
        var record = CommandReport.record(outcome, bytes: output.total)
        record.argv = words
        record.directory = place.path
        let said = VisibleText.printed(output.text).trimmingSuffix(while: \.isNewline)
        let lines = [CommandReport.ending(outcome, limit: time), said.isEmpty ? "[no output]" : String(said)]
        // It ran, whatever it said; only what never began is an error of the call.
        return ToolResult(lines.joined(separator: "\n"), isError: record.ended == "not-started", record: record)
    }

    private func words(_ arguments: ToolArguments) throws(ToolRefusal) -> [String] {
        guard let list = arguments.strings("command") else {
            return try PlainWords(try arguments.required("command")).words
        }
        guard let first = list.first, !first.isEmpty, !list.contains(where: { $0.utf8.contains(0) }) else {
            throw ToolRefusal("The command is empty or contains a NUL byte. Give a program and its arguments.")
        }
        return list
    }
}
