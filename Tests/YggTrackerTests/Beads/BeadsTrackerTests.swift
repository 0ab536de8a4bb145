import Testing
import YggCore

@testable import YggTracker

@Suite("Beads, by a double of its bd", .timeLimit(.minutes(3)))
struct BeadsTrackerTests {
    /// As the user types it.
    private func create(_ double: BeadsDouble) async throws -> IssueID {
        try await double.create(
            "Code Agent: Refactor agents/base_agent.py",
            "--label",
            "code-generation",
            "--label",
            "llm"
        )
    }

    @Test(
        arguments: [
            ["version": "0.49.4"], ["version": "1.0.3"], ["version": "1.0.5"], ["version": "1.3.0"],
            ["version": "1.0.5", "envelope": true], ["version": "1.0.5", "noise": true],
            ["version": "1.3.0", "envelope": true, "noise": true],
        ] as [JSONObject]
    )
    func `from ready to closed`(_ settings: JSONObject) async throws {
        let double = try await BeadsDouble(settings)
        let id = try await create(double)
        let tracker = double.tracker()
        let report = try await tracker.probe()
        #expect(report.objection == nil)
        #expect(report.renewsClaims == (settings["version"] == "1.3.0"))
        let ready = try #require(try await tracker.ready())
        #expect(ready.map(\.id) == [id] && ready.first?.labels == ["code-generation", "llm"])
        #expect(try await tracker.ready() == nil)

        #expect(try await tracker.claim(id, as: "ygg-a") == .won)
        #expect(try await tracker.claim(id, as: "ygg-a") == .won)
        guard case .lost = try await tracker.claim(id, as: "ygg-b") else {
            Issue.record("two have it")
            return
        }
        #expect(try await tracker.held(by: "ygg-a").map(\.id) == [id])
        #expect(try await tracker.held(by: "ygg-b").isEmpty)
        let text = "--force is no option here\n[ygg t1 taken]\n"
        try await tracker.comment(text, on: id, as: "ygg-a")
        #expect(try await tracker.comments(of: id) == [text])
        try await tracker.close(id, reason: "Done by Yggdrasil", as: "ygg-a")
        let closed = try #require(try await tracker.issue(id))
        #expect(closed.status == .closed && closed.closeReason == "Done by Yggdrasil")
        guard case .lost = try await tracker.claim(id, as: "ygg-b") else {
            Issue.record("a closed one was claimed")
            return
        }
        #expect(try await tracker.issue(id)?.status == .closed)
        #expect(double.calls.allSatisfy { $0["overlaps"] == 0 })
        #expect(double.calls.allSatisfy { !($0["argv"]?.arrayValue ?? []).contains("--force") })
    }

    @Test func `an id is asked for as a whole, and a part of one finds nothing`() async throws {
        let double = try await BeadsDouble()
        let id = try await create(double)
        let part = try #require(IssueID(String(id.rawValue.dropLast())))
        #expect(try await double.tracker().issue(part) == nil)
        #expect(try await double.tracker().issue("hh-none") == nil)
    }

    @Test func `more than a page of issues, oldest first, without those of others and those that wait`() async throws {
        let double = try await BeadsDouble()
        let first = try await create(double)
        for index in 0..<12 { _ = try await double.create("A person's \(index)") }
        let waiting = try await double.create("Waits", "--deps", first.rawValue)
        _ = try await double.create("Somebody's", "--assignee", "bob")
        let tracker = double.tracker()
        let ready = try #require(try await tracker.ready())
        #expect(ready.count == 14 && !ready.contains { $0.id == waiting })
        #expect(ready.count { $0.assignee == nil } == 13)
        let blocked = try await tracker.blocked()
        #expect(blocked.map(\.id) == [waiting] && blocked.first?.blockedBy == [first])
    }

    @Test func `given back, and parked`() async throws {
        let double = try await BeadsDouble()
        let id = try await create(double)
        let tracker = double.tracker()
        #expect(try await tracker.claim(id, as: "a") == .won)
        let parked = try await tracker.putBack(id, .parked(label: "ygg-failed"), as: "a")
        #expect(parked?.status == .blocked && parked?.assignee == nil && parked?.labels.contains("ygg-failed") == true)
        let released = try await tracker.putBack(id, .released(label: nil), as: "a")
        #expect(released?.status == .open)
    }

    @Test func `what others keep open is not closed by force`() async throws {
        let double = try await BeadsDouble()
        let first = try await create(double)
        let id = try await double.create("Code Agent: Test it", "--deps", first.rawValue)
        let tracker = double.tracker()
        #expect(try await tracker.claim(id, as: "a") == .won)
        let failure = await #expect(throws: TrackerFailure.self) {
            try await tracker.close(id, reason: "Done", as: "a")
        }
        #expect(failure?.kind == .refused && failure?.detail.contains("blocked by open issues") == true)
        #expect(try await tracker.issue(id)?.status == .inProgress)
    }

    private static func fault(_ command: String, _ mode: String) -> JSONObject {
        ["faults": [["command": .string(command), "mode": .string(mode)]]]
    }

    @Test(arguments: [
        ("claim", "hang", false), ("claim", "hang-after", true), ("claim", "kill-after", true),
        ("claim", "nothing", false),
    ])
    func `a claim that nobody answers may have been made`(_ command: String, _ mode: String, _ isMade: Bool)
        async throws
    {
        let double = try await BeadsDouble()
        let id = try await create(double)
        try double.set(Self.fault(command, mode))
        let tracker = double.tracker(timeout: .seconds(mode.hasPrefix("hang") ? 15 : 60))
        let failure = await #expect(throws: TrackerFailure.self) { try await tracker.claim(id, as: "a") }
        #expect([.unanswered, .unavailable].contains(failure?.kind), "\(String(describing: failure))")
        #expect(try await tracker.issue(id)?.isHeld(by: "a") == isMade)
    }

    @Test func `a lock that somebody else has is no refusal`() async throws {
        let double = try await BeadsDouble(["version": "1.0.3"])
        let id = try await create(double)
        try double.set(Self.fault("show", "lock").merging(["version": "1.0.3"]))
        let failure = await #expect(throws: TrackerFailure.self) { try await double.tracker().issue(id) }
        #expect(failure?.kind == .unavailable)
    }

    @Test func `a database that was found empty says so`() async throws {
        let double = try await BeadsDouble()
        _ = try await create(double)
        let tracker = double.tracker()
        #expect(try await tracker.probe().home?.hasSuffix("/.beads (hh-)") == true)
        try double.set(Self.fault("list", "empty"))
        let failure = await #expect(throws: TrackerFailure.self) { try await tracker.held(by: "a") }
        #expect(failure?.kind == .unusable, "\(String(describing: failure))")
    }

    @Test func `calls wait for each other`() async throws {
        let double = try await BeadsDouble(["delay": .double(0.1)])
        let id = try await create(double)
        let tracker = double.tracker()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { _ = try? await tracker.issue(id) } }
        }
        #expect(double.calls.count { $0["argv"]?.arrayValue?.first == "show" } == 6)
        #expect(double.calls.allSatisfy { $0["overlaps"] == 0 })
    }

    @Test func `what cannot claim, and what is not there, says so`() async throws {
        let old = try await BeadsDouble(["version": "0.49.3"])
        #expect(try await old.tracker().probe().objection?.contains("0.49.4") == true)
        var settings = old.settings()
        settings.command = "/nonexistent/bd"
        let failure = await #expect(throws: TrackerFailure.self) {
            try await BeadsTracker(settings, scratch: old.directory).probe()
        }
        #expect(failure?.kind == .unusable)
        settings = old.settings()
        settings.directory = "/tmp"
        let homeless = await #expect(throws: TrackerFailure.self) {
            try await BeadsTracker(settings, scratch: old.directory).probe()
        }
        #expect(homeless?.kind == .unusable && homeless?.detail.contains("no beads database") == true)
    }

    @Test(arguments: ["0.49.4", "1.0.5", "1.3.0"]) func `the self-test of a good bd`(_ version: String) async throws {
        // The workspace that it is to be tried in is the one it makes, so the version is set where it will be.
        let double = try await BeadsDouble(["version": .string(version)])
        let steps = await BeadsSelfTest(double.settings()).run()
        #expect(!steps.contains { $0.verdict == .bad }, "\(steps)")
        #expect(steps.map(\.name).contains("close again"))
    }
}

extension JSONObject {
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for member in other.members { merged[member.key] = member.value }
        return merged
    }
}
