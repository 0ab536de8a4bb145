/// A path as a model wrote it, taken apart: pure, and before anything is looked up.
///
/// `..` stays in it: where that leads depends on what is a symbolic link, so only the walk can tell.
struct WorkspacePath: Sendable, Hashable {
    /// Without empty ones and `.`.
    var components: [String]

    /// The longest path, in bytes, that the kernel takes.
    private static let longest = 4095

    /// - Parameters:
    ///   - text: relative to the workspace, or absolute and inside it.
    ///   - root: the absolute path of the workspace.
    init(_ text: String, root: String) throws(ToolRefusal) {
        guard !text.utf8.contains(0) else {
            throw ToolRefusal("The path contains a NUL byte. Name a file in the workspace.")
        }
        guard text.utf8.count <= Self.longest else {
            throw ToolRefusal("The path is longer than \(Self.longest) bytes. Name a file in the workspace.")
        }
        guard !text.isEmpty else { throw ToolRefusal("The path is empty. Use . for the top of the workspace.") }
        var relative = text[...]
        if text.hasPrefix("/") {
            guard let inside = Self.inside(text, of: root) else { throw .outside(text) }
            relative = inside
        } else if text == "~" || text.hasPrefix("~/") {
            throw .outside(text)
        }
        components = relative.split(separator: "/").filter { $0 != "." }.map(String.init)
        for component in components {
            guard component.utf8.count <= 255 else {
                throw ToolRefusal("A part of the path is longer than 255 bytes, which no file system takes.")
            }
            guard !Self.isGit(component) else { throw .git(text) }
        }
    }

    private static func inside(_ path: String, of root: String) -> Substring? {
        if path == root { return "" }
        guard path.utf8.starts(with: root.utf8), path.utf8.dropFirst(root.utf8.count).first == UInt8(ascii: "/") else {
            return nil
        }
        return Substring(path.utf8.dropFirst(root.utf8.count))
    }

    /// Whether some file system would take this name for `.git`: by case, by trailing dots and spaces, by its short name,
    /// by a stream behind a colon, by characters that count for nothing.
    static func isGit(_ component: String) -> Bool {
        let stream = component.prefix { $0 != ":" }
        var letters = String.UnicodeScalarView(stream.unicodeScalars.filter { !isIgnorable($0) })
        while let last = letters.last, last == "." || last == " " { letters.removeLast() }
        let name = String(letters).lowercased()
        return name == ".git" || name == "git~1"
    }

    /// The code points that HFS+ leaves out when it compares names.
    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
        default: false
        }
    }
}

extension ToolRefusal {
    static func outside(_ path: String) -> ToolRefusal {
        .forbidden(
            "\(VisibleText.quoted(path)) is outside the workspace. Name a path inside it, relative to its top, such as src/main.py."
        )
    }

    static func git(_ path: String) -> ToolRefusal {
        .forbidden(
            "\(VisibleText.quoted(path)) belongs to git and can neither be read nor written. Use git_status, git_diff and git_log."
        )
    }
}
