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
            let checkpoints = try await folder.checkpoints(of: id, environment)
            let diff = try await checkpoints.diff()
            if !diff.isEmpty {
                try LocalFiles.makeDirectory(directory(in: workspaceRoot), mode: 0o700)
                try LocalFiles.write(diff, to: "\(directory(in: workspaceRoot))/\(id).patch")
            }
            // Nobody needs its states any more.
            try await checkpoints.forget()
        } catch {
            return false
        }
        await folder.remove(environment)
        return true
    }
}

extension SessionFolder {
    fileprivate func isUnused(since limit: Timestamp) -> Bool {
        LocalFiles.changed(file).map { $0 < limit } ?? false
    }

    /// The states of its work tree, outside of any attempt.
    fileprivate func checkpoints(of id: TaskID, _ environment: [String: String]) async throws -> Checkpoints {
        guard let link = LocalFiles.read("\(path)/work/.git")?.trimmed, link.hasPrefix("gitdir: ") else {
            throw Errno.noSuchFileOrDirectory
        }
        let setting = Toolbox.Setting(
            root: "\(path)/work",
            gitDirectory: String(link.dropFirst("gitdir: ".count)),
            scratch: try YggAgent.Scratch(path: "\(path)/scratch", personalHome: environment["HOME"]),
            environment: environment,
            isolation: await Isolation.here
        )
        return try await Checkpoints(setting, base: "HEAD", owner: id.rawValue)
    }
}
