import YggCore
import YggProcess

/// Folders of a workspace that nobody comes back to: of steps that were killed, of work without a coordinator whose
/// artifacts nobody else has, and of sessions that were never begun.
enum StaleFolders {
    /// Removes those in which nothing has changed since `limit`.
    /// - Returns: the paths that were removed.
    @discardableResult
    static func sweep(
        _ workspaceRoot: String,
        unusedSince limit: Timestamp,
        environment: [String: String]
    ) async -> [String] {
        let sessions = SessionFolder.directory(in: workspaceRoot)
        let parents = [
            Scratch.directory(in: workspaceRoot), ArtifactDesk.localDirectory(in: workspaceRoot), sessions,
        ]
        var removed: [String] = []
        for (parent, name) in parents.flatMap({ parent in LocalFiles.names(in: parent).map { (parent, $0) } }) {
            let path = "\(parent)/\(name)"
            guard !Task.isCancelled, LocalFiles.changed(path).map({ $0 < limit }) == true else { continue }
            var lock: FileLock?
            if parent == sessions {
                // Those that were begun become patches: see ``IdleSessions``.
                guard !LocalFiles.isFile("\(path)/session.jsonl") else { continue }
                if LocalFiles.exists("\(path)/work.lock") {
                    lock = FileLock(ifFree: "\(path)/work.lock")
                    if lock == nil { continue }
                }
                SessionFolder.letGo(in: path)
            }
            let spec = ProcessSpec(argv: ["rm", "-rf", "--", path], environment: environment)
            if await collectProcess(spec).outcome.succeeded { removed.append(path) }
            lock?.release()
        }
        return removed
    }
}
