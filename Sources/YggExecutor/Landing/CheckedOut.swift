import YggCore

/// Where a branch of a repository on this machine is checked out: by the owner, who may be at work there.
struct CheckedOut: Sendable {
    /// The work tree.
    let path: String

    /// - Returns: nil where nobody has the branch checked out.
    static func find(_ branch: String, of repository: LocalRepository) -> CheckedOut? {
        let common = repository.commonDirectory
        // The main work tree: the directory that the git directory lies in, unless the repository is bare.
        if common.hasSuffix("/.git"), isAt(branch, common) {
            return CheckedOut(path: String(common.dropLast("/.git".count)))
        }
        if repository.gitDirectory == common, let workTree = repository.workTree, isAt(branch, common) {
            return CheckedOut(path: workTree)
        }
        for name in LocalFiles.names(in: "\(common)/worktrees") {
            let linked = "\(common)/worktrees/\(name)"
            guard isAt(branch, linked), let dotGit = LocalFiles.read("\(linked)/gitdir", limit: 4096)?.trimmed,
                dotGit.hasSuffix("/.git"), LocalFiles.isFile(dotGit)
            else { continue }
            return CheckedOut(path: String(dotGit.dropLast("/.git".count)))
        }
        return nil
    }

    /// Whether a work tree is on the branch, or comes back to it when what is under way there ends: HEAD names none
    /// meanwhile.
    private static func isAt(_ branch: String, _ gitDirectory: String) -> Bool {
        let ref = "refs/heads/\(branch)"
        let marks = [
            ("HEAD", "ref: \(ref)"), ("rebase-merge/head-name", ref), ("rebase-apply/head-name", ref),
            ("BISECT_START", branch),
        ]
        return marks.contains { LocalFiles.read("\(gitDirectory)/\($0.0)", limit: 4096)?.trimmed == $0.1 }
    }

    /// What the owner is in the middle of there; nil where it is nothing.
    /// - Parameter place: a view of it.
    func business(at place: Git.Place, of repository: LocalRepository, _ git: Git) async throws(HandlerFailure)
        -> String?
    {
        let steps = [
            ("MERGE_HEAD", "a merge"), ("CHERRY_PICK_HEAD", "a cherry-pick"), ("REVERT_HEAD", "a revert"),
            ("rebase-merge", "a rebase"), ("rebase-apply/applying", "git am"), ("rebase-apply", "a rebase"),
            ("BISECT_LOG", "a bisection"),
        ]
        if let step = steps.first(where: { LocalFiles.exists("\(repository.gitDirectory)/\($0.0)") }) {
            return "\(step.1) is under way"
        }
        if LocalFiles.exists("\(repository.gitDirectory)/index.lock") { return "another git command is under way" }
        let status = try await git.output(
            ["status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=dirty"],
            at: place,
            limit: 16 << 20
        )
        let count = status.split(separator: "\0").count
        return count == 0 ? nil : "\(counted(count, "change is", "changes are")) not committed"
    }
}
