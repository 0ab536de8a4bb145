import SystemPackage
import YggAgent
import YggCore
import YggProcess

/// Sessions that nobody came back to: what is left of them is a patch.
enum IdleSessions {
    /// Between two looks.
    static let interval = Milliseconds.days(1)

    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/archive" }

    /// Archives every session that was last used before `limit`, as `archive/<task>.patch`, and removes it. One that an
    /// attempt works on is not touched, nor one of which no patch can be made.
    /// - Returns: the sessions that were removed.
    @discardableResult
    static func archive(
        _ workspaceRoot: String,
        unusedSince limit: Timestamp,
        environment: [String: String]
    ) async -> [String] {
        var removed: [String] = []
        for name in LocalFiles.names(in: SessionFolder.directory(in: workspaceRoot)) {
            guard let id = TaskID(name), !Task.isCancelled else { continue }
            let folder = SessionFolder(of: id, in: workspaceRoot)
            guard folder.isUnused(since: limit), let lock = folder.lockIfFree() else { continue }
            // Somebody may have had it until now.
            if folder.isUnused(since: limit), await archive(folder, id, workspaceRoot, environment) {
                removed.append(name)
            }
            lock.release()
        }
        return removed
    }

    private static func archive(
        _ folder: SessionFolder,
        _ id: TaskID,
        _ workspaceRoot: String,
        _ environment: [String: String]
    ) async -> Bool {
        do {
            let diff = try await folder.checkpoints(try await folder.leftSetting(environment)).diff()
            if !diff.isEmpty {
                try LocalFiles.makeDirectory(directory(in: workspaceRoot), mode: 0o700)
                try LocalFiles.write(diff, to: "\(directory(in: workspaceRoot))/\(id).patch")
            }
        } catch {
            return false
        }
        await folder.remove(environment)
        return true
    }
}

extension SessionFolder {
    fileprivate func isUnused(since limit: Timestamp) -> Bool {
        lastUsed.map { $0 < limit } ?? false
    }
}
