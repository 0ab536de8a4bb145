import FoundationEssentials
import Glibc
import YggCore
import YggStorage

/// A backup that is whole.
package struct Backup: Sendable, Hashable {
    /// Its directory.
    package var path: String
    package var manifest: BackupManifest

    /// - Throws: `UpkeepError` where there is no whole backup.
    package init(at path: String) throws {
        self.path = path
        let file = "\(path)/\(BackupManifest.fileName)"
        guard BackupFile.exists(file) else {
            throw UpkeepError(
                detail: "\(path) is no backup: there is no \(BackupManifest.fileName) in it.",
                next: "Name a directory that ygg backup has printed, or the folder it lies in."
            )
        }
        do {
            manifest = try BackupManifest(BackupFile.read(file))
        } catch let error as StorageError {
            throw error
        } catch {
            throw UpkeepError(
                detail: "\(file) cannot be used: \(error).",
                next: "It is damaged, or a newer version made it; try another backup."
            )
        }
    }
}

/// A folder that holds backups and nothing else: whole ones, each a directory named after its time, and what a kill has
/// left of others. Its calls wait for the disk.
package struct BackupFolder: Sendable {
    package let path: String

    private static let prefix = "yggdrasil-"
    private static let draftSuffix = ".draft"
    private static let removedSuffix = ".removed"
    private static let lockName = ".ygg-backup.lock"
    /// What file systems and desktops leave at the top of a disk, beside all that begins with a dot.
    private static let tolerated: Set = ["lost+found", "System Volume Information", "$RECYCLE.BIN"]

    package init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    /// Makes the folder where it is not there; what is above it must be.
    func make() throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            let reason = String(cString: strerror(errno))
            throw UpkeepError(detail: "The folder \(path) cannot be made: \(reason).", next: "Choose another place.")
        }
    }

    /// - Throws: where there is no folder. It is not made: a disk that is not mounted would be filled below its name.
    func requireThere() throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw UpkeepError(
                detail: "There is no folder \(path).",
                next: "Mount its disk, or make it: mkdir -m 700 \(path)"
            )
        }
    }

    /// One backup at a time.
    func lock() throws -> FileLock {
        do {
            return try FileLock(path: "\(path)/\(Self.lockName)")
        } catch is StorageError {
            throw UpkeepError(
                detail: "Another backup is being made in \(path), or this user may not write there.",
                next: "Wait for its end, or check the folder's permissions."
            )
        }
    }

    private func names() throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw UpkeepError(
                detail: "The folder \(path) cannot be read: \(fileReason(error)).",
                next: "Check its permissions."
            )
        }
    }

    /// The whole ones, the newest first.
    package func backups() throws -> [Backup] {
        // One that cannot be read is none: it is neither counted nor removed.
        try names().filter(Self.isBackup).compactMap { try? Backup(at: "\(path)/\($0)") }
            .sorted { ($0.manifest.madeAt, $0.path) > ($1.manifest.madeAt, $1.path) }
    }

    /// - Throws: where something lies in it that no backup is: who keeps other things there has meant another folder.
    func refuseStrangers() throws {
        let strangers = try names().filter { name in
            !name.hasPrefix(".") && !Self.tolerated.contains(name) && !Self.isBackup(name) && !Self.isLeftover(name)
        }
        guard let first = strangers.min() else { return }
        throw UpkeepError(
            detail: "\(path) holds \(strangers.count == 1 ? "" : "\(strangers.count) things, such as ")\(first), "
                + "which no backup is.",
            next: "Nothing was changed; name a folder for backups alone, such as \(path)/yggdrasil."
        )
    }

    /// Removes what a kill has left. Only under the lock.
    func sweep() throws {
        for name in try names() where Self.isLeftover(name) { try Self.removeTree("\(path)/\(name)") }
    }

    /// A name that is not taken, made of the time: `yggdrasil-20260301T030000Z`.
    func freeName(at now: Timestamp) -> String {
        let digits = String(now.description.filter { $0.isNumber || $0 == "T" }.prefix(15))
        let name = "\(Self.prefix)\(digits)Z"
        guard BackupFile.exists("\(path)/\(name)") else { return name }
        var number = 2
        while BackupFile.exists("\(path)/\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }

    func draft(of name: String) -> String { "\(path)/\(name)\(Self.draftSuffix)" }

    /// Removes the oldest backups of a store but so many. Those of other stores stay: a household that begins anew before
    /// it has restored must not lose its past to its new beginning.
    /// - Parameter newest: one that stays in any case.
    /// - Returns: those that are gone.
    func prune(keeping count: Int, like newest: Backup) throws -> [String] {
        let others = try backups().filter {
            $0.path != newest.path && $0.manifest.contents.storeID == newest.manifest.contents.storeID
        }
        return try others.dropFirst(max(0, count - 1)).map { backup in
            try remove(backup)
            return backup.path
        }
    }

    /// Takes the name away first: what is half removed has no name that a whole backup could have.
    private func remove(_ backup: Backup) throws {
        let grave = backup.path + Self.removedSuffix
        guard rename(backup.path, grave) == 0 else { throw fileFailure(to: "remove \(backup.path)") }
        try syncDirectory(path)
        try Self.removeTree(grave)
    }

    static func removeTree(_ path: String) throws {
        guard BackupFile.exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw UpkeepError(detail: "\(path) cannot be removed: \(fileReason(error)).", next: "Remove it by hand.")
        }
    }

    private static func isBackup(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        return name.dropFirst(prefix.count).utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "TZ-".utf8.contains($0)
        }
    }

    private static func isLeftover(_ name: String) -> Bool {
        [draftSuffix, removedSuffix].contains { name.hasSuffix($0) && isBackup(String(name.dropLast($0.count))) }
    }
}
