import Testing
import YggCore

@testable import YggAgent

struct PipelineTests {
    @Test(
        arguments: [
            ("a.py\n```\nx = 2\n```\n", ["a.py": "x = 2\n"]),
            ("Here it is:\n\n**a.py**\n\n```python\nx = 2\n```\nDone.", ["a.py": "x = 2\n"]),
            ("### `src/a.py`:\n```py\nx\n```\nFile: b.py\n```\ny\n```", ["src/a.py": "x\n", "b.py": "y\n"]),
            ("```python path=src/a.py\nx\n```", ["src/a.py": "x\n"]),
            ("```python:src/a.py\nx\n```", ["src/a.py": "x\n"]),
            ("```\nx\n```", ["a.py": "x\n"]), ("a.py\r\n```\r\nx\r\n```\r\n", ["a.py": "x\n"]),
            ("a.py\n~~~~\n```\nx\n```\n~~~~", ["a.py": "```\nx\n```\n"]),
            ("R.md\n```\n# T\n```sh\nls\n```\nend\n```\n", ["R.md": "# T\n```sh\nls\n```\nend\n"]),
            ("./a.py\n```\n\n```", ["a.py": "\n"]), ("a.py\n```\n1\n```\na.py\n```\n2\n```", ["a.py": "2\n"]),
        ] as [(String, [String: String])]
    )
    func `whole files are read from what models answer`(_ answer: String, _ files: [String: String]) {
        guard case .files(let read) = FencedFiles.read(answer, known: ["a.py": "x = 1\n"]) else {
            Issue.record("not read: \(FencedFiles.read(answer, known: ["a.py": ""]))")
            return
        }
        #expect(Dictionary(read.map { ($0.path, $0.content) }) { $1 } == files)
    }

    @Test(
        arguments: [
            ("", "no file in your answer"), ("I would change a.py.", "no file in your answer"),
            ("a.py\n```\nx = 2\n", "no closing fence"),
            ("a.py\n```\nx\n# ... rest of the code unchanged\n```", "leaves something out"),
            ("```\nx\n```\nand\n```\ny\n```", "no path before the fence"),
        ] as [(String, String)]
    )
    func `what holds no whole file is told to the model`(_ answer: String, _ sentence: String) {
        guard case .unreadable(let correction) = FencedFiles.read(answer, known: ["a.py": "x", "b.py": "y"]) else {
            Issue.record("read")
            return
        }
        #expect(correction.contains(sentence), "\(correction)")
    }

    @Test func `it locates, edits, verifies and repairs`() throws {
        let task = AgentTask.sample("Let set_x take a number.", contextTokens: 8_192)
        var stage = LoopStage(task, context: 8_192, capabilities: ["completion"]) { step, request in
            let text = request.messages.last?.text ?? ""
            return switch step {
            case 1: .says(text.contains("lib/a.py") ? "- `lib/a.py`" : "nothing")
            case 2: .says(text.contains("x = 1") ? "lib/a.py\n```\nBUG\n```" : "nothing")
            default:
                .says(text.contains("FAILED") && text.contains("\nBUG\n") ? "lib/a.py\n```\nx = 2\n```" : "nothing")
            }
        }
        stage.tree = PaperTree(["lib/a.py": "x = 1\n", "README": "Hi\n"])
        let end = try stage.played()
        #expect(end.way == .done && end.summary == "Changed lib/a.py.", "\(end)")
        #expect(stage.tree.files["lib/a.py"] == "x = 2\n" && stage.loop.mode == .pipeline)
        #expect(stage.tree.ran.contains { $0.name == "search_files" && $0.arguments["pattern"] == "set_x" })
        #expect(stage.asked.allSatisfy { $0.tools.isEmpty && $0.messages.count == 1 })
    }

    @Test func `a new file may be made, and a person's comment is heard`() throws {
        var stage = LoopStage(.sample(paths: ["new.py"], mode: .pipeline)) { _, request in
            let text = request.messages.last?.text ?? ""
            return .says(
                text.contains("Call it y.")
                    ? "new.py\n```\ny = 1\n```" : text.contains("does not exist yet") ? "new.py\n```\nx = 1\n```" : "?"
            )
        }
        let made = try stage.played()
        #expect(made.way == .done && stage.tree.files["new.py"] == "x = 1\n")
        let changed = try stage.played(from: .comment("Call it y."))
        #expect(changed.way == .done && stage.tree.files["new.py"] == "y = 1\n")
    }

    @Test func `circles and answers of another form end with their cause`() throws {
        var talk = LoopStage(.sample(paths: ["a.py"], mode: .pipeline)) { _, _ in .says("You should set x to 2.") }
        let talkEnd = try talk.played()
        #expect(talkEnd.cause == .unreadableModel)
        var same = LoopStage(.sample(paths: ["a.py"], mode: .pipeline)) { _, _ in .says("a.py\n```\nx = 1\n```") }
        let sameEnd = try same.played()
        #expect(sameEnd.cause == .stuck && same.asked.count == 3)
        var long = LoopStage(.sample(paths: ["a.py"], mode: .pipeline, contextTokens: 4_096)) { _, _ in .says("Never.")
        }
        long.tree.files["a.py"] = String(repeating: "something\n", count: 2_000)
        let longEnd = try long.played()
        #expect(longEnd.cause == .contextTooSmall && long.asked.isEmpty)
    }

    @Test func `names worth looking for are those that only code has`() {
        #expect(Pipeline.names(in: "Rename `f` in the parseLine function of set_x.") == ["parseLine", "set_x"])
        #expect(Pipeline.names(in: "Fix `total` please") == ["total"])
    }

    @Test func `numbers are no part of a file that was read`() {
        let shown = NumberedText("1\tx = 1\n2\t\n3\t12\ty\n[lines 1–3 of 9; go on with start_line 4]")
        #expect(shown.text == "x = 1\n\n12\ty\n" && shown.next == 4)
    }
}
