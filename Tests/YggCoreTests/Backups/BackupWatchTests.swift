import Testing
import YggCore

@Suite struct BackupWatchTests {
    private static let start = Timestamp(milliseconds: 1_772_366_400_000)

    private static func watch(
        newest: Timestamp?,
        missing: Int = 0,
        isBesideData: Bool = false,
        at now: Timestamp = start
    ) -> BackupWatch {
        var watch = BackupWatch(interval: .days(1), startedAt: start)
        watch.found(.init(newest: newest, missing: missing, isBesideData: isBesideData), at: now)
        return watch
    }

    @Test func `the next one is due an interval after the newest that lies there, whoever made it`() {
        #expect(Self.watch(newest: nil).wait(at: Self.start) == .zero)
        let watch = Self.watch(newest: Self.start)
        #expect(watch.wait(at: Self.start + .hours(23)) == .hours(1))
        #expect(watch.wait(at: Self.start + .hours(24)) == .zero)
        #expect(watch.wait(at: Self.start + .days(9)) == .zero)
        #expect(BackupWatch(interval: nil, startedAt: Self.start).wait(at: Self.start) == nil)
    }

    @Test func `one that a wrong clock made in the future does not put the next one off`() {
        let watch = Self.watch(newest: Self.start + .days(400))
        #expect(watch.wait(at: Self.start) == .zero)
        #expect(watch.age(at: Self.start) == nil)
    }

    @Test func `after a failure it is tried again, later each time, and at the latest after an hour`() {
        var watch = Self.watch(newest: nil)
        var waits: [Int64] = []
        for _ in 0..<9 {
            watch.failed("No.", at: Self.start)
            waits.append((watch.wait(at: Self.start)?.rawValue ?? 0) / 60_000)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(watch.wait(at: Self.start + .days(-300)) == .hours(1), "a clock that was set back does not stop it")
        watch.found(.init(newest: Self.start, isBesideData: false), at: Self.start)
        #expect(watch.wait(at: Self.start) == .days(1))
        watch.failed("No.", at: Self.start + .days(1))
        #expect(watch.wait(at: Self.start + .days(1)) == .minutes(1), "it begins anew")
    }

    @Test func `what is wrong is said, with what to do`() {
        let good = Self.watch(newest: Self.start).verdict(at: Self.start + .hours(47))
        #expect(!good.isWarning && good.detail == nil && good.newest == Self.start)
        let old = Self.watch(newest: Self.start).verdict(at: Self.start + .days(2))
        #expect(old.isWarning && old.detail?.contains("no backup since 2026-03-01T12:00:00.000Z") == true)
        #expect(!Self.watch(newest: nil).verdict(at: Self.start).isWarning, "the first one is being made")
        #expect(
            Self.watch(newest: nil).verdict(at: Self.start + .days(2)).detail?.contains("There is no backup.") == true
        )
        let beside = Self.watch(newest: Self.start, isBesideData: true).verdict(at: Self.start)
        #expect(beside.isWarning && beside.detail?.contains("folder on another disk") == true)
        let lacking = Self.watch(newest: Self.start, missing: 2).verdict(at: Self.start)
        #expect(lacking.isWarning && lacking.detail?.contains("lacks 2 artifacts") == true)
        var failed = Self.watch(newest: Self.start)
        failed.failed("The disk is full.", at: Self.start + .days(1))
        let told = failed.verdict(at: Self.start + .days(1))
        #expect(told.isWarning && told.detail == "The last try, at 2026-03-02T12:00:00.000Z, failed: The disk is full.")
        // Anybody may ask how a coordinator is, and nobody but its people where it keeps what.
        #expect(told.openDetail?.contains("log says why") == true && told.openDetail?.contains("full") == false)
        #expect(old.openDetail == old.detail)
    }

    @Test func `where none are asked for, it says so and does not warn`() {
        let verdict = BackupWatch(interval: nil, startedAt: Self.start).verdict(at: Self.start + .days(100))
        #expect(!verdict.isWarning && verdict.detail?.contains("backup.dir") == true)
    }
}
