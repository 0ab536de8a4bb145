import Testing
import YggCore

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct EditTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var file: String
        var old: String
        var new: String
        var after: String
        var step: Replacement.Step = .exact

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        .init(name: "a word", file: "a b c\n", old: "b", new: "x", after: "a x c\n"),
        .init(name: "a deletion", file: "a\nb\nc\n", old: "b\n", new: "", after: "a\nc\n"),
        .init(name: "several lines", file: "a\nb\nc\n", old: "a\nb", new: "x\ny\nz", after: "x\ny\nz\nc\n"),
        .init(name: "without an end of line at the end", file: "a\nb", old: "b", new: "c", after: "a\nc"),
        .init(
            name: "other scalars of the same letter are another text",
            file: "e\u{301}\u{E9}\n",
            old: "\u{E9}",
            new: "x",
            after: "e\u{301}x\n"
        ),
        .init(
            name: "space at the end of a line of the file",
            file: "def f():  \n    return 1\t\nx\n",
            old: "def f():\n    return 1\n",
            new: "def f():\n    return 2\n",
            after: "def f():\n    return 2\nx\n",
            step: .trailingSpace
        ),
        .init(
            name: "space at the end of a line of the old text",
            file: "a\nb\nc\n",
            old: "a \nb",
            new: "d\ne",
            after: "d\ne\nc\n",
            step: .trailingSpace
        ),
        .init(
            name: "empty lines around",
            file: "a\nb\nc\n",
            old: "\n\na \nb\n\n",
            new: "\nx\n",
            after: "x\nc\n",
            step: .blankEdges
        ),
        .init(
            name: "indented less",
            file: "class A:\n    def f(self):\n        return 1\n",
            old: "def f(self):\n    return 1",
            new: "def f(self):\n    x = 2\n\n    return x",
            after: "class A:\n    def f(self):\n        x = 2\n\n        return x\n",
            step: .indentation
        ),
        .init(
            name: "indented more",
            file: "def f():\n    return 1\n",
            old: "    def f():\n        return 1",
            new: "    def f():\n        return 2",
            after: "def f():\n    return 2\n",
            step: .indentation
        ),
        .init(
            name: "tabs in the file",
            file: "\tif x:\n\t\ty()\n",
            old: "if x:\n\ty()",
            new: "if z:\n\ty()",
            after: "\tif z:\n\t\ty()\n",
            step: .indentation
        ),
        .init(
            name: "line numbers copied along",
            file: "a\nb\nc\n",
            old: "1\ta\n2\tb",
            new: "1\ta\n2\tx",
            after: "a\nx\nc\n",
            step: .lineNumbers
        ),
        .init(
            name: "line numbers in the old text alone",
            file: "a\n  b\nc\n",
            old: "2\t  b",
            new: "  x",
            after: "a\n  x\nc\n",
            step: .lineNumbers
        ),
        .init(
            name: "escaped line ends",
            file: "a\nb\nc\n",
            old: "a\\nb",
            new: "x\\ny",
            after: "x\ny\nc\n",
            step: .escapes
        ),
        .init(
            name: "escaped quotes",
            file: "print(\"a\")\n",
            old: "print(\\\"a\\\")",
            new: "print(\\\"b\\\")",
            after: "print(\"b\")\n",
            step: .escapes
        ),
        .init(
            name: "escapes that are meant",
            file: "print('a\\n')\n",
            old: "print('a\\n')",
            new: "print('b\\n')",
            after: "print('b\\n')\n"
        ),
        .init(
            name: "lines deleted though they differ in space",
            file: "a\nb  \nc\n",
            old: "a\nb\n",
            new: "",
            after: "c\n",
            step: .trailingSpace
        ),
    ]

    @Test(arguments: cases) func `a text is replaced where it is found once`(test: Case) throws {
        let edit = try Replacement(test.old, with: test.new, in: test.file, name: "f")
        #expect(edit.text.utf8.elementsEqual(test.after.utf8), "\(edit.text)")
        #expect(edit.step == test.step)
    }

    @Test(
        arguments: [
            (
                "a\na\nb\na\n", "a", "x",
                "old_text is 3 times in f, at lines 1, 2, 4. Nothing was changed. Add the lines before or after it to old_text and to new_text, so that it is there once."
            ),
            (
                "x  \ny\nx\ny\n", "x \ny", "z",
                "old_text is 2 times in f, at lines 1, 3. Nothing was changed. Add the lines before or after it to old_text and to new_text, so that it is there once."
            ),
            (
                "  a()\n  b\n    a()\n    b\n", "a()\nb", "c()",
                "old_text is 2 times in f, at lines 1, 3. Nothing was changed. Add the lines before or after it to old_text and to new_text, so that it is there once."
            ),
            (
                "a\n", "a", "a",
                "old_text and new_text are the same, so nothing in f would change. Give the text as it shall be in new_text, or go on if it is right already."
            ),
            (
                "a  \n", "a\n", "a  \n",
                "old_text and new_text are the same, so nothing in f would change. Give the text as it shall be in new_text, or go on if it is right already."
            ),
            (
                "aaa\n", "zz", "y",
                "old_text is not in f, and neither is anything like it. Nothing was changed. Look at the file with read_file and copy the lines from there."
            ),
            (
                "import os\n\ndef total(items):\n    return sum(items)\n\nprint(total([1]))\n",
                "def total(values):\n    return sum(values)", "x",
                "old_text is not in f. Nothing was changed. The nearest is:\n1\timport os\n2\t\n3\tdef total(items):\n4\t    return sum(items)\n5\t\n6\tprint(total([1]))\nCopy the lines from there into old_text, without the numbers."
            ),
        ]
    )
    func `what is not there once is refused`(file: String, old: String, new: String, sentence: String) {
        #expect(throws: ToolRefusal(sentence)) { try Replacement(old, with: new, in: file, name: "f") }
    }

    @Test(
        arguments: [
            ("# ... rest of the code unchanged", true), ("// ... existing code ...", true),
            ("    # rest of the code unchanged", true),
            ("/* ... the remaining methods stay the same ... */", true), ("<!-- … existing content … -->", true),
            ("... (rest of the file unchanged)", true), ("[... rest of the function ...]", true),
            ("# (other methods omitted for brevity)", true),
            ("// the implementation goes here, rest of it as before", true),
            ("    ...", false), ("...existing,", false), ("    ...rest", false), ("return [...existing, one]", false),
            ("# TODO: handle the rest of the cases", false), ("# Existing code calls this", false),
            ("x = y  # unchanged", false),
            ("// ... and so it goes", false), ("def f(self): ...", false), ("# remaining budget in bytes", false),
        ]
    )
    func `an elision is told from a comment`(line: String, isElision: Bool) {
        #expect(Elision.isElision(line[...]) == isElision)
        #expect((Elision.added(by: "a\n\(line)\n", to: "a\n") != nil) == isElision)
        #expect(Elision.added(by: "b\n\(line)\n", to: "a\n  \(line)\n") == nil, "A line that was there may stay.")
    }

    // MARK: - The tool

    @Test func `an edit shows what the file is now`() async throws {
        let bench = try await Bench(["a.py": "1\n2\n3\n4\n5\n6\n7\n8\n9\n"])
        let exact = await bench.call("edit_file", ["path": "a.py", "old_text": "5\n", "new_text": "five\n"])
        #expect(exact.text == "Edited a.py. It is now:\n2\t2\n3\t3\n4\t4\n5\tfive\n6\t6\n7\t7\n8\t8")
        #expect(exact.record.files == ["a.py"])
        let deleted = await bench.call("edit_file", ["path": "a.py", "old_text": "five\n", "new_text": ""])
        #expect(deleted.text == "Deleted at line 5 of a.py. It is now:\n2\t2\n3\t3\n4\t4\n5\t6\n6\t7\n7\t8")
        let forgiven = await bench.call("edit_file", ["path": "a.py", "old_text": "1  \n2", "new_text": "one\ntwo"])
        #expect(
            forgiven.text.hasPrefix(
                "Edited a.py, found without regard to space at the ends of lines. It is now:\n1\tone"
            )
        )
        #expect(bench.text("a.py") == "one\ntwo\n3\n4\n6\n7\n8\n9\n")
    }

    @Test func `carriage returns stay as they are`() async throws {
        let bench = try await Bench(["a": "one\r\ntwo\r\nthree\r\n", "mixed": "one\r\ntwo\nthree\n"])
        _ = await bench.call("edit_file", ["path": "a", "old_text": "one\ntwo", "new_text": "1\n2"])
        #expect(bench.text("a") == "1\r\n2\r\nthree\r\n")
        _ = await bench.call("edit_file", ["path": "mixed", "old_text": "two", "new_text": "2"])
        #expect(bench.text("mixed") == "one\r\n2\nthree\n")
    }

    @Test(
        arguments: [
            (["path": "a", "old_text": "", "new_text": "x"], "old_text is empty, so there is no place for new_text."),
            (["path": "a", "old_text": "x", "new_text": "x"], "old_text and new_text are the same"),
            (["path": "a", "old_text": "y", "new_text": "x\u{0}"], "new_text contains a NUL byte."),
            (
                ["path": "a", "old_text": "y", "new_text": "# ... existing code ...\nx"],
                "new_text leaves something out"
            ),
            (["path": "b", "old_text": "y", "new_text": "x"], "b does not exist."),
        ] as [(JSONObject, String)]
    )
    func `an edit that cannot be made changes nothing`(arguments: JSONObject, beginning: String) async throws {
        let bench = try await Bench(["a": "y\n"])
        let result = await bench.call("edit_file", arguments)
        #expect(result.isError && result.text.hasPrefix(beginning), "\(result.text)")
        #expect(bench.text("a") == "y\n")
    }
}

/// What holds for every text: the lines are drawn from a few words, so that they often repeat.
struct EditPropertyTests {
    private static func lines(_ random: inout SeededRandom, _ count: Range<Int>) -> [String] {
        (0..<random.int(count)).map { _ in
            String(repeating: " ", count: random.int(0..<5)) + random.pick(["a", "b()", "", "c = 1", "é", "}"])
                + random.pick(["", "", " ", "\t", "\r"])
        }
    }

    @Test(arguments: seeds(300)) func `a replacement changes its place and nothing else`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let before = Self.lines(&random, 0..<12)
        let marked = Self.lines(&random, 0..<3) + ["unique \(random.int(0..<9))"] + Self.lines(&random, 0..<3)
        let after = Self.lines(&random, 0..<12)
        let new = Self.lines(&random, 1..<5).joined(separator: "\n") + "!"
        let old = marked.joined(separator: "\n")
        let file = (before + [old] + after).joined(separator: "\n")
        let edit = try Replacement(old, with: new, in: file, name: "f")
        #expect(edit.step == .exact)
        #expect(edit.text.utf8.elementsEqual((before + [new] + after).joined(separator: "\n").utf8))
    }

    @Test(arguments: seeds(300)) func `a text moved and frayed is found where it was, or refused`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let before = Self.lines(&random, 0..<8)
        let after = Self.lines(&random, 0..<8)
        let body = ["  unique one", "    two", "  three"]
        let file = (before + body + after).joined(separator: "\n")
        let frayed = body.map { $0 + random.pick(["", " ", "\t "]) }
        let shift = random.pick(["", "  ", "\t"])
        let old = frayed.map { shift + $0 }.joined(separator: "\n")
        let new = [shift + "  one", shift + "    2"].joined(separator: "\n")
        let edit = try Replacement(old, with: new, in: file, name: "f")
        #expect(edit.text.utf8.elementsEqual((before + ["  one", "    2"] + after).joined(separator: "\n").utf8))
    }

    @Test(arguments: seeds(300)) func `whatever is asked, lines outside the edit stay`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let file = Self.lines(&random, 0..<20).joined(separator: "\n")
        let old = Self.lines(&random, 0..<4).joined(separator: random.pick(["\n", "\\n"]))
        let new = Self.lines(&random, 0..<4).joined(separator: "\n")
        guard let edit = try? Replacement(old, with: new, in: file, name: "f") else { return }
        // What the edit left out of the file and what it put in share the beginning and the end of the file.
        let (a, b) = (Array(file.utf8), Array(edit.text.utf8))
        let head = zip(a, b).prefix { $0 == $1 }.count
        let tail = zip(a.dropFirst(head).reversed(), b.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        #expect(a.count - head - tail <= old.utf8.count + 8 * 12, "More was taken out than the old text can stand for.")
        #expect(edit.text != file)
    }

    @Test(arguments: seeds(100)) func `a file with either line end survives a round trip`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let text = Self.lines(&random, 0..<9).joined(separator: random.pick(["\n", "\r\n"]))
        let file = try TextFile(Array(text.utf8), name: "f")
        #expect(file.bytes(of: file.text) == Array(text.utf8))
    }
}
