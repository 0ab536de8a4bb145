import Testing
import YggCore

/// A session that was put aside is kept with its task until something else comes of the task.
struct SuspendedSessionTests {
    private static let session = SuspendedSession(
        session: String(repeating: "5", count: 64),
        bytes: 12,
        checkpoint: String(repeating: "c", count: 64),
        commit: "c1",
        base: "b1"
    )

    private static let report = FinalReport(ending: .interrupted(.suspended), result: session.result)

    @Test func `the next attempts go on with it, until one of them says something else`() throws {
        var task = try FleetTask.sample(in: .running).after(.reported(Self.report, epoch: 1))
        #expect(task.state == .queued && task.suspended == Self.session)
        task = try task.after(.granted(to: "munin"))
        #expect(task.suspended == Self.session && task.attempt == 1)
        // Its executor is gone: what was put aside before is still the best there is.
        task = try task.after(.lost(.lost), .granted(to: "hugin"))
        #expect(task.suspended == Self.session)
        task = try task.after(.reported(FinalReport(ending: .finished(.succeeded)), epoch: task.epoch))
        #expect(task.suspended == nil && task.result?.isEmpty == true)
    }

    @Test func `a later one takes its place, and one that cannot be read does not`() throws {
        var later = Self.session
        later.bytes = 40
        var task = try FleetTask.sample(in: .running)
            .after(.reported(Self.report, epoch: 1), .granted(to: "munin"))
        let unreadable = FinalReport(ending: .interrupted(.suspended), result: ["resume": "soon"])
        #expect(try task.after(.reported(unreadable, epoch: task.epoch)).suspended == Self.session)
        task = try task.after(
            .reported(FinalReport(ending: .interrupted(.suspended), result: later.result), epoch: task.epoch)
        )
        #expect(task.suspended == later)
    }

    @Test func `a task without one has none`() throws {
        #expect(try FleetTask.sample(in: .running).suspended == nil)
        #expect(SuspendedSession(in: ["resume": ["session": "x"]]) == nil && SuspendedSession(in: nil) == nil)
    }
}
