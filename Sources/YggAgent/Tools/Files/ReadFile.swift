/// Shows lines of a text file, each with its number.
struct ReadFile: Tool {
    let files: WorkspaceFiles
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "read_file",
        description:
            "Shows a text file with line numbers. The numbers and the tab after them are not part of the file.",
        parameters: [
            .init("path", .string, "The file, relative to the workspace.", isRequired: true),
            .init("start_line", .integer, "The first line to show; 1 if left out."),
            .init("end_line", .integer, "The last line to show."),
        ]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let first = try arguments.int("start_line", in: 1...Int.max) ?? 1
        let last = try arguments.int("end_line", in: 1...Int.max) ?? Int.max
        guard first <= last else {
            throw ToolRefusal("end_line (\(last)) comes before start_line (\(first)). Give them the other way round.")
        }
        let place = try files.place(try arguments.required("path"))
        let bytes = try files.read(place, limit: limits.fileBytes)
        let file = try TextFile(bytes, name: place.path)
        var record = ToolRecord()
        record.bytes = bytes.count
        return ToolResult(try show(file, of: VisibleText.quoted(place.path), first...last), record: record)
    }

    private func show(_ file: TextFile, of name: String, _ wanted: ClosedRange<Int>) throws(ToolRefusal) -> String {
        let lines = file.lines
        guard !lines.isEmpty else { return "[\(name) is empty]" }
        guard wanted.lowerBound <= lines.count else {
            throw ToolRefusal(
                "\(name) has \(lines.count) \(lines.count == 1 ? "line" : "lines"). Give a smaller start_line."
            )
        }
        let from = wanted.lowerBound
        let end = min(wanted.upperBound, lines.count)
        var last = min(end, from + limits.readLines - 1)
        // Long lines fill an answer before there are many of them.
        var room = limits.answerBytes - 200
        for (index, line) in lines[(from - 1)..<last].enumerated() {
            room -= min(line.count, limits.lineBytes) + 60
            if room < 0, index > 0 {
                last = from + index - 1
                break
            }
        }
        var text = NumberedLines.text(lines[(from - 1)..<last], first: from, lineBytes: limits.lineBytes)
        if last < end {
            text += "\n[lines \(from)–\(last) of \(lines.count); go on with start_line \(last + 1)]"
        } else if from > 1 || last < lines.count {
            text += "\n[lines \(from)–\(last) of \(lines.count)]"
        }
        if file.hasCarriageReturns { text += "\n[lines end with CR LF, and edits keep that]" }
        return text
    }
}
