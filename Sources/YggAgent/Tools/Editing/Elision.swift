/// A line in which a model says that it left something out, as in `# ... rest of the code unchanged`. Written into a
/// file, it would delete what it stands for.
struct Elision: Sendable, Hashable {
    var line: String

    /// The first such line of `new` that `old` does not have.
    static func added(by new: String, to old: String) -> Elision? {
        let known = Set(old.split(separator: "\n").map(trimmed))
        for line in new.split(separator: "\n") where isElision(line) && !known.contains(trimmed(line)) {
            return Elision(line: String(trimmed(line)))
        }
        return nil
    }

    func refusal(_ parameter: String) -> ToolRefusal {
        ToolRefusal(
            "\(parameter) leaves something out: the line \(VisibleText.quoted(line)). Nothing is filled in for it, so nothing was changed. Give the complete text, or use edit_file with only the lines that change."
        )
    }

    /// A comment, or what stands in brackets, that says both that something is left out and what; a bare `...` is a
    /// statement in Python and says neither.
    static func isElision(_ line: Substring) -> Bool {
        let words = trimmed(line).lowercased()
        guard words.utf8.count <= 120 else { return false }
        let markers = ["#", "//", "/*", "--", "<!--", "{/*", ";", "*", "[", "(", "<", "...", "…", "%", "\"\"\""]
        guard let marker = markers.first(where: { words.hasPrefix($0) }) else { return false }
        let hasEllipsis = words.contains("...") || words.contains("…")
        let text = words.dropFirst(marker.count)
        let says = { (list: [String]) in list.contains { text.contains($0) } }
        // Without dots only what cannot be a comment about the code below it.
        guard hasEllipsis else { return says(leavings) && says(remainders) }
        // In JavaScript, dots in front of a name spread it.
        if marker == "..." || marker == "…", text.first != " " { return false }
        return says(leavings) || says(remainders) && says(subjects)
    }

    /// What is left out.
    private static let remainders = [
        "rest of", "the rest", "remaining", "remainder", "existing", "previous code", "other code", "other methods",
        "other functions", "original code", "same code", "your code", "code here", "implementation here", "more code",
    ]
    /// Of what.
    private static let subjects = [
        "code", "method", "function", "file", "class", "implementation", "import", "test", "content", "logic", "module",
        "lines", "program", "script",
    ]
    /// That it is left out.
    private static let leavings = [
        "unchanged", "same as before", "as before", "stays the same", "stay the same", "remains the same",
        "remain the same", "omitted", "keep as is", "goes here", "not shown", "no changes", "for brevity",
    ]

    private static func trimmed(_ line: Substring) -> Substring {
        guard let first = line.firstIndex(where: { !$0.isWhitespace }),
            let last = line.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return line[first...last]
    }
}
