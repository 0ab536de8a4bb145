import Glibc
import SystemPackage
import YggCore
import YggProcess

/// A work tree that is made before anybody asks for it, one of each mirror, `spares/<mirror>/work`: a session takes it
/// in place of waiting until git has written every file. Where the session begins at another commit, git writes only
/// what differs.
struct SpareWorktree: Sendable {
    let mirror: Mirror
    private let folder: String

    /// Of what is free on its disk, at most this part.
    private static let share: Int64 = 100
    /// What a list of files may take in memory. One that is longer is of a tree that is not kept twice.
    private static let longestListing = 8 << 20
    /// In what pieces most file systems give room to files.
    private static let block: Int64 = 4096

    init(of mirror: Mirror) {
        self.mirror = mirror
        folder = "\(Self.directory(in: mirror.git.run.context.workspaceRoot))/\(mirror.address.mirrorName)"
    }

    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/spares" }

    private var tree: String { "\(folder)/work" }
    private var lockFile: String { "\(folder)/lock" }
    private var seal: String { "\(folder)/ready" }

    /// The commit that one is at; nil where there is none. What a boot before this one left may be half on the disk.
    private static func commit(in folder: String) -> String? {
        let words = LocalFiles.read("\(folder)/ready")?.split(separator: " ").map(String.init) ?? []
        return words.count == 2 && words[0] == ProcessIdentity.bootID ? words[1] : nil
    }

    /// Whether there is one that becomes what a checkout of `commit` is, when git has written what differs. Files that do
    /// not differ are left as they are, also where other attributes would have them written in another way.
    func isReady(for commit: String) async -> Bool {
        guard let ready = Self.commit(in: folder) else { return false }
        let compared = ["diff-tree", "-r", "--quiet", ready, commit, "--", ":(glob)**/.gitattributes"]
        return ready == commit ? true : await mirror.git.collect(compared, at: mirror.place).outcome.succeeded
    }

    /// Moves it to `path`, as it is: whoever takes it brings it to the commit they want.
    /// - Returns: nil where there is none for that commit, or somebody else has it.
    func take(for commit: String, to path: String) async -> Git.Place? {
        guard let lock = FileLock(ifFree: lockFile) else { return nil }
        defer { lock.release() }
        guard await isReady(for: commit) else { return nil }
        // Whatever comes of it, it is nobody's from here on.
        unlink(seal)
        return try? await mirror.locked { () async throws(HandlerFailure) in
            if LocalFiles.exists(path) { _ = await mirror.git.run.collect(["rm", "-rf", "--", path]) }
            // By force, as git may still know of what was there before, and hold it.
            _ = try await mirror.git.output(["worktree", "move", "-f", "-f", "--", tree, path], at: mirror.place)
            return try Worktree.place(of: path)
        }
    }

    /// Makes it, unless it is there, somebody makes it, or it would take too much of the disk.
    func make(at commit: String) async {
        do throws(Errno) { try LocalFiles.makeDirectory(folder, mode: 0o700) } catch { return }
        guard let lock = FileLock(ifFree: lockFile, making: true) else { return }
        defer { lock.release() }
        guard let bootID = ProcessIdentity.bootID, await !isReady(for: commit), await fits(commit) else { return }
        unlink(seal)
        do {
            let place = try await Worktree.add(to: mirror, path: tree, commit: commit, branch: nil)
            _ = try await mirror.git.output(["reset", "--hard", "--quiet"], at: place)
            // Files as young as the index are read again by every git that looks at them, so it is written once more when
            // they are older: git counts in seconds.
            try await Task.sleep(for: .milliseconds(1100))
            _ = try await mirror.git.output(["update-index", "-q", "--refresh", "--force-write-index"], at: place)
            try LocalFiles.write("\(bootID) \(commit)", to: seal)
        } catch {
            // An executor that stops has no time for that. The next start sweeps it.
            if !Task.isCancelled { await Self.clear(folder, mirror.git.run.context.environment) }
        }
    }

    /// Whether a checkout takes so little of what is free that it may lie here unused.
    private func fits(_ commit: String) async -> Bool {
        guard let free = LocalFiles.freeBytes(at: folder) else { return false }
        let listing = await mirror.git.collect(
            ["ls-tree", "-r", "-l", "-z", commit],
            at: mirror.place,
            limit: Self.longestListing
        )
        guard listing.outcome.succeeded, !listing.truncated else { return false }
        return Self.bytes(in: listing.stdout).map { $0 <= free / Self.share } ?? false
    }

    /// What the files of a tree take on a disk; nil of one with submodules, which git does not move.
    /// - Parameter listing: `mode type object size\tpath`, each ended by NUL: tens of thousands of them, so bytes are
    ///   looked at.
    static func bytes(in listing: String) -> Int64? {
        var sum: Int64 = 0
        for entry in listing.utf8.split(separator: 0) {
            let words = entry.prefix { $0 != UInt8(ascii: "\t") }.split(separator: UInt8(ascii: " "))
            guard let size = words.last.flatMap({ Int64(Substring($0)) }) else { return nil }
            sum += (size + block - 1) / block * block
        }
        return sum
    }

    /// Removes those that nobody has taken since `limit`, and what can be taken by nobody.
    static func sweep(_ workspaceRoot: String, unusedSince limit: Timestamp, environment: [String: String]) async {
        let parent = directory(in: workspaceRoot)
        for name in LocalFiles.names(in: parent) {
            let folder = "\(parent)/\(name)"
            guard !Task.isCancelled, let lock = FileLock(ifFree: "\(folder)/lock") else { continue }
            let isUsed = LocalFiles.changed("\(folder)/ready").map { $0 >= limit } ?? false
            if commit(in: folder) == nil || !isUsed { await clear(folder, environment) }
            lock.release()
        }
    }

    /// What the mirror knows of it goes with the next work tree.
    private static func clear(_ folder: String, _ environment: [String: String]) async {
        unlink("\(folder)/ready")
        _ = await collectProcess(ProcessSpec(argv: ["rm", "-rf", "--", "\(folder)/work"], environment: environment))
    }
}
