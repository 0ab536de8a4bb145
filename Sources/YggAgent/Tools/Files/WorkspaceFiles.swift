import Glibc
import SystemPackage

/// The files of a workspace, reached from its open top directory and never by a whole path.
///
/// Every part of a path is opened by its name in the directory before it, without following a link; links are read and
/// walked by us, under the same rules. So there is no moment between a check and a use: whoever swaps a directory for a
/// link to the outside while we walk makes the walk fail, and whoever does it afterwards changes nothing, since we hold
/// the directory and not its name. `..` takes back a step of the walk and is never asked of the kernel. That is
/// `RESOLVE_BENEATH` of `openat2`, with our own words for what is wrong and on every kernel.
struct WorkspaceFiles: Sendable {
    /// The absolute path of the workspace, for programs that are run there.
    let root: String
    private let top: Descriptor
    /// Where drafts of files are written: in the same file system, and outside the workspace, so that a process that is
    /// killed leaves nothing in it.
    private let drafts: Descriptor

    /// - Parameters:
    ///   - root: the workspace, trusted: links in this path are followed.
    ///   - drafts: a directory of our own, in the same file system.
    init(root: String, drafts: String) throws(Errno) {
        top = try Descriptor.directory(at: root)
        self.drafts = try Descriptor.directory(at: drafts)
        self.root = root
    }

    /// Where a walk has ended: a name in an open directory.
    struct Place: Sendable {
        /// nil for the top itself.
        fileprivate(set) var parent: Descriptor?
        /// The path without links and `..`; empty for the top.
        fileprivate(set) var components: [String]
        /// nil where there is nothing of this name.
        fileprivate(set) var status: stat?

        var path: String { components.isEmpty ? "." : components.joined(separator: "/") }
        var isDirectory: Bool { kind == S_IFDIR }
        var isFile: Bool { kind == S_IFREG }
        var size: Int { Int(status?.st_size ?? 0) }
        private var kind: mode_t? { status.map { $0.st_mode & S_IFMT } }
    }

    // MARK: - The walk

    /// The most symbolic links on the way, as in the kernel.
    private static let mostLinks = 40

    /// Walks to a path.
    /// - Parameters:
    ///   - makingDirectories: those that are missing on the way are made.
    ///   - followingLast: a link at the end is walked, too. Its target stays inside like everything else.
    func place(
        _ text: String,
        makingDirectories: Bool = false,
        followingLast: Bool = true
    ) throws(ToolRefusal) -> Place {
        var pending: [String] = try WorkspacePath(text, root: root).components.reversed()
        var walked: [Descriptor] = [top]
        var names: [String] = []
        var links = 0
        while let name = pending.popLast() {
            if name == ".." {
                guard !names.isEmpty else { throw .outside(text) }
                names.removeLast()
                walked.removeLast()
                continue
            }
            // Checked again: it may come from a link.
            guard !WorkspacePath.isGit(name) else { throw .git(text) }
            let directory = walked[walked.count - 1]
            do throws(Errno) {
                let status = try directory.status(of: name)
                let isLast = pending.isEmpty
                if let status, status.st_mode & S_IFMT == S_IFLNK, !isLast || followingLast {
                    let target = try directory.link(name)
                    links += 1
                    guard links <= Self.mostLinks else { throw Errno.tooManySymbolicLinkLevels }
                    guard !target.hasPrefix("/") else { throw Errno.improperLink }
                    pending += target.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
                    continue
                }
                if isLast { return Place(parent: directory, components: names + [name], status: status) }
                if status == nil {
                    guard makingDirectories else { throw Errno.noSuchFileOrDirectory }
                    guard mkdirat(directory.raw, name, 0o777) == 0 || errno == EEXIST else {
                        throw Errno(rawValue: errno)
                    }
                }
                walked.append(try Descriptor.open(name, in: directory, Descriptor.byName | O_DIRECTORY))
                names.append(name)
            } catch {
                throw refusal(error, at: names + [name], of: text)
            }
        }
        return Place(
            parent: walked.count > 1 ? walked[walked.count - 2] : nil,
            components: names,
            status: walked.last?.status
        )
    }

    private func refusal(_ error: Errno, at place: [String], of text: String) -> ToolRefusal {
        let place = VisibleText.quoted(place.joined(separator: "/"))
        switch error {
        case .improperLink:
            return .forbidden(
                "\(place) is a symbolic link to an absolute path, and those are not followed. Name a file in the workspace."
            )
        case .tooManySymbolicLinkLevels:
            return ToolRefusal("\(place) is a symbolic link that leads nowhere. Name the file itself.")
        case .notDirectory:
            return ToolRefusal("\(place) is not a directory. Look at the names with list_directory.")
        case .noSuchFileOrDirectory:
            return ToolRefusal("\(place) does not exist. Look at the names with list_directory.")
        case .permissionDenied: return ToolRefusal("\(place) may not be entered: permission denied.")
        default: return ToolRefusal("\(VisibleText.quoted(text)) cannot be reached: \(error).")
        }
    }

    // MARK: - Reading

    /// The bytes of a regular file of at most `limit` bytes.
    func read(_ place: Place, limit: Int) throws(ToolRefusal) -> [UInt8] {
        let shown = VisibleText.quoted(place.path)
        guard let parent = place.parent, let name = place.components.last, !place.isDirectory else {
            throw ToolRefusal("\(shown) is a directory. Look into it with list_directory.")
        }
        do throws(Errno) {
            // Without waiting, which opening a named pipe would do.
            let file = try Descriptor.open(name, in: parent, O_RDONLY | O_NONBLOCK)
            guard let status = file.status, status.st_mode & S_IFMT == S_IFREG else {
                throw Errno.invalidArgument
            }
            guard Int(status.st_size) <= limit else { throw Errno.fileTooLarge }
            let bytes = try file.read(limit: limit + 1)
            guard bytes.count <= limit else { throw Errno.fileTooLarge }
            return bytes
        } catch {
            switch error {
            case .noSuchFileOrDirectory:
                throw ToolRefusal("\(shown) does not exist. Look at the names with list_directory.")
            case .fileTooLarge:
                throw ToolRefusal(
                    "\(shown) is too large: \(place.size) bytes, where \(limit) can be read. Look for what you need with search_files."
                )
            case .invalidArgument: throw ToolRefusal("\(shown) is no regular file and cannot be read.")
            case .tooManySymbolicLinkLevels:
                throw ToolRefusal("\(shown) changed while it was opened. Try again.")
            default: throw ToolRefusal("\(shown) cannot be read: \(error).")
            }
        }
    }

    // MARK: - Writing

    /// Writes a file as a whole, or not at all: whoever reads it sees the old bytes or the new ones. It keeps the
    /// permissions it had.
    func write(_ bytes: [UInt8], to place: Place) throws(ToolRefusal) {
        let shown = VisibleText.quoted(place.path)
        guard let parent = place.parent, let name = place.components.last, !place.isDirectory else {
            throw ToolRefusal("\(shown) is a directory. Name a file in it.")
        }
        guard place.status == nil || place.isFile else {
            throw ToolRefusal("\(shown) is no regular file and cannot be written.")
        }
        let draft = "draft-\(getpid())-\(UInt64.random(in: .min ... .max))"
        do {
            let file = try Descriptor.open(draft, in: drafts, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            if let mode = place.status?.st_mode { _ = fchmod(file.raw, mode & 0o777) }
            try FileDescriptor(rawValue: file.raw).writeAll(bytes)
            guard renameat(drafts.raw, draft, parent.raw, name) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlinkat(drafts.raw, draft, 0)
            throw ToolRefusal("\(shown) cannot be written: \(error).")
        }
    }

    // MARK: - Listing

    /// A directory, open to look at its entries.
    func directory(_ place: Place) throws(ToolRefusal) -> Descriptor {
        guard let parent = place.parent, let name = place.components.last else { return top }
        let shown = VisibleText.quoted(place.path)
        guard place.status != nil else {
            throw ToolRefusal(
                "\(shown) does not exist. Look at the names in the directory above it with list_directory."
            )
        }
        guard place.isDirectory else { throw ToolRefusal("\(shown) is not a directory. Read it with read_file.") }
        do throws(Errno) {
            return try Descriptor.open(name, in: parent, Descriptor.byName | O_DIRECTORY)
        } catch {
            throw ToolRefusal("\(shown) cannot be entered: \(error).")
        }
    }
}
