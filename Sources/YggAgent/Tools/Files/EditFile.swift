/// Replaces one text in a file.
struct EditFile: Tool {
    let files: WorkspaceFiles
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "edit_file",
        description: "Replaces old_text, which must be in the file exactly once, by new_text. "
            + "Copy old_text from the file, with its indentation and without line numbers.",
        parameters: [
            .init("path", .string, "The file, relative to the workspace.", isRequired: true),
            .init("old_text", .string, "The text to replace: one or a few whole lines.", isRequired: true),
            .init("new_text", .string, "The text to put in its place; empty to delete it.", isRequired: true),
        ]
    )

    /// Lines around the edit that the answer shows.
    private static let margin = 3
    /// The most lines the answer shows.
    private static let mostShown = 40

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let old = try arguments.required("old_text")
        let new = try arguments.required("new_text")
        let place = try files.place(try arguments.required("path"))
        let file = try TextFile(try files.read(place, limit: limits.fileBytes), name: place.path)
        guard !old.isEmpty else {
            throw ToolRefusal(
                "old_text is empty, so there is no place for new_text. To add lines, give a line of the file in old_text, and the same line with the new ones in new_text. To write the whole file, use write_file."
            )
        }
        guard old != new else { throw .emptyEdit(place.path) }
        if let elision = Elision.added(by: new, to: file.text) { throw elision.refusal("new_text") }
        guard !new.utf8.contains(0) else { throw ToolRefusal("new_text contains a NUL byte. Nothing was changed.") }
        let replacement = try Replacement(file.plain(old), with: file.plain(new), in: file.text, name: place.path)
        let bytes = file.bytes(of: replacement.text)
        guard bytes.count <= limits.fileBytes else {
            throw ToolRefusal("The file would be longer than \(limits.fileBytes) bytes. Nothing was changed.")
        }
        try files.write(bytes, to: place)
        var record = ToolRecord()
        record.bytes = bytes.count
        record.files = [place.path]
        return ToolResult(report(replacement, of: place.path), record: record)
    }

    private func report(_ edit: Replacement, of path: String) -> String {
        let lines = TextFile.lines(of: edit.text)
        let how = edit.step == .exact ? "" : ", found \(edit.step.rawValue)"
        let name = VisibleText.quoted(path)
        let what =
            edit.lines.isEmpty ? "Deleted at line \(edit.lines.lowerBound) of \(name)" : "Edited \(name)"
        let from = max(edit.lines.lowerBound - 1 - Self.margin, 0)
        let end = min(max(edit.lines.upperBound - 1, from) + Self.margin, lines.count, from + Self.mostShown)
        guard from < end else { return "\(what)\(how)." }
        return "\(what)\(how). It is now:\n\(NumberedLines.text(lines[from..<end], first: from + 1, lineBytes: 300))"
    }
}
