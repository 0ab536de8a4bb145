import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

struct AttemptTests {
    private static let key = LeaseKey(task: TaskID(trusted: "t"), epoch: 1)

    private static func draft(_ type: EventType = .output) -> EventDraft {
        EventDraft(at: Timestamp(milliseconds: 0), type: type, data: ["text": "x"])
    }

    private static func read(_ line: AttemptLog.Line) throws -> ReportEntry {
        var reader = try ObjectReader(JSON(parsing: line.bytes))
        return try ReportEntry(reading: &reader)
    }

    @Test func `output that finds no room becomes one gap, and numbers have no hole`() throws {
        var log = AttemptLog(key: Self.key)
        var lines = log.lines(for: Self.draft(), isFull: { _ in false })
        for _ in 0..<3 { lines += log.lines(for: Self.draft(), isFull: { _ in true }) }
        lines += log.lines(for: Self.draft(.message), isFull: { _ in true })
        lines += log.lines(for: Self.draft(), isFull: { _ in true })
        lines += log.lines(for: FinalReport(ending: .finished(.succeeded)), at: Timestamp(milliseconds: 0))
        let entries = try lines.map(Self.read)
        #expect(entries.map(\.n) == [1, 2, 3, 4, 5])
        let types = entries.map { entry in
            if case .event(let draft) = entry.body { draft.type.rawValue } else { "final" }
        }
        #expect(types == ["output", "gap", "message", "gap", "final"])
        guard case .event(let gap) = entries[1].body else { return }
        #expect(gap.data["events"] == 3)
    }

    private static let limits = Timeouts(run: .seconds(3), silence: .seconds(1))
    private static let success = HandlerResult(outcome: .succeeded, result: ["exitCode": 0])
    private static let failure = HandlerResult.failed(code: "exit-code", detail: "", retryable: true)
    private static let cancelled = HandlerResult(outcome: .cancelled)

    @Test func `a success counts whatever was wanted, unless the lease is gone`() {
        for end in [nil, AttemptEnd.cancelled, .cutOff, .drained, .runTimeout, .silenceTimeout] {
            #expect(
                FinalReport(of: Self.success, endedBy: end, limits: Self.limits)?.ending == .finished(.succeeded)
            )
        }
        #expect(FinalReport(of: Self.success, endedBy: .abandoned, limits: Self.limits) == nil)
    }

    @Test(arguments: [failure, cancelled])
    func `what comes of our own ending says why it was ended`(result: HandlerResult) {
        func report(_ end: AttemptEnd) -> FinalReport? { FinalReport(of: result, endedBy: end, limits: Self.limits) }
        #expect(report(.cancelled)?.ending == .finished(.cancelled))
        #expect(report(.drained)?.ending == .interrupted(.drained))
        #expect(report(.cutOff) == nil)
        #expect(report(.abandoned) == nil)
        #expect(report(.runTimeout)?.error?.code == "run-timeout")
        #expect(report(.silenceTimeout)?.error?.code == "silence-timeout")
    }

    @Test func `a failure of its own is reported as it is`() {
        let report = FinalReport(of: Self.failure, endedBy: nil, limits: Self.limits)
        #expect(report?.ending == .finished(.failed))
        #expect(report?.error?.code == "exit-code")
    }
}
