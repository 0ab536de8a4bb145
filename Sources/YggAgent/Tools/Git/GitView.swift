import Glibc
import SystemPackage
import YggProcess

/// A git directory of ours that shows the repository of a workspace: its objects, refs and index, beside a HEAD and a
/// configuration of our own.
///
/// A repository's configuration is full of commands, and whatever runs in a workspace could plant more of them. Here
/// nothing of it is read: filters, text converters, external diffs and hooks have no meaning without it, whatever
/// `.gitattributes` says. And where a command has run in the workspace, git itself runs like any other one of it, isolated
/// and without secrets, so that fooling it would gain nothing.
///
/// Only reading is done through a view.
struct GitView: Sendable {
    private let path: String
    /// The git directory of the workspace, and that of the repository it is a work tree of.
    private let own: String
    private let common: String
    private let workTree: String
    private let configuration: String

    /// - Parameters:
    ///   - gitDirectory: of the workspace; for a work tree, that below `worktrees/` of its repository. Trusted: it is not
    ///     to be read from the workspace's `.git`, which a command may have written.
    ///   - path: a directory of ours.
    /// - Throws: where that is no git directory.
    init(of workTree: String, gitDirectory: String, at path: String) throws(Errno) {
        self.path = path
        self.workTree = workTree
        own = gitDirectory
        var common = gitDirectory
        if let link = Self.line(of: "\(gitDirectory)/commondir") {
            common = link.hasPrefix("/") ? link : "\(gitDirectory)/\(link)"
        }
        self.common = common
        guard Self.line(of: "\(gitDirectory)/HEAD") != nil, access("\(common)/objects", F_OK) == 0 else {
            throw .noSuchFileOrDirectory
        }
        configuration = Self.configuration(Self.line(of: "\(common)/config", all: true) ?? "")
    }

    /// What git is told, see ``GitSafety``.
    func environment(from base: [String: String]) -> [String: String] {
        let view = [
            "GIT_DIR": path, "GIT_WORK_TREE": workTree, "GIT_INDEX_FILE": "\(own)/index",
            "GIT_OBJECT_DIRECTORY": "\(common)/objects",
            // A path is a path, whatever characters it has.
            "GIT_LITERAL_PATHSPECS": "1",
        ]
        return GitSafety.environment(from: base, configuration: "/dev/null", protocols: "none").merging(view) { $1 }
    }

    /// Makes the view anew: HEAD moves, and what ran meanwhile could have written here.
    func refresh() throws(Errno) {
        guard let head = Self.line(of: "\(own)/HEAD") else { throw .noSuchFileOrDirectory }
        try Self.write("\(head)\n", to: "\(path)/HEAD")
        try Self.write(configuration, to: "\(path)/config")
        if mkdir("\(path)/info", 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
        for (name, target) in [
            ("objects", "\(common)/objects"), ("refs", "\(common)/refs"), ("packed-refs", "\(common)/packed-refs"),
            ("shallow", "\(common)/shallow"), ("info/exclude", "\(common)/info/exclude"),
            ("info/sparse-checkout", "\(own)/info/sparse-checkout"),
        ] {
            let link = "\(path)/\(name)"
            unlink(link)
            guard symlink(target, link) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    /// A configuration with what of the repository's says how its files are to be read. Only plain lines are understood:
    /// a value that needs more than that is none of ours.
    static func configuration(_ text: String) -> String {
        let takenOver: [String: Set<String>] = [
            "core": ["filemode", "ignorecase", "symlinks", "autocrlf", "eol", "sparsecheckout", "sparsecheckoutcone"],
            "extensions": ["objectformat"],
        ]
        var lines = ["[core]", "\tbare = false", "\trepositoryformatversion = 0"]
        var section = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("[") {
                section = line.dropFirst().prefix { $0 != "]" }.lowercased()
                continue
            }
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let name = parts.first, takenOver[section]?.contains(name) == true else { continue }
            let value = parts.count == 2 ? parts[1] : "true"
            guard value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else { continue }
            lines += ["[\(section)]", "\t\(name) = \(value)"]
            // An extension counts in a repository of this version only.
            if section == "extensions" { lines += ["[core]", "\trepositoryformatversion = 1"] }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Files of git

    /// The first line of a small file, or all of it.
    private static func line(of path: String, all: Bool = false) -> String? {
        guard
            let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        else { return nil }
        let descriptor = Descriptor(file.rawValue)
        guard let bytes = try? descriptor.read(limit: 64 << 10) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return all ? text : text.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    /// In the place of whatever is there, a link included.
    private static func write(_ text: String, to path: String) throws(Errno) {
        unlink(path)
        do {
            let file = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
                permissions: [.ownerReadWrite]
            )
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }
}
