import Testing
import YggClient
import YggCore

@testable import YggCommands

/// What a person is shown first, and of each thing what.
struct ReviewItemTests {
    private static func approval(_ task: String, at: String = "2026-11-21T06:00:00Z", _ more: JSONObject = [:])
        -> JSONObject
    {
        var object: JSONObject = [
            "task": .string(task), "kind": "code-refactor", "subject": "diff", "next": "land", "target": "main",
            "requestedAt": .string(at), "digest": "d",
        ]
        for member in more.members { object[member.key] = member.value }
        return object
    }

    @Test func `what others wait for comes first, then what is oldest`() {
        let blocked = [
            TaskView(["id": "x", "state": "blocked", "dependsOn": ["newest", "late"]]),
            TaskView(["id": "y", "state": "blocked", "dependsOn": ["newest"]]),
        ]
        let items = [("old", "01"), ("older", "00"), ("newest", "05"), ("late", "04")].map { task, hour in
            ReviewItem(Self.approval(task, at: "2026-11-21T\(hour):00:00Z"), task: nil, unfinished: blocked)
        }
        #expect(items.inOrder.map(\.task) == ["late", "newest", "older", "old"])
        #expect(items.inOrder[1].waiting == 2 && items.inOrder[1].json["waitingForIt"] == 2)
    }

    @Test func `what nothing has checked says so first`() throws {
        let summary =
            "Unverified: there are no tests.\nVerified by make\nRepairs a\nA scenario was played.\nIt adds now."
        let item = ReviewItem(
            Self.approval("t", ["summary": .string(summary), "verified": [["argv": ["make"], "exitCode": 0]]]),
            task: nil
        )
        #expect(item.unverified == "Unverified: there are no tests.")
        #expect(item.summary == ["Repairs a", "It adds now."])
        let text = ReviewText.head(item, left: 2, now: Timestamp(milliseconds: 0), style: .plain)
        let lines = text.split(separator: "\n")
        #expect(lines[1] == "! Unverified: there are no tests.", "\(text)")
        #expect(text.contains("make → exit 0") && text.contains("2 more"))
    }

    @Test func `what was asked is the instruction, else the description, else the title`() {
        for (task, asked) in [
            (["params": ["instruction": "Add it."], "title": "code-refactor"], "Add it."),
            (["description": "All of it.", "title": "code-test"], "All of it."),
            (["params": ["instruction": " "], "title": "code-test"], "code-test"),
        ] as [(JSONObject, String)] {
            #expect(ReviewItem(Self.approval("t"), task: TaskView(task)).asked == asked)
        }
    }

    @Test func `nothing in a diff hides from whoever decides about it`() {
        let lines = ReviewText.body(
            ReviewItem(Self.approval("t"), task: nil),
            diff: "+a\u{1B}[2Jb\r\n+if x\u{202E} {\n+\tc\u{7}\u{85}\n",
            style: .plain
        )
        #expect(lines == ["+a^[[2Jb^M", "+if x<U+202E> {", "+    c^G<U+0085>"])
    }

    @Test func `a diff is shown in pages of the terminal, and then again`() {
        var pager = DiffPager(["one", "two two two", "three", "four"], width: 5)
        #expect(pager.next(rows: 4) == "one\ntwo two two\n" && pager.left == 2)
        #expect(pager.next(rows: 4) == "three\nfour\n" && pager.left == 0)
        #expect(pager.next(rows: 1) == "one\n")
        // A line that no page holds is a page.
        #expect(pager.next(rows: 1) == "two two two\n")
        var all = DiffPager(["one", "two"], width: nil)
        #expect(all.next(rows: nil) == "one\ntwo\n")
    }
}
