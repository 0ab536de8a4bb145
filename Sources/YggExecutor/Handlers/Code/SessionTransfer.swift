import Glibc
import SystemPackage
import YggAgent
import YggCore
import YggProcess

/// Puts a session aside so that another executor can go on with it, and takes up one that was put aside: its file, and a
/// bundle of the work as it is.
struct SessionTransfer {
    let folder: SessionFolder
    let worktree: Worktree
    let checkpoints: Checkpoints
    let run: AttemptRun

    /// What an attempt ends with that is made to stop. Where the session cannot be sent away it stays for this executor
    /// alone.
    func putAside() async -> HandlerResult {
        await uncancelled {
            var result = HandlerFailure.cancelled("The executor was drained.").handlerResult
            do throws(HandlerFailure) {
                result.result = try await pack().result
                result.interruption = .suspended
            } catch {
                await run.message(
                    "The session stays on this machine, because it cannot be sent away: \(error.error.detail)",
                    warning: true
                )
            }
            return result
        }
    }

    private func pack() async throws(HandlerFailure) -> SuspendedSession {
        let run = run.forCleaningUp
        let mirror = Mirror(of: worktree.mirror.address, git: worktree.mirror.git.forCleaningUp)
        let scratch = try Scratch(run.context, "suspend")
        defer { scratch.remove() }
        let tree: String
        do { tree = try await checkpoints.save("suspended") } catch { throw .unusableWorkspace(worktree.path, error) }
        let commit = try await CommitMaker(mirror: mirror).commit(
            tree,
            parents: [worktree.commit],
            message: "Work that is not done\n",
            author: run.context.git.author,
            date: run.context.acceptedAt
        )
        // They leave this machine, as a diff does.
        let search = SecretSearch(run.context.secrets.patterns)
        try search.check(file: folder.file, as: "its session")
        try await search.check(from: worktree.commit, to: commit, mirror)
        let ref = "refs/heads/\(worktree.branch)"
        _ = try await mirror.git.output(["update-ref", ref, commit], at: mirror.place)
        _ = try await mirror.git.output(
            ["bundle", "create", "--quiet", scratch.path("bundle"), ref, "^\(worktree.commit)"],
            at: mirror.place
        )
        let checkpoint = try await run.context.upload(file: scratch.path("bundle"), name: "checkpoint")
        let session = try await run.context.upload(file: folder.file, name: "session")
        return SuspendedSession(
            session: session.sha256,
            bytes: session.size,
            checkpoint: checkpoint.sha256,
            commit: commit,
            base: worktree.commit
        )
    }

    /// Makes the work tree what it was where the session was put aside. The session's file comes last: with it the
    /// session is here.
    func takeUp(_ suspended: SuspendedSession) async throws(HandlerFailure) {
        let scratch = try Scratch(run.context, "resume")
        defer { scratch.remove() }
        let mirror = worktree.mirror
        try await run.context.artifacts.fetch(suspended.checkpoint, to: scratch.path("bundle"))
        _ = try await mirror.git.output(["bundle", "unbundle", scratch.path("bundle")], at: mirror.place)
        do { try await checkpoints.restore(suspended.commit) } catch { throw .unusableWorkspace(worktree.path, error) }
        let draft = "\(folder.file).draft"
        try await run.context.artifacts.fetch(suspended.session, to: draft)
        guard rename(draft, folder.file) == 0 else { throw .unusableWorkspace(folder.file, Errno(rawValue: errno)) }
    }
}
