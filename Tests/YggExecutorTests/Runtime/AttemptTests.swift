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
        lines += log.lines(
            endingWith: .final(FinalReport(ending: .finished(.succeeded))),
            at: Timestamp(milliseconds: 0)
        )
        let entries = try lines.map(Self.read)
        #expect(entries.map(\.n) == [1, 2, 3, 4, 5])
        let types = entries.map { entry in
            if case .event(let draft) = entry.body { draft.type.rawValue } else { "final" }
        }
        #expect(types == ["output", "gap", "message", "gap", "final"])
        guard case .event(let gap) = entries[1].body else { return }
        #expect(gap.data["events"] == 3)
    }

    private static func final(_ line: AttemptLog.Line?) throws -> FinalReport? {
        guard case .final(let report)? = try line.map(read)?.body else { return nil }
        return report
    }

    @Test func `what is too long to be taken is told in short`() throws {
        var log = AttemptLog(key: Self.key)
        let long = String(repeating: "x", count: AttemptLog.maxLineBytes)
        let draft = EventDraft(at: Timestamp(milliseconds: 0), type: .message, data: ["text": .string(long)])
        let lines = log.lines(for: draft, isFull: { _ in false })
        guard case .event(let gap) = try lines.map(Self.read).first?.body else { return }
        #expect(lines.count == 1 && gap.type == .gap)
        let result: JSONObject = ["exitCode": 0, "changed": .string(long), "summary": "much"]
        let report = FinalReport(ending: .finished(.succeeded), result: result)
        let end = try Self.final(log.lines(endingWith: .final(report), at: Timestamp(milliseconds: 0)).last)
        #expect(end?.ending == .finished(.succeeded))
        #expect(end?.result == ["exitCode": 0, "summary": "much", "omitted": ["changed"]])
    }

    @Test func `in the place of a rejected entry stands one of its number`() throws {
        let time = Timestamp(milliseconds: 0)
        let entry = Outbox.Entry(key: Self.key, n: 7, size: 99, isFinal: true, record: 1)
        let line = AttemptLog.substitute(for: entry, at: time)
        #expect(line.n == 7 && line.isFinal)
        #expect(try Self.final(line)?.error?.code == "report-rejected")
        let event = Outbox.Entry(key: Self.key, n: 8, size: 99, isFinal: false, record: 1)
        guard case .event(let gap) = try Self.read(AttemptLog.substitute(for: event, at: time)).body else {
            Issue.record("an event stays one")
            return
        }
        #expect(gap.type == .gap && gap.data["bytes"] == 99)
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

    // MARK: Silence

    /// Says one thing and another that is worth no entry.
    private struct Talker: Handler {
        let spec = KindSpec(kind: TaskKind(trusted: "test-talk"), description: "")
        let sayNow: @Sendable (HandlerContext) async -> Void

        func run(_ context: HandlerContext) async -> HandlerResult {
            await sayNow(context)
            return HandlerResult(outcome: .succeeded)
        }
    }

    @Test(arguments: [true, false])
    func `whatever a handler says is a sign of life, also where its log goes nowhere`(isEvent: Bool) async throws {
        let handler = Talker { context in
            if isEvent { await context.emit(.output, ["text": "x"]) } else { context.heard() }
        }
        let spec = TaskSpec(
            id: Self.key.task,
            kind: handler.spec.kind,
            title: "t",
            params: JSONObject(),
            createdAt: Timestamp(milliseconds: 0),
            timeouts: Timeouts(silence: .seconds(1))
        )
        let attempt = Attempt(
            key: Self.key,
            handler: handler,
            assignment: Assignment(spec: spec, phase: .run, attempt: 1, slots: .one, offline: .stop),
            acceptedAt: Timestamp(milliseconds: 0)
        )
        let start = Instant(nanoseconds: 0)
        let clock = RuntimeClock(now: { start }, awake: { start + .seconds(5) }, time: { Timestamp(milliseconds: 0) })
        let settings = ExecutorSettings(
            id: ExecutorID(trusted: "huginn"),
            handlers: try HandlerRegistry(handlerSets: ["all"]),
            workspaceRoot: "/",
            repositories: [],
            dataDirectory: "/",
            environment: [:]
        )
        attempt.begin(at: start) {}
        #expect(attempt.exceededLimit(at: start + .seconds(2), grace: 500) == .silenceTimeout)
        _ = await settings.carryOut(attempt, clock: clock) { _, _ in }
        #expect(attempt.exceededLimit(at: start + .seconds(6), grace: 500) == nil)
        #expect(attempt.exceededLimit(at: start + .seconds(7), grace: 500) == .silenceTimeout)
    }
}
