import Testing
import YggCore

@testable import YggCommands

struct ApprovalTextTests {
    @Test func `a diff is coloured line by line, however it comes in pieces`() {
        let diff = "diff --git a/a b/a\n@@ -1 +1 @@\n-old\n+new\n context\nno end"
        for size in [1, 3, 100] {
            var lines = DiffLines(style: Style(isColored: true))
            var text = ""
            let bytes = Array(diff.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                text += lines.take(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            text += lines.finish()
            #expect(
                text == "\u{1B}[1mdiff --git a/a b/a\u{1B}[0m\n\u{1B}[36m@@ -1 +1 @@\u{1B}[0m\n"
                    + "\u{1B}[31m-old\u{1B}[0m\n\u{1B}[32m+new\u{1B}[0m\n context\nno end\n"
            )
        }
    }

    @Test func `no diff, command or summary reaches the terminal with an escape sequence`() {
        let evil = "x\u{1B}]0;title\u{7}\u{1B}[2J"
        #expect(!ApprovalText.diffLine("+\(evil)\tz"[...], style: .plain).unicodeScalars.contains("\u{1B}"))
        let shown = ApprovalText.text(
            [
                "task": "t", "subject": "command", "digest": "d", "summary": .string(evil),
                "argv": ["rm", .string(evil)],
                "result": ["output": .string(evil)],
            ],
            style: .plain
        )
        #expect(!shown.unicodeScalars.contains("\u{1B}") && shown.contains("rm"))
    }

    @Test func `of a task that ended unasked the diff is in its evidence`() {
        #expect(TaskDiff.nothingAsked("t", .failed).next == "See what it did, and its diff: ygg task evidence t")
        #expect(TaskDiff.nothingAsked("t", .running).next == "See where it is: ygg why t")
    }

    @Test func `an answer says what it came to`() {
        let approved: JSONObject = ["task": "t", "decision": "approved", "decidedBy": "freya", "state": "queued"]
        #expect(ApprovalText.outcome(approved, style: .plain) == "t approved by freya, the task is queued\n")
    }

    @Test func `the log tells of a question and its decision in words`() {
        let asked: JSONObject = ["subject": "diff", "summary": "3 files", "digest": "d"]
        #expect(EventSummary.line("approval", asked) == "a person is asked (diff): 3 files")
        let back: JSONObject = ["decision": "sentBack", "decidedBy": "freya", "comment": "Shorter."]
        #expect(EventSummary.line("approval", back) == "sent back by freya: Shorter.")
    }
}
