import Glibc
package import YggCore
import YggStorage

/// Makes a backup of everything that a coordinator needs to begin again elsewhere: database, artifacts, keys and
/// configuration. The coordinator may run meanwhile.
///
/// What is in the folder under the name of a backup is always whole: it is made under another name, opened and looked
/// through, and renamed. Each is complete in itself. What two of them have in common they share, as two names of one
/// file, where the file system has such names.
package struct HouseholdBackup: Sendable {
    package struct Result: Sendable {
        package var backup: Backup
        /// Artifacts that it shares with the one before.
        package var shared: Int
        /// Older ones that were removed.
        package var removed: [String]
    }

    package var layout: StoreLayout
    /// The configuration file, where there is one.
    package var configuration: String?
    /// The name of this machine.
    package var host: String

    package init(layout: StoreLayout, configuration: String?, host: String) {
        self.layout = layout
        self.configuration = configuration
        self.host = host
    }

    /// - Parameters:
    ///   - makingFolder: whether a folder that is not there is made.
    ///   - count: how many backups of this store stay; nil removes none.
    ///   - progress: told after every artifact.
    package func run(
        into folder: BackupFolder,
        makingFolder: Bool,
        keeping count: Int? = nil,
        at now: Timestamp,
        progress: @escaping @Sendable (ArtifactTransfer) -> Void = { _ in }
    ) async throws -> Result {
        let disk = DiskQueue()
        let lock = try await disk.run {
            if makingFolder { try folder.make() }
            try folder.requireThere()
            try folder.refuseStrangers()
            return try folder.lock()
        }
        defer { lock.release() }
        let (draft, previous) = try await disk.run { [layout] in
            try folder.sweep()
            let draft = BackupDraft(source: layout, folder: folder, name: folder.freeName(at: now))
            try draft.begin()
            return (draft, try folder.backups().first)
        }
        let backup: Backup
        let transfer: ArtifactTransfer
        do {
            try await disk.run { try draft.copyDatabase() }
            transfer = try await draft.copyArtifacts(sharingWith: previous, progress: progress)
            backup = try await disk.run { [transfer] in try seal(draft, transfer, at: now) }
        } catch {
            // The error that is told is the first; what cannot be removed now is swept by the next backup.
            _ = await disk.run { try? draft.discard() }
            throw error
        }
        let removed = try await disk.run { try count.map { try folder.prune(keeping: $0, like: backup) } ?? [] }
        return Result(backup: backup, shared: transfer.shared, removed: removed)
    }

    private func seal(_ draft: BackupDraft, _ transfer: ArtifactTransfer, at now: Timestamp) throws -> Backup {
        let files = try draft.copyFiles(configuration: configuration)
        let (contents, kept) = try draft.verify(transfer, files: files)
        return try draft.seal(
            BackupManifest(
                program: YggVersion.current,
                madeAt: now,
                host: host,
                configuration: files.contains(StoreLayout.configurationName) ? configuration : nil,
                contents: contents,
                files: kept,
                missing: transfer.missing
            )
        )
    }
}
