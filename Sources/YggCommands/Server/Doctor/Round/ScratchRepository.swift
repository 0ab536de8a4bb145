import FoundationEssentials
import Glibc
import YggConfiguration
import YggCore

/// A small bare repository of doctor's own: it is cloned, something lands in it, and it is gone.
struct ScratchRepository: Sendable {
    /// A name that nothing else has: the executor's mirror of it can be told by it.
    let path: String
    let base: String
    private let environment: [String: String]

    static let branch = "main"
    static let file = "probe.txt"

    init(in directory: String, environment: [String: String]) async throws(CommandFailure) {
        path = "\(directory)/ygg-doctor-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        self.environment = environment
        guard mkdir(path, 0o700) == 0 else {
            throw CommandFailure(
                "\(path) cannot be made: \(String(cString: strerror(errno))).",
                next: "Set TMPDIR to a directory that this user can write."
            )
        }
        do throws(CommandFailure) {
            let git = { [path] (arguments: [String]) async throws(CommandFailure) in
                try await OwnGit.output(arguments, at: path, environment: environment)
            }
            _ = try await git(["init", "--quiet", "--bare", "--template=", "--initial-branch=\(Self.branch)", "."])
            base = try await git(["commit-tree", "-m", "An empty beginning", try await git(["mktree"])])
            _ = try await git(["update-ref", "refs/heads/\(Self.branch)", base])
        } catch {
            removeTree(path)
            throw error
        }
    }

    /// Where an executor of this machine would see it: below what its configuration lets tasks name, else among temporary
    /// files.
    static func places(_ settings: ResolvedSettings) -> [String] {
        let named = settings.origin(of: .repositories) == .fallback ? [settings.workspaceRoot] : settings.repositories
        let roots = named.filter { $0 != "/" && access($0, W_OK | X_OK) == 0 && diskSpace(of: $0) != nil }
        let temporary = ProcessContext.variable("TMPDIR") ?? "/tmp"
        return roots.prefix(1) + (roots.first == temporary ? [] : [temporary])
    }

    /// A diff that adds the file with this line.
    static func patch(_ line: String) -> String {
        """
        diff --git a/\(file) b/\(file)
        new file mode 100644
        --- /dev/null
        +++ b/\(file)
        @@ -0,0 +1 @@
        +\(line)

        """
    }

    /// What is on the branch now, asked of git itself.
    func landed() async throws(CommandFailure) -> (commit: String, line: String, parents: String, approval: String) {
        let git = { [path, environment] (arguments: [String]) async throws(CommandFailure) in
            try await OwnGit.output(arguments, at: path, environment: environment)
        }
        let commit = try await git(["rev-parse", "--verify", "refs/heads/\(Self.branch)"])
        return (
            commit,
            try await git(["cat-file", "blob", "\(commit):\(Self.file)"]),
            try await git(["show", "--no-patch", "--format=%P", commit, "--"]),
            try await git([
                "show", "--no-patch", "--format=%(trailers:key=Ygg-Approval,valueonly,separator=%x2C)", commit, "--",
            ])
        )
    }

    /// Removes it, and the mirrors that executors made of it.
    /// - Parameter mirrors: as the executors' results name them.
    /// - Returns: what is still there.
    func remove(mirrors: [String]) -> [String] {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        // A result is somebody else's word: only what bears our name is removed.
        let ours = mirrors.filter { mirror in
            guard let last = mirror.split(separator: "/").last, mirror.hasSuffix(".git"), mirror.hasPrefix("/"),
                !mirror.contains("/../")
            else { return false }
            return last.hasPrefix("\(name)-")
        }
        removeTree(path)
        for mirror in ours {
            removeTree(mirror)
            unlink("\(mirror.dropLast(".git".count)).lock")
        }
        return ([path] + ours).filter { access($0, F_OK) == 0 }
    }
}

/// Removes a directory with all that is in it; what cannot be removed stays.
private func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
