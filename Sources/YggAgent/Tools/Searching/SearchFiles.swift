import YggProcess

/// Looks for text in the files of the workspace, with ripgrep.
struct SearchFiles: Tool {
    let files: WorkspaceFiles
    let runner: CommandRunner
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "search_files",
        description: "Searches the files for a regular expression and shows the matching lines with their numbers.",
        parameters: [
            .init("pattern", .string, "The regular expression.", isRequired: true),
            .init("path", .string, "The file or directory to search; everything if left out."),
            .init("glob", .string, "Only files whose name matches, such as *.py."),
            .init("ignore_case", .boolean, "Take upper and lower case as the same."),
            .init("literal", .boolean, "Take the pattern as plain text."),
        ]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let pattern = try arguments.required("pattern")
        guard !pattern.isEmpty, !pattern.utf8.contains(0) else {
            throw ToolRefusal("The pattern is empty or contains a NUL byte. Give a word or a regular expression.")
        }
        let place = try files.place(arguments.string("path") ?? ".")
        guard place.status != nil else {
            throw ToolRefusal(
                "\(VisibleText.quoted(place.path)) does not exist. Look at the names with list_directory."
            )
        }
        guard runner.has("rg", in: runner.root) else {
            throw ToolRefusal(
                "Searching needs ripgrep, and the executor has no rg: whoever runs it can install it with apt install ripgrep, dnf install ripgrep or brew install ripgrep. Meanwhile, use list_directory and read_file."
            )
        }
        var options = Self.options
        if arguments.bool("ignore_case") { options.append("--ignore-case") }
        if arguments.bool("literal") { options.append("--fixed-strings") }
        if let glob = arguments.string("glob") {
            guard !glob.utf8.contains(0) else { throw ToolRefusal("The glob contains a NUL byte. Give one like *.py.") }
            options.append("--glob=\(glob)")
        }
        // The last glob that matches decides, and these come after all others.
        options += ["--iglob=!.git", "--iglob=!.git/**"]
        let spec = runner.spec(
            ["rg"] + options + ["--", pattern, place.path == "." ? "./" : "./\(place.path)"],
            time: limits.commandTime
        )
        let collected = await collectProcess(spec, limit: Self.outputBytes)
        var record = CommandReport.record(collected.outcome, bytes: collected.stdout.utf8.count)
        record.argv = ["rg", "--", pattern, place.path]
        return try result(collected, record)
    }

    private static let options = [
        "--no-config", "--color=never", "--no-heading", "--with-filename", "--line-number", "--null", "--hidden",
        "--no-messages", "--sort=path", "--max-columns=300", "--max-columns-preview", "--max-filesize=4M",
        "--max-count=50",
    ]
    /// Of what ripgrep says; many times what is shown.
    private static let outputBytes = 1 << 18

    private func result(_ collected: CollectedOutput, _ record: ToolRecord) throws(ToolRefusal) -> ToolResult {
        switch collected.outcome.ending {
        // Also 2 where a file could not be read: what was found in the others is found.
        case .exited(let code) where code <= 1 || code == 2 && collected.stderr.isEmpty: break
        case .exited where collected.outcome.cause == .finished:
            let reason =
                collected.stderr.isEmpty ? "ripgrep failed." : VisibleText.printed(String(collected.stderr.prefix(600)))
            throw ToolRefusal(
                "\(reason.trimmingSuffix(while: \.isWhitespace))\nIf the pattern is plain text, set literal to true.",
                record: record
            )
        default:
            throw ToolRefusal(
                "The search was \(CommandReport.ending(collected.outcome, limit: limits.commandTime)) Search a smaller path.",
                record: record
            )
        }
        var matches: [String] = []
        var left = 0
        var rest = collected.stdout[...]
        // Name, NUL, number and line; only the name may hold line feeds.
        while let end = rest.firstIndex(of: "\0") {
            let name = rest[..<end].hasPrefix("./") ? rest[..<end].dropFirst(2) : rest[..<end]
            let line = rest[rest.index(after: end)...].prefix { $0 != "\n" && $0 != "\r\n" }
            rest = rest[line.endIndex...].dropFirst()
            guard matches.count < limits.searchMatches else {
                left += 1
                continue
            }
            let match = VisibleText.cut(VisibleText.clean(String(line)), to: limits.lineBytes)
            matches.append("\(VisibleText.quoted(String(name))):\(match)")
        }
        guard !matches.isEmpty else { return ToolResult("[no matches]", record: record) }
        if left > 0 || collected.truncated {
            matches.append(
                "[\(collected.truncated ? "many" : "\(left)") more matches: use a longer pattern, a path or a glob]"
            )
        }
        return ToolResult(matches.joined(separator: "\n"), record: record)
    }
}

extension String {
    /// Without the characters at its end that satisfy `condition`.
    func trimmingSuffix(while condition: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, condition(last) { text.removeLast() }
        return text
    }
}
