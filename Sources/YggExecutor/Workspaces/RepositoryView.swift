import Glibc
import SystemPackage
import YggCore

/// A git directory of ours that shows somebody else's repository: links to its objects, refs and index, beside a HEAD
/// and a configuration of our own.
///
/// git obeys what is configured in a repository, and much of that is commands. Overriding every dangerous setting
/// would be a list that is never complete; here it is the other way round: of the foreign configuration only what is
/// on a short list is copied, and the rest is never read by any git command, not even by the `upload-pack` that a
/// fetch starts. And since the directory is ours, git has no doubts about who owns the repository.
///
/// Reading is done through a view, and the two things that landing does: objects are added, and one branch is moved, with
/// the locks that the owner's git takes as well. Nothing is ever cleaned up through it, because it shows not all that the
/// repository needs.
struct RepositoryView: Sendable {
    let place: Git.Place
    let repository: LocalRepository
    /// Says to the sweep that somebody reads through it, for as long as this process lives.
    private let lock: FileLock
    /// Where the repository says it comes from.
    let origin: String?

    /// Makes the view for one attempt. Whoever makes it calls ``remove()``.
    init(of repository: LocalRepository, git: Git) async throws(HandlerFailure) {
        let context = git.run.context
        let parent = Self.directory(in: context.workspaceRoot)
        let path = "\(parent)/\(context.key.task)-\(context.key.epoch)"
        let settings = try await Self.settings(of: repository, git: git)
        do { try LocalFiles.makeDirectory(parent) } catch { throw .unusableWorkspace(parent, error) }
        let lock = try await FileLock("\(path).lock", run: git.run)
        self.repository = repository
        self.lock = lock
        place = Git.Place(gitDirectory: path, workTree: repository.workTree)
        origin = settings.first { $0.key == "remote.origin.url" }?.value
        do throws(HandlerFailure) {
            try Self.build(path, repository: repository, settings: settings)
        } catch {
            remove()
            throw error
        }
    }

    /// Where views lie.
    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/views" }

    /// Unlinks what was linked; nothing of the repository itself.
    func remove() {
        let path = place.gitDirectory
        for name in LocalFiles.names(in: "\(path)/info") { unlink("\(path)/info/\(name)") }
        rmdir("\(path)/info")
        for name in LocalFiles.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
        lock.remove("\(path).lock")
    }

    private static func build(
        _ path: String,
        repository: LocalRepository,
        settings: [GitSetting]
    ) throws(HandlerFailure) {
        let own = repository.gitDirectory
        let common = repository.commonDirectory
        guard let head = head(of: own) else {
            throw .unreachableRepository("\(repository.workTree ?? own) has no valid HEAD, or it may not be read.")
        }
        var links = ["objects", "refs", "packed-refs", "shallow", "reftable", "logs"].map { ($0, "\(common)/\($0)") }
        links += ["exclude", "attributes", "grafts"].map { ("info/\($0)", "\(common)/info/\($0)") }
        links.append(("info/sparse-checkout", "\(own)/info/sparse-checkout"))
        links += LocalFiles.names(in: own).filter { $0 == "index" || $0.hasPrefix("sharedindex.") }
            .map { ($0, "\(own)/\($0)") }
        do throws(Errno) {
            try LocalFiles.makeDirectory("\(path)/info")
            for (name, target) in links where LocalFiles.exists(target) {
                guard symlink(target, "\(path)/\(name)") == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
            }
            try LocalFiles.write(head, to: "\(path)/HEAD")
            try LocalFiles.write(configuration(settings, isBare: repository.workTree == nil), to: "\(path)/config")
        } catch {
            throw .unusableWorkspace(path, error)
        }
    }

    /// HEAD as a file's text, also where it is a symbolic link, as git made them long ago.
    private static func head(of directory: String) -> String? {
        let path = "\(directory)/HEAD"
        if let target = try? readLink(path), target.hasPrefix("refs/") { return "ref: \(target)\n" }
        guard let text = LocalFiles.read(path, limit: 4096)?.trimmed else { return nil }
        let isCommit = [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy(isHexDigit)
        return isCommit || text.hasPrefix("ref: refs/") ? text + "\n" : nil
    }

    private static func readLink(_ path: String) throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
}
