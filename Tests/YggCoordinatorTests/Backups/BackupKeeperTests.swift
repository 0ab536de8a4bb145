import FoundationEssentials
import Testing
import YggCore
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct BackupKeeperTests {
    private static let start = Timestamp(milliseconds: 1_772_366_400_000)

    private static func with(
        _ ground: BackupGround,
        _ clock: SetClock,
        _ body: (BackupKeeper, Coordinator) async throws -> Void
    ) async throws {
        let settings = BackupSettings(directory: ground.folder.path, keep: 2)
        try await Household.with(
            directory: ground.data.directory,
            backup: settings,
            machine: clock.machine
        ) { household in
            let keeper = BackupKeeper(
                coordinator: household.coordinator,
                settings: settings,
                logger: Household.quiet
            )
            try await body(keeper, household.coordinator)
        }
    }

    @Test func `it makes one a day, keeps so many, and a restart forgets nothing`() async throws {
        try await BackupGround.with { ground in
            let clock = SetClock(Self.start)
            try ground.folder.make()
            try await Self.with(ground, clock) { keeper, _ in
                #expect(await keeper.step() == .days(1))
                clock.advance(.hours(23))
                #expect(await keeper.step() == .hours(1))
                let count = try ground.folder.backups().count
                #expect(count == 1)
            }
            try await Self.with(ground, clock) { keeper, coordinator in
                #expect(await keeper.step() == .hours(1), "the one of before counts")
                #expect(coordinator.backupAge == .hours(23))
                for _ in 0..<3 {
                    clock.advance(.days(1))
                    #expect(await keeper.step() == .days(1))
                }
                let made = try ground.folder.backups().map(\.manifest.madeAt)
                #expect(made == [clock.now, clock.now + .days(-1)])
            }
        }
    }

    @Test func `a folder that is not there is a problem until a backup is made into it`() async throws {
        try await BackupGround.with { ground in
            let clock = SetClock(Self.start)
            try await Self.with(ground, clock) { keeper, coordinator in
                #expect(await keeper.step() == .minutes(1))
                let detail = try #require(coordinator.backupVerdict.detail)
                #expect(coordinator.backupVerdict.isWarning && detail.contains("Mount its disk"))
                #expect(
                    !FileManager.default.fileExists(atPath: ground.folder.path),
                    "it is not made below a mount point"
                )
                clock.advance(.days(2))
                #expect(coordinator.backupVerdict.detail?.contains("There is no backup.") == true)
                // By hand.
                try await ground.back(at: clock.now)
                #expect(await keeper.step() == .days(1))
                #expect(coordinator.backupVerdict.newest == clock.now)
                #expect(coordinator.backupVerdict.detail?.contains("failed") != true)
            }
        }
    }

    @Test func `a folder on the device of the data is a problem`() async throws {
        try await BackupGround.with { ground in
            try ground.folder.make()
            try await Self.with(ground, SetClock(Self.start)) { keeper, coordinator in
                _ = await keeper.step()
                #expect(coordinator.backupVerdict.detail?.contains("on the same device as the data") == true)
            }
        }
    }
}
