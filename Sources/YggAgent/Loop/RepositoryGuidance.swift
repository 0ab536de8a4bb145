/// What a repository tells coding agents, in its `AGENTS.md`: read like any file of the workspace, bounded, and never
/// more than guidance.
package enum RepositoryGuidance {
    static let file = "AGENTS.md"
    /// What of it a model is shown: the beginning of a long one.
    static let shownBytes = 4_000

    /// - Returns: nil where there is none, or where it is no text.
    package static func read(in setting: Toolbox.Setting) -> String? {
        do {
            let files = try WorkspaceFiles(root: setting.root, drafts: setting.scratch.drafts)
            let place = try files.place(file)
            let text = try TextFile(try files.read(place, limit: setting.limits.fileBytes), name: file).text
            guard text.contains(where: { !$0.isWhitespace }) else { return nil }
            let bytes = text.utf8.count
            guard bytes > shownBytes else { return VisibleText.clean(text) }
            let start = String(decoding: Array(text.utf8.prefix(shownBytes)), as: UTF8.self)
            return VisibleText.clean(start) + "\n[… \(bytes - shownBytes) more bytes …]"
        } catch {
            // Guidance is a help where there is any; whatever keeps it from being read keeps nobody from the work.
            return nil
        }
    }
}
