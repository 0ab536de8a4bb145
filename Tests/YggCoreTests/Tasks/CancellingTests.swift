import Testing
import YggCore

/// A cancel of a running attempt is a flag with a deadline.
struct CancellingTests {
    private static func cancelling(_ phase: Phase = .run, onLost: OnLost = .requeue) throws -> FleetTask {
        let running = try FleetTask.sample(in: .running, spec: .sample(onLost: onLost, needsPlan: phase == .plan))
        guard phase == .land else { return try running.after(.cancel) }
        return try running.after(
            .asks(1),
            .approved(.land(at: "/r main")),
            .granted(to: "fenrir"),
            .cancel
        )
    }

    @Test func `a running task is asked, and its epoch stays valid`() throws {
        let task = try Self.cancelling()
        #expect(task.state == .running && task.cancelRequested && task.epoch == 1)
        #expect(try task.after(.cancel).state == .running, "asking twice changes nothing")
    }

    @Test func `a late success is kept and the task is cancelled all the same`() throws {
        let report = FinalReport(ending: .finished(.succeeded), result: ["exitCode": 0])
        let task = try Self.cancelling().after(.reported(report, epoch: 1))
        #expect(task.state == .cancelled)
        #expect(task.result?["late"] == true && task.result?["exitCode"] == 0)
        #expect(task.error?.code == "cancelled")
        #expect(!task.cancelRequested)
    }

    @Test(arguments: [
        FinalReport.failure, .finalFailure, .cancelled, .interrupted(.drained), .interrupted(.suspended),
    ])
    func `whatever else the attempt says, the task is cancelled`(report: FinalReport) throws {
        let task = try Self.cancelling().after(.reported(report, epoch: 1))
        #expect(task.state == .cancelled)
        #expect(task.result?["late"] == nil)
        #expect(task.pendingDigest == nil)
    }

    @Test func `nobody is asked about a task that is being cancelled`() throws {
        let task = try Self.cancelling().after(.asks(1))
        #expect(task.state == .cancelled && task.pendingDigest == nil)
    }

    @Test(arguments: [OnLost.requeue, .fail, .succeed])
    func `an executor that vanishes with it leaves it cancelled`(policy: OnLost) throws {
        #expect(try Self.cancelling(onLost: policy).after(.lost(.lost)).state == .cancelled)
        #expect(try Self.cancelling(onLost: policy).after(.lost(.declined)).state == .cancelled)
    }

    @Test func `at the deadline the epoch ends and nothing more is taken`() throws {
        let task = try Self.cancelling().after(.cancelDeadlinePassed)
        #expect(task.state == .cancelled && task.epoch == 2)
        #expect(throws: TransitionError.self) { try task.after(.reported(.success, epoch: 1)) }
    }

    @Test func `only one final report is taken`() throws {
        let task = try Self.cancelling().after(.reported(.success, epoch: 1))
        #expect(throws: TransitionError.self) { try task.after(.reported(.success, epoch: 1)) }
    }

    @Test func `a landing that was published has succeeded, cancelled or not`() throws {
        let task = try Self.cancelling(.land).after(.reported(.success, epoch: 2))
        #expect(task.state == .succeeded)
        #expect(task.result?["late"] == nil && !task.cancelRequested)
    }

    @Test(arguments: [FinalReport.failure, .finalFailure, .interrupted(.notLanded)])
    func `a landing that was not published is cancelled`(report: FinalReport) throws {
        #expect(try Self.cancelling(.land).after(.reported(report, epoch: 2)).state == .cancelled)
    }

    @Test func `a report of an earlier epoch is refused by name`() throws {
        let task = try FleetTask.sample(in: .running).after(.lost(.lost), .granted(to: "surtr"))
        #expect(task.epoch == 3)
        for epoch in [0, 1, 2, 4] as [Int64] {
            let error = #expect(throws: TransitionError.self) {
                try task.after(.reported(.success, epoch: epoch))
            }
            #expect(error == .staleEpoch(sent: epoch, current: 3))
        }
    }
}
