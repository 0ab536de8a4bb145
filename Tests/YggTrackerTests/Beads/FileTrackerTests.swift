import FoundationEssentials
import Testing
import YggCore

@testable import YggTracker

@Suite("A file of issues")
struct FileTrackerTests {
    @Test func `from ready to closed, and what is no issue stays as it is`() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/ygg-issues-\(UInt64.random(in: 0 ... .max)).jsonl"
        defer { for name in [path, path + ".lock"] { try? FileManager.default.removeItem(atPath: name) } }
        let text = """
            # what is to be done
            {"id": "1", "title": "Code Agent: Refactor a.py", "labels": ["x"], "points": 3}
            {"id": "2", "title": "Code Agent: Test a.py", "blocked_by": ["1"]}

            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let tracker = FileTracker(path: path)
        let before = tracker.sign()
        #expect(try await tracker.ready()?.map(\.id) == ["1"])
        #expect(try await tracker.blocked().map(\.id) == ["2"])
        #expect(try await tracker.claim("1", as: "a") == .won)
        guard case .lost = try await tracker.claim("1", as: "b") else {
            Issue.record("two have it")
            return
        }
        try await tracker.comment("hello", on: "1", as: "a")
        #expect(try await tracker.comments(of: "1") == ["hello"])
        try await tracker.close("1", reason: "Done", as: "a")
        #expect(try await tracker.ready()?.map(\.id) == ["2"])
        let left = try await tracker.putBack("2", .parked(label: "ygg-failed"), as: "a")
        #expect(left?.status == .blocked && left?.labels == ["ygg-failed"])
        let after = try String(contentsOfFile: path, encoding: .utf8)
        #expect(after.hasPrefix("# what is to be done\n") && after.contains("\"points\":3"))
        #expect(tracker.sign() != before)
    }

    @Test func `a file that is not there says what to do`() async {
        let failure = await #expect(throws: TrackerFailure.self) {
            try await FileTracker(path: "/nonexistent/issues.jsonl").probe()
        }
        #expect(failure?.kind == .unusable && failure?.next?.contains("touch") == true)
    }
}
