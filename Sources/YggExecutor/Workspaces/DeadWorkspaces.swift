import YggProcess

/// What attempts left in a workspace whose process was killed.
package enum DeadWorkspaces {
    /// Removes their work trees and views. What was kept for a person is not touched, nor what another process works in:
    /// an executor starts while `ygg run` uses the same workspace.
    ///
    /// Branches stay: there may be commits on them.
    /// - Returns: the paths that were removed.
    @discardableResult
    package static func sweep(_ workspaceRoot: String, environment: [String: String]) async -> [String] {
        var removed: [String] = []
        for parent in [Worktree.directory(in: workspaceRoot), RepositoryView.directory(in: workspaceRoot)] {
            for name in LocalFiles.names(in: parent) where name.hasSuffix(".lock") {
                // Whoever holds the lock is alive; a kept work tree has none.
                guard let lock = FileLock(ifFree: "\(parent)/\(name)") else { continue }
                let path = "\(parent)/\(name.dropLast(".lock".count))"
                // Of a view that is links, which are removed and not followed.
                let spec = ProcessSpec(argv: ["rm", "-rf", "--", path], environment: environment)
                if await collectProcess(spec).outcome.succeeded {
                    removed.append(path)
                    lock.remove("\(parent)/\(name)")
                } else {
                    lock.release()
                }
            }
        }
        return removed
    }
}
