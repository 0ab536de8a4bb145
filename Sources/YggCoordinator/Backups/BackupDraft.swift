import Glibc
import YggCore
import YggStorage

/// A backup that is being made, step by step, under a name that no whole one has. Killed after any of its steps, it is a
/// leftover.
struct BackupDraft: Sendable {
    let source: StoreLayout
    let folder: BackupFolder
    /// What it will be called.
    let name: String

    var path: String { folder.draft(of: name) }
    private var store: StoreLayout { StoreLayout(directory: path) }

    /// Waits for the disk.
    func begin() throws {
        guard mkdir(path, 0o700) == 0 else { throw fileFailure(to: "create \(path)") }
    }

    /// First, because artifacts are only ever added before the row that names them: whatever the copy names was there.
    /// Waits for the disk.
    func copyDatabase() throws {
        try SQLiteFile.copy(source.database, to: store.database)
        guard chmod(store.database, 0o600) == 0 else { throw fileFailure(to: "protect \(store.database)") }
    }

    /// - Parameter previous: a whole backup in the same folder.
    func copyArtifacts(
        sharingWith previous: Backup?,
        progress: @escaping @Sendable (ArtifactTransfer) -> Void
    ) async throws -> ArtifactTransfer {
        var transfer = try await ArtifactTransfer.run(
            from: source.artifacts,
            to: store.artifacts,
            namedBy: store.database,
            sharingWith: previous.map { StoreLayout(directory: $0.path).artifacts },
            progress: progress
        )
        // What retention removed meanwhile is removed from the copy as well.
        let forgotten = try await DiskQueue().run { [self, missing = transfer.missing] in
            try missing.filter { hash in
                try !SQLiteFile.read(source.database) { try ArtifactIndex.isReferenced(hash, in: $0) }
            }
        }
        try await DiskQueue().run { [self] in
            for hash in forgotten { try SQLiteFile.write(store.database) { try ArtifactIndex.remove(hash, in: $0) } }
        }
        transfer.forget(Set(forgotten))
        return transfer
    }

    /// Keys and configuration, as far as there are any. Waits for the disk.
    /// - Returns: what was copied, below the backup's directory.
    func copyFiles(configuration: String?) throws -> [String] {
        var copied: [String] = []
        for (name, file) in source.keys + (configuration.map { [(StoreLayout.configurationName, $0)] } ?? [])
        where BackupFile.exists(file) {
            if name.contains("/") { try makeDirectory(SQLiteFile.directory(of: "\(path)/\(name)")) }
            try BackupFile.copy(file, to: "\(path)/\(name)")
            if name.contains("/") { try syncDirectory(SQLiteFile.directory(of: "\(path)/\(name)")) }
            copied.append(name)
        }
        return copied
    }

    /// Opens what was copied and looks whether it is whole. Waits for the disk.
    func verify(_ transfer: ArtifactTransfer, files: [String]) throws -> (StoreContents, [BackupManifest.File]) {
        let damage = try SQLiteFile.damage(of: store.database)
        guard damage.isEmpty, try SQLiteFile.schema(of: store.database) != nil else {
            throw UpkeepError(
                detail: "The copy of the database is damaged: \(damage.first ?? "it is no store of Yggdrasil").",
                next: "Look whether the store itself is whole: ygg db check"
            )
        }
        let contents = try SQLiteFile.read(store.database) { try StoreContents(in: $0) }
        guard contents.artifacts == transfer.count + transfer.missing.count else {
            throw UpkeepError(
                detail: "\(transfer.count) artifacts were copied, and the database names \(contents.artifacts).",
                next: "Try again; nothing was kept of this one."
            )
        }
        let kept = try ([StoreLayout.databaseName] + files).map { name in
            let (sha256, size) = try BackupFile.digest(of: "\(path)/\(name)")
            return BackupManifest.File(path: name, size: size, sha256: sha256)
        }
        return (contents, kept)
    }

    /// Writes down what it is and gives it its name. Waits for the disk.
    func seal(_ manifest: BackupManifest) throws -> Backup {
        try writeManifest(manifest)
        let final = "\(folder.path)/\(name)"
        guard rename(path, final) == 0 else { throw fileFailure(to: "rename \(path)") }
        try syncDirectory(folder.path)
        return try Backup(at: final)
    }

    func writeManifest(_ manifest: BackupManifest) throws {
        let text = JSON.object(manifest.json).prettyText + "\n"
        try BackupFile.write(Array(text.utf8), to: "\(path)/\(BackupManifest.fileName)")
        try syncDirectory(path)
    }

    /// Waits for the disk.
    func discard() throws { try BackupFolder.removeTree(path) }
}
