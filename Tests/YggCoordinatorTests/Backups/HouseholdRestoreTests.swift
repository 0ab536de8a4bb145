import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct HouseholdRestoreTests {
    private static let evidence = Array("evidence".utf8)

    @Test func `on an empty machine everything is there again, and fenced`() async throws {
        try await BackupGround.with { ground in
            let secret = try await ground.fill()
            let backup = try await ground.back().backup
            try FileManager.default.removeItem(atPath: ground.data.directory)
            let layout = try ground.empty()
            let result = try await HouseholdRestore.run(backup, into: layout, at: .now)
            #expect(result.store.openTasks == 1 && result.store.artifacts == 1 && result.store.missing == [])
            #expect(result.keys == ["admin.token", "executor/key.json"])
            #expect(result.tokens.map(\.name) == ["freya"])
            #expect(
                try ground.names(in: layout.directory).filter { $0 != "ygg.sqlite.lock" }
                    == ["admin.token", "artifacts", "executor", "ygg.sqlite", "yggdrasil.yaml"]
            )
            #expect(ground.text("\(layout.directory)/admin.token") == "ygg_operator_secret\n")
            #expect(result.configuration.flatMap(ground.text) == ground.text(ground.configuration))
            #expect(try BackupGround.status("\(layout.directory)/executor/key.json").st_mode & 0o777 == 0o600)
            try await Household.with(directory: layout.directory) { household in
                #expect(household.coordinator.identity.storeID == result.store.storeID)
                #expect(result.store.storeID != backup.manifest.contents.storeID)
                #expect(try household.coordinator.access.principal(showing: secret) { "" }.name == "freya")
                let bytes = try await household.coordinator.artifact(
                    ArtifactStore.hash(of: Self.evidence),
                    of: TaskID(trusted: "done")
                )
                #expect(try await bytes.all() == Self.evidence)
                #expect(try await household.coordinator.task(TaskID(trusted: "open")).epoch == Restoration.jump)
            }
            #expect(try await StoreInspection(of: layout).problems == [])
        }
    }

    @Test func `a byte that changed is found wherever it is, and nothing is written`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let backup = try await ground.back().backup
            let layout = try ground.empty()
            let damaged = [
                "\(backup.path)/ygg.sqlite", "\(backup.path)/admin.token",
                BackupGround.artifact(Self.evidence, in: backup.path),
            ]
            for path in damaged {
                let bytes = try #require(FileManager.default.contents(atPath: path))
                try BackupGround.damage(path)
                let error = await #expect(throws: UpkeepError.self, "\(path)") {
                    try await HouseholdRestore.run(backup, into: layout, at: .now)
                }
                #expect(error?.next.contains("Nothing was changed") == true, "\(path)")
                #expect(try ground.names(in: layout.directory).filter { $0 != "ygg.sqlite.lock" } == [])
                try bytes.write(to: URL(filePath: path))
            }
            try FileManager.default.removeItem(atPath: "\(backup.path)/admin.token")
            let error = await #expect(throws: UpkeepError.self) { try await HouseholdRestore.verify(backup) }
            #expect(error?.detail.contains("admin.token is missing") == true)
            try ground.write("{}", "\(backup.path)/manifest.json")
            #expect(throws: UpkeepError.self) { try Backup(at: backup.path) }
        }
    }

    @Test(arguments: ["ygg.sqlite", "executor", "photos"])
    func `a data directory that is used is left alone`(_ name: String) async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let backup = try await ground.back().backup
            let layout = try ground.empty()
            try ground.write("", "\(layout.directory)/\(name)")
            let error = await #expect(throws: UpkeepError.self) {
                try await HouseholdRestore.run(backup, into: layout, at: .now)
            }
            #expect(
                error?.detail.contains("is not empty: \(name)") == true && error?.next.contains("--data-dir") == true
            )
            #expect(try ground.names(in: layout.directory) == [name])
        }
    }

    /// How much of it a killed restore had moved to its place, in the order in which it does.
    @Test(arguments: 0...4)
    func `a restore that was killed is no household, and is made again`(_ moved: Int) async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let backup = try await ground.back().backup
            let layout = try ground.empty()
            _ = try await HouseholdRestore.run(backup, into: layout, at: .now)
            let draft = "\(layout.directory)/restoring"
            try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
            let names = ["artifacts", "executor", "admin.token", "yggdrasil.yaml", "ygg.sqlite"]
            for name in names.dropFirst(moved) {
                try FileManager.default.moveItem(atPath: "\(layout.directory)/\(name)", toPath: "\(draft)/\(name)")
            }
            #expect(HouseholdRestore.isUnfinished(in: layout))
            _ = try await HouseholdRestore.run(backup, into: layout, at: .now)
            #expect(!HouseholdRestore.isUnfinished(in: layout))
            #expect(!FileManager.default.fileExists(atPath: draft))
            #expect(try await StoreInspection(of: layout).problems == [])
        }
    }

    @Test func `what somebody put beside a killed restore is not removed`() async throws {
        try await BackupGround.with { ground in
            try await ground.fill()
            let backup = try await ground.back().backup
            let layout = try ground.empty()
            for folder in ["restoring", "executor"] {
                let path = "\(layout.directory)/\(folder)"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try ground.write("", "\(layout.directory)/executor/outbox")
            await #expect(throws: UpkeepError.self) {
                try await HouseholdRestore.run(backup, into: layout, at: .now)
            }
            #expect(try ground.names(in: "\(layout.directory)/executor") == ["outbox"])
        }
    }
}
