import YggCore

/// A repository on this machine that a task named by its path: where its parts are, all of them inside the roots.
///
/// It may belong to somebody else, and that somebody may be hostile: a `.git` file or a symbolic link could point at a
/// repository which only the executor may read. So every part is resolved, and must lie under a root again.
struct LocalRepository: Sendable, Hashable {
    /// What is checked out; nil for a bare repository.
    let workTree: String?
    /// Where HEAD and index are.
    let gitDirectory: String
    /// Where objects and refs are: another directory than `gitDirectory` for a linked work tree.
    let commonDirectory: String

    /// Finds the repository that `path` is or lies in.
    /// - Throws: `unreachable-repo`.
    init(at path: String, roots: [String]) throws(HandlerFailure) {
        guard path.hasPrefix("/") else {
            throw .unreachableRepository("\(path) is not an absolute path.")
        }
        let roots = roots.compactMap(LocalFiles.resolve)
        guard let resolved = LocalFiles.resolve(path) else {
            throw .unreachableRepository("\(path) does not exist on this executor, or may not be read by it.")
        }
        guard let root = roots.filter({ isInside(resolved, $0) }).min(by: { $0.count < $1.count }) else {
            let allowed = roots.isEmpty ? "there are none" : roots.joined(separator: ", ")
            throw .unreachableRepository("\(path) is outside the repository roots of this executor (\(allowed)).")
        }
        guard let found = Self.search(from: resolved, upTo: root) else {
            throw .unreachableRepository("\(path) is not a git repository.")
        }
        workTree = found.workTree
        gitDirectory = try Self.contained(found.gitDirectory, in: roots, of: path)
        if let common = LocalFiles.read("\(gitDirectory)/commondir")?.trimmed {
            let absolute = common.hasPrefix("/") ? common : "\(gitDirectory)/\(common)"
            commonDirectory = try Self.contained(absolute, in: roots, of: path)
        } else {
            commonDirectory = gitDirectory
        }
        for part in ["objects", "refs"] { _ = try Self.contained("\(commonDirectory)/\(part)", in: roots, of: path) }
        // With everything readable as a root there is nothing that a link could lead out of.
        if roots.contains("/") { return }
        let shared = ["packed-refs", "shallow", "info", "reftable", "logs"].map { "\(commonDirectory)/\($0)" }
        let own = LocalFiles.names(in: gitDirectory).filter { $0 == "index" || $0.hasPrefix("sharedindex.") }
        for part in shared + own.map({ "\(gitDirectory)/\($0)" }) where LocalFiles.exists(part) {
            _ = try Self.contained(part, in: roots, of: path)
        }
        for part in ["refs", "logs"] {
            try Self.checkLinks(in: "\(commonDirectory)/\(part)", isDeep: true, roots: roots, path: path)
        }
        try Self.checkAlternates(of: "\(commonDirectory)/objects", in: roots, path: path, depth: 0)
    }

    /// Upwards from `path`, but no further than the root.
    private static func search(from path: String, upTo root: String) -> (gitDirectory: String, workTree: String?)? {
        var directory = path
        while isInside(directory, root) {
            let dotGit = directory == "/" ? "/.git" : "\(directory)/.git"
            if LocalFiles.isDirectory(dotGit) { return (dotGit, directory) }
            if let text = LocalFiles.read(dotGit, limit: 4096), text.hasPrefix("gitdir: ") {
                let target = text.dropFirst("gitdir: ".count).trimmed
                return (target.hasPrefix("/") ? target : "\(directory)/\(target)", directory)
            }
            if LocalFiles.isFile("\(directory)/HEAD"), LocalFiles.isDirectory("\(directory)/objects"),
                LocalFiles.isDirectory("\(directory)/refs")
            {
                return (directory, nil)
            }
            guard directory != "/", let slash = directory.lastIndex(of: "/") else { return nil }
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        }
        return nil
    }

    private static func contained(_ part: String, in roots: [String], of path: String) throws(HandlerFailure) -> String
    {
        guard let resolved = LocalFiles.resolve(part) else {
            throw .unreachableRepository("\(path) is not a whole git repository: \(part) cannot be read.")
        }
        guard roots.contains(where: { isInside(resolved, $0) }) else {
            throw .unreachableRepository(
                "\(path) keeps a part of its repository at \(resolved), outside the repository roots of this executor."
            )
        }
        return resolved
    }

    /// Links within objects and refs: each would show a part of another repository.
    private static func checkLinks(
        in directory: String,
        isDeep: Bool,
        roots: [String],
        path: String
    ) throws(HandlerFailure) {
        for name in LocalFiles.names(in: directory) {
            let entry = "\(directory)/\(name)"
            if LocalFiles.isLink(entry) {
                // One that leads nowhere shows nothing.
                guard LocalFiles.exists(entry) else { continue }
                _ = try contained(entry, in: roots, of: path)
            } else if isDeep || ["pack", "info"].contains(name), LocalFiles.isDirectory(entry) {
                try checkLinks(in: entry, isDeep: isDeep, roots: roots, path: path)
            }
        }
    }

    /// Object stores that this one borrows from, and those that they borrow from.
    private static func checkAlternates(
        of objects: String,
        in roots: [String],
        path: String,
        depth: Int
    ) throws(HandlerFailure) {
        try checkLinks(in: objects, isDeep: false, roots: roots, path: path)
        // git itself follows five.
        guard depth <= 5, let text = LocalFiles.read("\(objects)/info/alternates") else { return }
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let store = line.hasPrefix("/") ? String(line) : "\(objects)/\(line)"
            // One that is gone is passed over by git, too.
            guard LocalFiles.exists(store) else { continue }
            try checkAlternates(
                of: try contained(store, in: roots, of: path),
                in: roots,
                path: path,
                depth: depth + 1
            )
        }
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
