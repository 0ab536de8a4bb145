import FoundationEssentials
import Synchronization
import Testing
import YggCore
import YggProtocol
import YggStorage
import YggTracker

@testable import YggCoordinator

@Suite("Issues of a tracker at a coordinator", .timeLimit(.minutes(2)))
struct TrackerDeskTests {
    /// A file of issues, and a count of what is asked.
    private actor Counted: Tracker {
        let file: FileTracker
        private(set) var calls: [String] = []
        nonisolated let place: String
        /// What is touched when something changes.
        nonisolated let mark = Mutex<String?>(nil)
        private var afterReady: (@Sendable () -> Void)?
        private var answers: [String] = []
        private var waiters: [(call: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        private var isGivenUp = false

        init(_ path: String) {
            file = FileTracker(path: path)
            place = path
        }

        func probe() async throws(TrackerFailure) -> TrackerReport {
            begins("probe")
            defer { ends("probe") }
            return try await file.probe()
        }
        func ready() async throws(TrackerFailure) -> [TrackedIssue]? {
            begins("ready")
            defer { ends("ready") }
            let issues = try await file.ready()
            afterReady?()
            afterReady = nil
            return issues
        }
        func held(by actor: String) async throws(TrackerFailure) -> [TrackedIssue] {
            begins("held")
            defer { ends("held") }
            return try await file.held(by: actor)
        }
        func blocked() async throws(TrackerFailure) -> [TrackedIssue] {
            begins("blocked")
            defer { ends("blocked") }
            return try await file.blocked()
        }
        func issue(_ id: IssueID) async throws(TrackerFailure) -> TrackedIssue? {
            begins("issue")
            defer { ends("issue") }
            return try await file.issue(id)
        }
        func claim(_ id: IssueID, as actor: String) async throws(TrackerFailure) -> ClaimAnswer {
            begins("claim")
            defer { ends("claim") }
            return try await file.claim(id, as: actor)
        }
        func comments(of id: IssueID) async throws(TrackerFailure) -> [String] {
            begins("comments")
            defer { ends("comments") }
            return try await file.comments(of: id)
        }
        func comment(_ text: String, on id: IssueID, as actor: String) async throws(TrackerFailure) {
            begins("comment")
            defer { ends("comment") }
            try await file.comment(text, on: id, as: actor)
        }
        func close(_ id: IssueID, reason: String, as actor: String) async throws(TrackerFailure) {
            begins("close")
            defer { ends("close") }
            try await file.close(id, reason: reason, as: actor)
        }
        func putBack(_ id: IssueID, _ way: PutBack, as actor: String) async throws(TrackerFailure) -> TrackedIssue? {
            begins("putBack")
            defer { ends("putBack") }
            return try await file.putBack(id, way, as: actor)
        }
        func renew(_ id: IssueID, as actor: String) async throws(TrackerFailure) {}
        nonisolated func sign() -> String? { mark.withLock { $0 } }

        /// While the next look is being made, after it has read.
        func duringReady(_ body: @escaping @Sendable () -> Void) { afterReady = body }

        /// Waits until a call was answered so often: until then it may be writing the file.
        func answered(_ call: String, times count: Int) async throws {
            await withTaskCancellationHandler {
                guard !isGivenUp, answers.count(where: { $0 == call }) < count else { return }
                await withCheckedContinuation { waiters.append((call, count, $0)) }
            } onCancel: {
                Task { await giveUp() }
            }
            try Task.checkCancellation()
        }

        private func giveUp() {
            isGivenUp = true
            for waiter in waiters { waiter.continuation.resume() }
            waiters = []
        }

        private func begins(_ call: String) { calls.append(call) }

        private func ends(_ call: String) {
            answers.append(call)
            let isReached = { [answers] (name: String, count: Int) in answers.count { $0 == name } >= count }
            for waiter in waiters where isReached(waiter.call, waiter.count) { waiter.continuation.resume() }
            waiters.removeAll { isReached($0.call, $0.count) }
        }
    }

    private static let known = IssueRules(own: [IssueRule(label: "do", .kind(TaskKind(trusted: "test-noop")))])

    /// Runs `body` beside a desk over a file with these issues.
    private func with(
        _ lines: [String],
        interval: Milliseconds = .seconds(2),
        mark: String? = nil,
        _ body: (Household, Counted) async throws -> Void
    ) async throws {
        try await Household.with { household in
            let path = household.coordinator.settings.dataDirectory + "/issues.jsonl"
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let tracker = Counted(path)
            tracker.mark.withLock { $0 = mark }
            let workspace = TrackerWorkspace(
                tracker: tracker,
                name: path,
                composer: IssueComposer(repository: nil, exists: { _ in false }, readYAML: { _ in .success([:]) }),
                rules: Self.known,
                interval: interval
            )
            let desk = TrackerDesk(workspace, coordinator: household.coordinator, logger: Household.quiet)
            household.coordinator.trackers.add(desk)
            let running = Task { await desk.run() }
            do {
                try await body(household, tracker)
            } catch {
                running.cancel()
                await running.value
                throw error
            }
            running.cancel()
            await running.value
        }
    }

    /// Looks again and again until the workspace says so.
    private func status(
        _ household: Household,
        until isReached: (JSONObject) -> Bool
    ) async throws -> JSONObject {
        while true {
            let status = try #require(try await household.coordinator.trackers.sync(isDry: false).first)
            if isReached(status) { return status }
        }
    }

    private func tasks(_ household: Household) async throws -> [FleetTask] {
        try await household.coordinator.tasks(TaskFilter(), before: nil, limit: 100).items
    }

    @Test func `an issue becomes a task, and its end closes it`() async throws {
        try await with([
            #"{"id": "1", "title": "One", "labels": ["do"], "priority": 1}"#,
            #"{"id": "2", "title": "A person's", "labels": ["infrastructure", "registry"]}"#,
        ]) { household, tracker in
            let taken = try await status(household) {
                ($0["leases"]?.arrayValue ?? []).contains { $0["step"] == "working" }
            }
            #expect(taken["unmapped"] == 1)
            let task = try #require(try await tasks(household).first)
            #expect(
                task.spec.source == .beads && task.spec.submittedBy == "tracker" && task.spec.priority.rawValue == 1
            )
            try await household.run(task.id.rawValue)
            household.coordinator.events.notify([task.id])
            _ = try await status(household) { ($0["ended"]?.arrayValue ?? []).contains { $0["step"] == "closed" } }
            let (one, two) = (try #require(IssueID("1")), try #require(IssueID("2")))
            #expect(try await tracker.file.issue(one)?.status == .closed)
            let left = try await tracker.file.issue(two)
            #expect(left?.status == .open && left?.assignee == nil && left?.updatedAt == nil)
        }
    }

    /// Until a right can be written down nothing is claimed by it, and then it is.
    @Test func `a right that cannot be stored is stored later, and nothing is claimed before`() async throws {
        func rename(_ old: String, _ new: String, _ household: Household) async throws {
            try await household.database.write { tx in _ = try tx.execute("ALTER TABLE \(old) RENAME TO \(new)", []) }
        }
        try await with([#"{"id": "0", "title": "None", "labels": ["do"], "status": "deferred"}"#]) {
            household,
            tracker in
            _ = try await status(household) { $0["polledAt"]?.stringValue != nil }
            try await rename("tracker_leases", "elsewhere", household)
            let line = #"{"id": "1", "title": "One", "labels": ["do"]}"# + "\n"
            try line.write(toFile: tracker.place, atomically: true, encoding: .utf8)
            _ = try await status(household) { $0["problem"]?.stringValue != nil }
            #expect(await !tracker.calls.contains("claim"))
            #expect(household.coordinator.trackers.verdicts.first?.trouble != nil)
            #expect(try await tasks(household).isEmpty)
            try await rename("elsewhere", "tracker_leases", household)
            _ = try await status(household) { ($0["leases"]?.arrayValue ?? []).contains { $0["step"] == "working" } }
            #expect(try await tasks(household).count == 1)
        }
    }

    /// - Parameter first: what the tracker has touched before anybody looks; nil where it has touched nothing yet.
    @Test(arguments: ["0", nil])
    func `a change shows by its mark before the next look is due, one during a call of ours as well`(
        _ first: String?
    ) async throws {
        try await with([], interval: .hours(1), mark: first) { household, tracker in
            let write: @Sendable (String) -> Void = { mark in
                let line = #"{"id": "\#(mark)", "title": "One", "labels": ["do"]}"# + "\n"
                let old = (try? String(contentsOfFile: tracker.place, encoding: .utf8)) ?? ""
                try? (old + line).write(toFile: tracker.place, atomically: true, encoding: .utf8)
                tracker.mark.withLock { $0 = mark }
            }
            await tracker.duringReady { write("1") }
            _ = try await household.coordinator.trackers.sync(isDry: false)
            try await tracker.answered("claim", times: 1)
            try await tracker.answered("comment", times: 1)
            write("2")
            try await tracker.answered("claim", times: 2)
            #expect(try await tasks(household).count >= 1)
        }
    }

    /// A hook asks when an issue was made, and the look that is under way may have read before that.
    @Test func `who asks for a look while one is being made gets one that began later`() async throws {
        try await with([], interval: .hours(1)) { household, tracker in
            _ = try await household.coordinator.trackers.sync(isDry: false)
            let asked = Mutex<Task<Void, any Error>?>(nil)
            await tracker.duringReady {
                let line = #"{"id": "1", "title": "One", "labels": ["do"]}"# + "\n"
                try? line.write(toFile: tracker.place, atomically: true, encoding: .utf8)
                let sync = Task { _ = try await household.coordinator.trackers.sync(isDry: false) }
                asked.withLock { $0 = sync }
            }
            _ = try await household.coordinator.trackers.sync(isDry: false)
            try await asked.withLock { $0 }?.value
            try await tracker.answered("claim", times: 1)
        }
    }

    @Test func `an issue of a kind that nobody has heard of stays everybody's, and the status says why`() async throws {
        try await with([
            #"{"id": "1", "title": "Restart it", "metadata": {"dispatch.kind": "ops-unheard", "unit": "nginx"}}"#
        ]) { household, tracker in
            let waits = try await status(household) {
                ($0["waiting"]?.arrayValue ?? []).contains {
                    $0["reason"]?.stringValue?.contains("ops-unheard") == true
                }
            }
            #expect(waits["leases"] == [])
            #expect(try await tasks(household).isEmpty)
            #expect(await !tracker.calls.contains("claim"))
        }
    }

    @Test func `F16 an issue that a person closes ends its queued task`() async throws {
        try await with([#"{"id": "1", "title": "One", "labels": ["do"]}"#]) { household, tracker in
            _ = try await status(household) { ($0["leases"]?.arrayValue ?? []).contains { $0["step"] == "working" } }
            // Until it has said that it took the issue it may be writing the file.
            try await tracker.answered("comment", times: 1)
            let task = try #require(try await tasks(household).first)
            let one = try #require(IssueID("1"))
            try await tracker.file.close(one, reason: "done by hand", as: "freya")
            _ = try await status(household) { ($0["ended"]?.arrayValue ?? []).contains { $0["step"] == "moot" } }
            #expect(try await household.coordinator.task(task.id).state == .cancelled)
        }
    }

    @Test func `a thousand ready issues are taken in with one call, and five thousand idle ones cost one each time`()
        async throws
    {
        let lines = (0..<1000).map { #"{"id": "\#($0)", "title": "Issue \#($0)", "labels": ["do"]}"# }
        try await with(lines) { household, tracker in
            _ = try await status(household) { $0["waitingCount"] == 992 }
            try await tracker.answered("claim", times: 8)
            let calls = await tracker.calls
            // Whoever asks for a look has one made; none of them asks about single issues.
            #expect(calls.prefix { $0 != "claim" }.filter { $0 != "ready" } == ["probe", "held"])
            #expect(calls.count { $0 == "claim" } == 8 && !calls.contains("issue"), "\(calls)")
        }
        let idle = (0..<5000).map { #"{"id": "\#($0)", "title": "Issue \#($0)", "labels": ["a-person-s"]}"# }
        try await with(idle, interval: .hours(1)) { household, tracker in
            for _ in 0..<3 { _ = try await household.coordinator.trackers.sync(isDry: false) }
            let calls = await tracker.calls
            #expect(calls.count { $0 != "ready" } == 2 && calls.count { $0 == "ready" } <= 4)
        }
    }
}
