import Glibc
package import YggCore
import YggStorage

/// Puts a backup in the place of a store.
///
/// The restored store is a store of its own: it has a new id, so that every executor ends its work and registers anew,
/// and epochs and sequence numbers of open tasks jump, so that nothing of the lost time is taken for something of this
/// one. The store that was there is kept beside it.
package enum StoreRestore {
    package struct Result: Sendable {
        package var storeID: String
        package var openTasks: Int
        package var artifacts: Int
        /// Artifacts that tasks name and that neither the backup nor the data directory has.
        package var missing: [String]
        /// Where the store lies that was there before.
        package var before: String?
    }

    /// - Parameter backup: a backup of `HouseholdBackup`, or a file of `StoreBackup`.
    /// - Throws: where a coordinator runs on the directory, or the backup is damaged. Then nothing was changed.
    package static func run(
        _ backup: String,
        into layout: StoreLayout,
        at now: Timestamp,
        progress: @escaping @Sendable (ArtifactTransfer) -> Void = { _ in }
    ) async throws -> Result {
        let lock = try layout.lock()
        defer { lock.release() }
        let source = try location(of: backup)
        let draft = "\(layout.database).restoring"
        try SQLiteFile.remove(draft)
        try SQLiteFile.copy(source.database, to: draft)
        let damage = try SQLiteFile.damage(of: draft)
        guard damage.isEmpty, try SQLiteFile.schema(of: draft) != nil else {
            try SQLiteFile.remove(draft)
            let reason = damage.first ?? "it is no store of Yggdrasil"
            throw UpkeepError(
                detail: "The backup \(backup) cannot be used: \(reason).",
                next: "Nothing was changed; try an older backup."
            )
        }
        var random = SystemRandomNumberGenerator()
        var ids = TaskIDMaker()
        let storeID = ids.next(at: now, random: &random).rawValue
        let openTasks = try await adopt(draft, storeID: storeID, at: now)
        // Bytes before the rows that name them, as always.
        let transfer = try await ArtifactTransfer.run(
            from: source.artifacts,
            to: layout.artifacts,
            namedBy: draft,
            progress: progress
        )
        let before = try keepAside(layout, at: now)
        guard rename(draft, layout.database) == 0 else {
            throw UpkeepError(
                detail: "\(draft) cannot be renamed: \(String(cString: strerror(errno))).",
                next: "Nothing was changed; check the data directory's permissions."
            )
        }
        try SQLiteFile.makeDurable(layout.directory)
        return Result(
            storeID: storeID,
            openTasks: openTasks,
            artifacts: transfer.count,
            missing: transfer.missing,
            before: before
        )
    }

    private static func location(of backup: String) throws -> Source {
        var status = stat()
        guard stat(backup, &status) == 0 else {
            throw UpkeepError(
                detail: "There is no backup \(backup).",
                next: "Name a file of ygg db backup, or a directory of ygg backup."
            )
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Source(database: backup) }
        let layout = StoreLayout(directory: backup)
        guard access(layout.database, F_OK) == 0 else {
            throw UpkeepError(
                detail: "\(backup) holds no backup: there is no ygg.sqlite in it.",
                next: "Name the directory that ygg backup has printed."
            )
        }
        return Source(database: layout.database, artifacts: layout.artifacts)
    }

    private struct Source {
        var database: String
        /// nil where the backup is the database alone.
        var artifacts: String?
    }

    private static func adopt(_ draft: String, storeID: String, at now: Timestamp) async throws -> Int {
        let database = try SQLiteDatabase(path: draft)
        do {
            try await Migrator.migrate(database)
            let count = try await Restoration.adopt(database, newID: storeID, at: now)
            await database.close()
            unlink("\(draft).lock")
            try SQLiteFile.settle(draft)
            try SQLiteFile.makeDurable(draft)
            return count
        } catch {
            await database.close()
            throw error
        }
    }

    /// Gives the store that is there a second name. Its first one is taken over by a rename, so at no moment a
    /// coordinator that starts would find none and begin an empty one.
    private static func keepAside(_ layout: StoreLayout, at now: Timestamp) throws -> String? {
        guard access(layout.database, F_OK) == 0 else { return nil }
        let digits = now.description.filter { $0.isNumber || $0 == "T" }.prefix(15)
        let aside = layout.free("before-restore-\(digits)")
        // A store that is too damaged to be opened is kept as it is, with its log.
        try? SQLiteFile.settle(layout.database)
        guard link(layout.database, aside) == 0 else {
            throw UpkeepError(
                detail: "The present store cannot be kept as \(aside): \(String(cString: strerror(errno))).",
                next: "Nothing was changed; free some space or check the permissions."
            )
        }
        // A log left here would be taken for the restored store's.
        for suffix in ["-wal", "-shm"] where access(layout.database + suffix, F_OK) == 0 {
            guard rename(layout.database + suffix, aside + suffix) == 0 else {
                throw UpkeepError(
                    detail: "\(layout.database)\(suffix) cannot be moved: \(String(cString: strerror(errno))).",
                    next: "Check the data directory's permissions."
                )
            }
        }
        return aside
    }
}
