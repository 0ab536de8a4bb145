import FoundationEssentials
import Glibc
package import YggCore
import YggStorage

/// Brings a household back from a backup, onto a machine that has none.
///
/// Everything is looked through first, then put together in a directory of its own below the data directory, and moved to
/// its place with the database as the last: until that is there nothing is, and `isUnfinished` says so.
package struct HouseholdRestore: Sendable {
    package struct Result: Sendable {
        package var backup: Backup
        package var store: StoreRestore.Result
        /// Keys that came back, by their names below the data directory.
        package var keys: [String]
        /// Where the configuration file lies now.
        package var configuration: String?
        /// Everyone whose token is in the store.
        package var tokens: [AccessToken]
        package var executors: [ExecutorID]
    }

    private static let draftName = "restoring"
    /// What stands in a data directory without saying that it is used.
    private static let tolerated: Set = [draftName, "\(StoreLayout.databaseName).lock", "logs", "lost+found"]
    /// In the order in which it is moved to its place.
    private static let moved = [
        "artifacts", "executor", "admin.token", StoreLayout.configurationName, StoreLayout.databaseName,
    ]

    /// The backup that is meant: the one at the path, or the newest in the folder there.
    package static func backup(at path: String) throws -> Backup {
        let folder = BackupFolder(path)
        if !BackupFile.exists("\(folder.path)/\(BackupManifest.fileName)"), BackupFile.exists(folder.path),
            case let backups = try folder.backups(), let newest = backups.first
        {
            let stores = Set(backups.map(\.manifest.contents.storeID))
            guard stores.count == 1 else { throw severalStores(backups, in: folder) }
            return newest
        }
        return try Backup(at: folder.path)
    }

    /// A coordinator that was begun anew, empty, may have made the newest.
    private static func severalStores(_ backups: [Backup], in folder: BackupFolder) -> UpkeepError {
        var newest: [String: Backup] = [:]
        for backup in backups.reversed() { newest[backup.manifest.contents.storeID] = backup }
        let list = newest.values.sorted { $0.path < $1.path }.map { backup in
            "\(backup.path) (\(backup.manifest.contents.tasks.values.reduce(0, +)) tasks)"
        }
        return UpkeepError(
            detail: "\(folder.path) has backups of \(newest.count) stores. The newest of each: "
                + list.joined(separator: ", ") + ".",
            next: "Name the one that is meant: ygg restore BACKUP"
        )
    }

    /// Whether a restore into the directory was killed. What is there then is no household.
    package static func isUnfinished(in layout: StoreLayout) -> Bool {
        BackupFile.exists("\(layout.directory)/\(draftName)") && !BackupFile.exists(layout.database)
    }

    /// - Throws: where the data directory is used, or anything of the backup is not as it was when it was made. Then
    ///   nothing was changed.
    package static func run(
        _ backup: Backup,
        into layout: StoreLayout,
        at now: Timestamp,
        progress: @escaping @Sendable (ArtifactTransfer) -> Void = { _ in }
    ) async throws -> Result {
        try refuseUsed(layout)
        let lock = try layout.lock()
        defer { lock.release() }
        try await verify(backup)
        try removeLeftovers(in: layout)
        let draft = StoreLayout(directory: "\(layout.directory)/\(draftName)")
        try makeDirectory(draft.directory)
        let store: StoreRestore.Result
        do {
            store = try await StoreRestore.run(backup.path, into: draft, at: now, progress: progress)
            for file in backup.manifest.files where file.path != StoreLayout.databaseName {
                let target = "\(draft.directory)/\(file.path)"
                let folder = SQLiteFile.directory(of: target)
                try makeDirectory(folder)
                try BackupFile.copy("\(backup.path)/\(file.path)", to: target)
                try syncDirectory(folder)
            }
        } catch {
            // The error that is told is the first; what cannot be removed now is by the next restore.
            try? BackupFolder.removeTree(draft.directory)
            throw error
        }
        try syncDirectory(draft.directory)
        try install(draft, into: layout)
        let names = Set(backup.manifest.files.map(\.path))
        let (tokens, executors) = try SQLiteFile.read(layout.database) { tx in
            (try TokenStore.all(in: tx), try ExecutorStore.all(in: tx).map(\.id))
        }
        return Result(
            backup: backup,
            store: store,
            keys: layout.keys.map(\.name).filter(names.contains),
            configuration: names.contains(StoreLayout.configurationName)
                ? "\(layout.directory)/\(StoreLayout.configurationName)" : nil,
            tokens: tokens,
            executors: executors
        )
    }

    // MARK: The backup

    /// Everything is there and has the bytes that it had.
    static func verify(_ backup: Backup) async throws {
        var problems: [String] = []
        let names = Set(
            StoreLayout(directory: "").keys.map(\.name) + [StoreLayout.configurationName, StoreLayout.databaseName]
        )
        for file in backup.manifest.files {
            // Its manifest is a file like any other: it does not say where files are put.
            guard names.contains(file.path) else {
                problems.append("\(file.path) is not a file of a backup")
                continue
            }
            let path = "\(backup.path)/\(file.path)"
            guard BackupFile.exists(path) else {
                problems.append("\(file.path) is missing")
                continue
            }
            let (sha256, size) = try BackupFile.digest(of: path)
            if sha256 != file.sha256 || size != file.size {
                problems.append("\(file.path) does not have the bytes that it had")
            }
        }
        if problems.isEmpty { problems = try await damagedArtifacts(of: backup) }
        guard let first = problems.first else { return }
        let more = problems.count == 1 ? "" : ", and \(problems.count - 1) more"
        throw UpkeepError(
            detail: "The backup \(backup.path) is damaged: \(first)\(more).",
            next: "Nothing was changed; try an older backup. What is whole of this one comes with: "
                + "ygg db restore \(backup.path)"
        )
    }

    private static func damagedArtifacts(of backup: Backup) async throws -> [String] {
        let layout = StoreLayout(directory: backup.path)
        let artifacts = ArtifactStore(directory: layout.artifacts)
        let known = Set(backup.manifest.missing)
        var problems: [String] = []
        var after = ""
        while true {
            let page = try SQLiteFile.read(layout.database) {
                try ArtifactIndex.page(after: after, limit: 500, in: $0)
            }
            guard let last = page.last else { return problems }
            after = last.sha256
            for (hash, size) in page where !known.contains(hash) {
                guard let complaint = try await artifacts.complaint(about: hash, size: size) else { continue }
                // A sentence, which becomes a part of one.
                problems.append("a" + complaint.dropFirst().dropLast())
            }
        }
    }

    // MARK: The data directory

    private static func refuseUsed(_ layout: StoreLayout) throws {
        let wasKilled = isUnfinished(in: layout)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: layout.directory)
        } catch {
            throw UpkeepError(
                detail: "\(layout.directory) cannot be read: \(fileReason(error)).",
                next: "Check its permissions."
            )
        }
        let used = names.filter { name in
            if tolerated.contains(name) { return false }
            return !(wasKilled && isOurs(name, in: layout))
        }
        guard let first = used.min() else { return }
        throw UpkeepError(
            detail: "The data directory \(layout.directory) is not empty: \(first) is in it.",
            next:
                "Nothing was changed; name an empty one with --data-dir. To put the backup in the place of the store that "
                + "is there, which is kept beside it: ygg db restore"
        )
    }

    /// Whether a killed restore may have put it there, and nobody else has put anything into it since.
    private static func isOurs(_ name: String, in layout: StoreLayout) -> Bool {
        guard name == "executor" else { return moved.contains(name) }
        let inside = (try? FileManager.default.contentsOfDirectory(atPath: "\(layout.directory)/\(name)")) ?? []
        return inside == ["key.json"]
    }

    /// The directory was empty before a killed restore, and no coordinator starts in it since.
    private static func removeLeftovers(in layout: StoreLayout) throws {
        if isUnfinished(in: layout) {
            for name in moved { try BackupFolder.removeTree("\(layout.directory)/\(name)") }
        }
        try BackupFolder.removeTree("\(layout.directory)/\(draftName)")
    }

    private static func install(_ draft: StoreLayout, into layout: StoreLayout) throws {
        for name in moved where BackupFile.exists("\(draft.directory)/\(name)") {
            // What the database names is there for good before the database is.
            if name == StoreLayout.databaseName { try syncDirectory(layout.directory) }
            guard rename("\(draft.directory)/\(name)", "\(layout.directory)/\(name)") == 0 else {
                throw fileFailure(to: "move \(name) into \(layout.directory)")
            }
        }
        try syncDirectory(layout.directory)
        try BackupFolder.removeTree(draft.directory)
    }
}
