import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct HouseholdBackupTests {
    private static let evidence = Array("evidence".utf8)

    @Test func `a backup holds everything, says what, and is for its owner alone`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let result = try await ground.back()
            let backup = result.backup
            let contents = backup.manifest.contents
            #expect(contents.tasks == [.succeeded: 1, .queued: 1])
            #expect(contents.tokens == 1 && contents.artifacts == 1 && contents.artifactBytes == 8)
            #expect(contents.schema == Migrator.newest && backup.manifest.missing == [])
            #expect(backup.manifest.configuration == ground.configuration && backup.manifest.host == "surtr")
            #expect(
                backup.manifest.files.map(\.path) == [
                    "ygg.sqlite", "admin.token", "executor/key.json", "yggdrasil.yaml",
                ]
            )
            #expect(try Backup(at: backup.path) == backup, "what is written is what is read")
            #expect(try await StoreInspection(of: StoreLayout(directory: backup.path)).problems == [])
            for name in backup.manifest.files.map(\.path) + ["manifest.json"] {
                #expect(try BackupGround.status("\(backup.path)/\(name)").st_mode & 0o777 == 0o600, "\(name)")
            }
            for folder in [ground.folder.path, backup.path, "\(backup.path)/executor", "\(backup.path)/artifacts"] {
                #expect(try BackupGround.status(folder).st_mode & 0o777 == 0o700, "\(folder)")
            }
        }
    }

    @Test func `a backup of a running coordinator is of one moment`() async throws {
        try await BackupGround.with { ground in
            try await Household.with(directory: ground.data.directory) { household in
                try await household.submit("early")
                let backup = try await ground.back().backup
                try await household.submit("late")
                #expect(backup.manifest.contents.tasks == [.queued: 1])
                let names = try SQLiteFile.read("\(backup.path)/ygg.sqlite") { tx in
                    try ["early", "late"].filter { try TaskStore().task(TaskID(trusted: $0), in: tx) != nil }
                }
                #expect(names == ["early"])
            }
        }
    }

    @Test func `what a backup has in common with the one before takes no space again`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let (first, second) = (try await ground.back(), try await ground.back())
            #expect(first.shared == 0 && second.shared == 1)
            let files = [first, second].map { BackupGround.artifact(Self.evidence, in: $0.backup.path) }
            #expect(try BackupGround.status(files[0]).st_ino == BackupGround.status(files[1]).st_ino)
            // What was damaged is not passed on.
            try BackupGround.damage(files[1])
            let third = try await ground.back()
            #expect(third.shared == 0)
            try await HouseholdRestore.verify(third.backup)
        }
    }

    @Test func `killed after any step, it leaves the older ones whole and nothing that looks like one`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let whole = try await ground.back().backup
            for steps in 1...5 {
                let draft = BackupDraft(
                    source: ground.data,
                    folder: ground.folder,
                    name: ground.folder.freeName(at: .now + .hours(Int64(steps)))
                )
                try draft.begin()
                var transfer: ArtifactTransfer?
                if steps > 1 { try draft.copyDatabase() }
                if steps > 2 { transfer = try await draft.copyArtifacts(sharingWith: whole) { _ in } }
                let files = steps > 3 ? try draft.copyFiles(configuration: nil) : []
                if steps > 4, let transfer {
                    let (contents, kept) = try draft.verify(transfer, files: files)
                    var manifest = whole.manifest
                    (manifest.contents, manifest.files) = (contents, kept)
                    try draft.writeManifest(manifest)
                }
                #expect(try ground.folder.backups() == [whole], "after \(steps) steps")
                #expect(try HouseholdRestore.backup(at: ground.folder.path) == whole)
            }
            // Half removed, too.
            try FileManager.default.copyItem(atPath: whole.path, toPath: whole.path + ".removed")
            #expect(try ground.folder.backups() == [whole])
            let next = try await ground.back().backup
            #expect(try ground.folder.backups() == [next, whole])
            #expect(try ground.names(in: ground.folder.path).filter { $0.contains(".d") || $0.contains(".r") } == [])
            try await HouseholdRestore.verify(whole)
        }
    }

    @Test func `one that fails leaves nothing behind`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let whole = try await ground.back().backup
            try FileManager.default.removeItem(atPath: ground.data.database)
            await #expect(throws: StorageError.self) { try await ground.back() }
            #expect(try ground.names(in: ground.folder.path).filter { !$0.hasPrefix(".") } == [name(of: whole)])
        }
    }

    private func name(of backup: Backup) -> String { String(backup.path.split(separator: "/").last ?? "") }

    @Test func `an artifact that is lost is said, and the rest is kept`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            try BackupGround.damage(BackupGround.artifact(Self.evidence, in: ground.data.directory))
            let backup = try await ground.back().backup
            #expect(backup.manifest.missing == [ArtifactStore.hash(of: Self.evidence)])
            let restored = try await HouseholdRestore.run(backup, into: try ground.empty(), at: .now)
            #expect(restored.store.missing == backup.manifest.missing)
        }
    }

    @Test func `so many stay, and those of another store stay too`() async throws {
        try await BackupGround.with { ground in
            let start = Timestamp.now
            try await ground.fill()
            let foreign = try await ground.back(at: start + .days(-100)).backup
            try FileManager.default.removeItem(atPath: ground.data.directory)
            try await ground.fill()
            var last: HouseholdBackup.Result?
            for day in 0..<5 { last = try await ground.back(at: start + .days(Int64(day)), keeping: 3) }
            #expect(last?.removed.count == 1)
            let left = try ground.folder.backups()
            #expect(left.map(\.manifest.madeAt).first == last?.backup.manifest.madeAt)
            #expect(left.count == 4 && left.last == foreign)
            // What a wrong clock made looks newer; the one that was just made is not removed for it.
            let wrong = try await ground.back(at: start + .days(900), keeping: 3).backup
            let right = try await ground.back(at: start + .days(6), keeping: 1)
            #expect(right.removed.contains(wrong.path))
            #expect(try ground.folder.backups() == [right.backup, foreign])
        }
    }

    @Test func `a folder with other things in it, or in use, is refused`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            try ground.folder.make()
            try ground.write("", "\(ground.folder.path)/photo.jpg")
            var error = await #expect(throws: UpkeepError.self) { try await ground.back() }
            #expect(error?.detail.contains("photo.jpg") == true && error?.next.contains("/yggdrasil") == true)
            try FileManager.default.removeItem(atPath: "\(ground.folder.path)/photo.jpg")
            let lock = try ground.folder.lock()
            error = await #expect(throws: UpkeepError.self) { try await ground.back() }
            #expect(error?.detail.contains("Another backup is being made") == true)
            lock.release()
            try await ground.back()
            error = await #expect(throws: UpkeepError.self) {
                try await ground.maker.run(into: BackupFolder("\(ground.path)/nowhere"), makingFolder: false, at: .now)
            }
            #expect(error?.next.contains("Mount its disk") == true)
        }
    }
}
