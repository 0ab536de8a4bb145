import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct BackupTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/ygg-backup-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func `a restore keeps the store that was there, and waits for no running coordinator`() async throws {
        try await withFolder { folder in
            let data = "\(folder)/data"
            let file = "\(folder)/backup.sqlite"
            try await Household.with(directory: data) { household in
                try await household.submit("early")
                _ = try StoreBackup.database(of: household.layout, to: file)
                #expect(throws: UpkeepError.self) { try StoreBackup.database(of: household.layout, to: file) }
                try await household.submit("late")
                let error = await #expect(throws: StorageError.self) {
                    try await StoreRestore.run(file, into: household.layout, at: .now)
                }
                #expect(error?.detail.contains("stop that one first") == true)
            }
            let layout = StoreLayout(directory: data)
            let result = try await StoreRestore.run(file, into: layout, at: .now)
            let before = try #require(result.before)
            try await Household.with(directory: data) { household in
                let (early, late) = (try await household.exists("early"), try await household.exists("late"))
                #expect(early && !late)
            }
            let kept = try SQLiteFile.read(before) { try TaskStore().task(TaskID(trusted: "late"), in: $0) }
            #expect(kept != nil)
        }
    }

    @Test func `what is no backup changes nothing`() async throws {
        try await withFolder { folder in
            let data = "\(folder)/data"
            try await Household.with(directory: data) { household in _ = try await household.submit("kept") }
            let layout = StoreLayout(directory: data)
            let damaged = "\(folder)/damaged.sqlite"
            try FileManager.default.copyItem(atPath: layout.database, toPath: damaged)
            let handle = try #require(fopen(damaged, "r+"))
            fseek(handle, 4096 * 3, SEEK_SET)
            fputs(String(repeating: "damage", count: 2000), handle)
            fclose(handle)
            for bad in [damaged, "\(folder)/nowhere", folder] {
                await #expect(throws: (any Error).self) { try await StoreRestore.run(bad, into: layout, at: .now) }
            }
            try await Household.with(directory: data) { household in
                let isKept = try await household.exists("kept")
                #expect(isKept)
            }
            #expect(!FileManager.default.fileExists(atPath: layout.database + ".restoring"))
        }
    }

    @Test func `an inspection finds bytes that are missing or not what they should be`() async throws {
        try await Household.with { household in
            let (lost, changed): ([UInt8], [UInt8]) = (Array("lost".utf8), Array("changed".utf8))
            try await household.submit("task")
            try await household.start("task")
            try await household.upload(lost, to: "task")
            try await household.upload(changed, to: "task")
            try FileManager.default.removeItem(atPath: household.file(of: lost))
            try "CHANGED".write(toFile: household.file(of: changed), atomically: true, encoding: .utf8)
            let problems = try await StoreInspection(of: household.layout).problems
            #expect(
                Set(problems) == [
                    "Artifact \(ArtifactStore.hash(of: lost)) is missing.",
                    "Artifact \(ArtifactStore.hash(of: changed)) does not have the bytes that its name says.",
                ]
            )
        }
    }

    @Test func `a migration keeps a copy of the store as it was`() async throws {
        try await withFolder { folder in
            let layout = StoreLayout(directory: folder)
            let old = try SQLiteDatabase(path: layout.database)
            try await Migrator.migrate(old, to: 1)
            await old.close()
            let result = try await StoreMigration.run(layout)
            #expect(result.from == 1)
            #expect(result.to == Migrator.newest)
            let copy = try #require(result.copy)
            #expect(try SQLiteFile.schema(of: copy) == 1)
            #expect(try SQLiteFile.schema(of: layout.database) == Migrator.newest)
            #expect(try await StoreMigration.run(layout).copy == nil, "there is nothing left to do")
        }
    }
}
