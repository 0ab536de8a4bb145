/// Makes a file, or puts another in its place.
struct WriteFile: Tool {
    let files: WorkspaceFiles
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "write_file",
        description: "Writes a whole file, in place of the one that is there, and makes the directories it needs. "
            + "Give the complete content: nothing is filled in.",
        parameters: [
            .init("path", .string, "The file, relative to the workspace.", isRequired: true),
            .init("content", .string, "The complete content of the file.", isRequired: true),
        ]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let content = try arguments.required("content")
        let path = try arguments.required("path")
        guard content.utf8.count <= limits.fileBytes else {
            throw ToolRefusal("The content is longer than \(limits.fileBytes) bytes. Write several smaller files.")
        }
        guard !content.utf8.contains(0) else {
            throw ToolRefusal("The content contains a NUL byte. Nothing was written.")
        }
        guard !path.hasSuffix("/") else {
            throw ToolRefusal(
                "\(VisibleText.quoted(path)) names a directory. Name a file in it; directories are made with it."
            )
        }
        // What is there is looked at before anything is made.
        let before = try old(path)
        if let elision = Elision.added(by: content, to: before?.text ?? "") { throw elision.refusal("content") }
        let bytes = before.map { $0.bytes(of: $0.plain(content)) } ?? Array(content.utf8)
        if let before, before.bytes(of: before.text) == bytes {
            throw ToolRefusal("\(VisibleText.quoted(path)) has exactly this content already: nothing was changed.")
        }
        let place = try files.place(path, makingDirectories: true)
        try files.write(bytes, to: place)
        var record = ToolRecord()
        record.bytes = bytes.count
        record.files = [place.path]
        let lines =
            content.utf8.count { $0 == UInt8(ascii: "\n") } + (content.isEmpty || content.hasSuffix("\n") ? 0 : 1)
        let what = place.status == nil ? "Made" : "Replaced"
        return ToolResult(
            "\(what) \(VisibleText.quoted(place.path)): \(lines) \(lines == 1 ? "line" : "lines"), \(bytes.count) bytes.",
            record: record
        )
    }

    /// The text that is there; nil where there is none, or something else that a text may take the place of.
    private func old(_ path: String) throws(ToolRefusal) -> TextFile? {
        do throws(ToolRefusal) {
            let place = try files.place(path)
            return try TextFile(try files.read(place, limit: limits.fileBytes), name: place.path)
        } catch {
            // Whatever is in the way of writing is said by writing.
            return nil
        }
    }
}
