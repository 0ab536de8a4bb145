import Testing
import YggClient
import YggCore

@testable import YggCommands

struct EventPrinterTests {
    private func printed(_ detail: EventPrinter.Detail, _ events: [(String, JSONObject)]) -> [PrintedText] {
        var printer = EventPrinter(detail: detail, style: .plain)
        return events.flatMap { printer.print($0.0, $0.1) }
    }

    private static let events: [(String, JSONObject)] = [
        ("state", ["state": "running", "executor": "fenrir", "attempt": 1]),
        ("output", ["stream": "stdout", "text": "one\n"]),
        ("output", ["stream": "stderr", "text": "half"]),
        ("gap", ["from": 4, "to": 9]),
        ("state", ["state": "scheduled", "attempt": 2, "notBefore": "T", "error": ["detail": "exit 1"]]),
        ("state", ["state": "succeeded"]),
    ]

    @Test
    func `following tells everything, and never in the middle of a line`() {
        #expect(
            printed(.everything, Self.events) == [
                .init(target: .error, text: "running on fenrir\n"), .init(target: .output, text: "one\n"),
                .init(target: .error, text: "half"),
                .init(target: .error, text: "\nsome of the log is missing here (entries 4 to 9)\n"),
                .init(target: .error, text: "scheduled, attempt 2 until T: exit 1\n"),
            ]
        )
    }

    @Test
    func `the lines of a summary do not run together`() {
        let summary: JSON = "Repairs test_area\nA scenario was played."
        #expect(
            printed(.everything, [("approval", ["subject": "diff", "summary": summary])]).map(\.text)
                == ["a person is asked (diff): Repairs test_area · A scenario was played.\n"]
        )
        let task = TaskView(["id": "t", "state": "succeeded", "result": ["summary": summary]])
        #expect(
            TaskReport.line(task, style: .plain) == "t succeeded: Repairs test_area · A scenario was played."
        )
    }

    @Test
    func `logs are the output and its gaps`() {
        #expect(printed(.outputOnly, Self.events).map(\.target) == [.output, .error, .error])
    }

    @Test
    func `why names what would help`() {
        let text = WhyText.text(
            [
                "task": "t", "state": "queued", "summary": "It waits.", "candidates": ["a"],
                "route": ["prefix": "git-", "executors": ["fenrir"], "fallback": ["local"]],
                "executors": [
                    ["executor": "a", "unmet": []],
                    ["executor": "b", "unmet": [["text": "it is lost", "remedy": "start it"]]],
                ],
            ],
            style: .plain
        )
        #expect(
            text == """
                t queued
                It waits.
                route  git- → fenrir, else local
                ready  a

                a  could take it now

                b
                  · it is lost
                    → start it

                """
        )
    }
}
