import FoundationEssentials
import Glibc
import Testing
import YggCore

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct FileToolTests {
    // MARK: - read_file

    @Test func `a file is shown with the numbers of its lines`() async throws {
        let bench = try await Bench(["a.py": "one\ntwo\nthree\n"])
        let all = await bench.call("read_file", ["path": "a.py"])
        #expect(all.text == "1\tone\n2\ttwo\n3\tthree" && !all.isError && all.record.bytes == 14)
        let part = await bench.call("read_file", ["path": "a.py", "start_line": 2, "end_line": 2])
        #expect(part.text == "2\ttwo\n[lines 2–2 of 3]")
    }

    @Test func `a long file says how to go on`() async throws {
        let bench = try await Bench(["a": (1...600).map { "line \($0)" }.joined(separator: "\n")]) {
            $0.limits.readLines = 100
        }
        let first = await bench.call("read_file", ["path": "a"])
        #expect(first.text.hasSuffix("100\tline 100\n[lines 1–100 of 600; go on with start_line 101]"))
        let next = await bench.call("read_file", ["path": "a", "start_line": 101])
        #expect(next.text.hasPrefix("101\tline 101\n") && next.text.hasSuffix("go on with start_line 201]"))
    }

    @Test func `long lines end an answer before its bound does`() async throws {
        let bench = try await Bench([
            "a": (1...100).map { _ in String(repeating: "x", count: 5_000) }.joined(separator: "\n")
        ])
        let answer = await bench.call("read_file", ["path": "a"]).text
        #expect(answer.utf8.count <= ToolLimits().answerBytes)
        #expect(answer.contains("[4400 more bytes in this line]") && answer.contains("go on with start_line"))
    }

    @Test(
        arguments: [
            (["path": "gone.py"], "gone.py does not exist. Look at the names with list_directory."),
            (["path": "d"], "d is a directory. Look into it with list_directory."),
            (["path": "bin"], "bin is a binary file (3 bytes): it holds no text."),
            (["path": "latin"], "latin is a binary file (2 bytes): it holds no text."),
            (
                ["path": "huge"],
                "huge is too large: 2000000 bytes, where 1048576 can be read. Look for what you need with search_files."
            ),
            (["path": "pipe"], "pipe is no regular file and cannot be read."),
            (["path": "d/x/y"], "d/x is not a directory. Look at the names with list_directory."),
            (["path": "d/x", "start_line": 3], "d/x has 1 line. Give a smaller start_line."),
            (
                ["path": "d/x", "start_line": 3, "end_line": 2],
                "end_line (2) comes before start_line (3). Give them the other way round."
            ),
            (["path": "d/x", "start_line": 0], "start_line must be from 1 to 9223372036854775807, not 0."),
        ] as [(JSONObject, String)]
    )
    func `what cannot be read is refused with a sentence`(arguments: JSONObject, sentence: String) async throws {
        let bench = try await Bench(["d/x": "1\n", "huge": String(repeating: "x", count: 2_000_000)])
        try bench.put([0x41, 0x00, 0x42], at: "bin")
        try bench.put([0xE9, 0x0A], at: "latin")
        #expect(mkfifo("\(bench.root)/pipe", 0o600) == 0)
        let result = await bench.call("read_file", arguments)
        #expect(result.isError && result.text == sentence)
    }

    @Test func `control characters are spelled out`() async throws {
        let bench = try await Bench(["a": "\u{1B}[31mred\u{07}\ttab\r\nend"])
        let text = await bench.call("read_file", ["path": "a"]).text
        #expect(text == "1\t\\x1b[31mred\\x07\ttab\n2\tend\n[lines end with CR LF, and edits keep that]")
    }

    // MARK: - write_file

    @Test func `a file is made with its directories`() async throws {
        let bench = try await Bench()
        let result = await bench.call("write_file", ["path": "a/b/c.txt", "content": "x\ny"])
        #expect(result.text == "Made a/b/c.txt: 2 lines, 3 bytes." && result.record.files == ["a/b/c.txt"])
        #expect(bench.text("a/b/c.txt") == "x\ny")
    }

    @Test func `a file that is replaced keeps its mode and its line ends`() async throws {
        let bench = try await Bench(["run.sh": "#!/bin/sh\r\necho\r\n"])
        chmod("\(bench.root)/run.sh", 0o755)
        let result = await bench.call("write_file", ["path": "run.sh", "content": "#!/bin/sh\ntrue\n"])
        #expect(result.text == "Replaced run.sh: 2 lines, 17 bytes.")
        #expect(bench.text("run.sh") == "#!/bin/sh\r\ntrue\r\n")
        #expect(access("\(bench.root)/run.sh", X_OK) == 0)
    }

    @Test(
        arguments: [
            (["path": "a.py", "content": "x\n"], "a.py has exactly this content already: nothing was changed."),
            (["path": "d", "content": "x"], "d is a directory. Name a file in it."),
            (
                ["path": "new/", "content": "x"],
                "new/ names a directory. Name a file in it; directories are made with it."
            ),
            (["path": "a.py/b", "content": "x"], "a.py is not a directory. Look at the names with list_directory."),
            (
                ["path": "a.py", "content": "def f():\n    pass\n# ... rest of the code unchanged ...\n"],
                "content leaves something out: the line \"# ... rest of the code unchanged ...\". Nothing is filled in for it, so nothing was changed. Give the complete text, or use edit_file with only the lines that change."
            ),
        ] as [(JSONObject, String)]
    )
    func `what cannot be written is refused and changes nothing`(arguments: JSONObject, sentence: String) async throws {
        let bench = try await Bench(["a.py": "x\n", "d/x": ""])
        let result = await bench.call("write_file", arguments)
        #expect(result.isError && result.text == sentence)
        #expect(bench.text("a.py") == "x\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.root).sorted() == ["a.py", "d"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.base)/scratch/drafts") == [])
    }

    // MARK: - list_directory

    @Test func `a directory is listed, sorted, without what is git's`() async throws {
        let bench = try await Bench([
            "b.py": "12", "a/x/y": "", "a/z": "", "node_modules/m/i.js": "", ".git/config": "", "sub/.git": "gitdir: x",
        ])
        bench.link("link", to: "b.py")
        let top = await bench.call("list_directory")
        #expect(top.text == "a/\nb.py  2 bytes\nlink -> b.py\nnode_modules/\nsub/")
        let deep = await bench.call("list_directory", ["depth": 3])
        #expect(
            deep.text == "a/\na/x/\na/x/y  0 bytes\na/z  0 bytes\nb.py  2 bytes\nlink -> b.py\nnode_modules/\nsub/"
        )
        #expect(await bench.call("list_directory", ["path": "sub"]).text == "[sub is empty]")
        #expect(
            await bench.call("list_directory", ["path": "b.py"]).text
                == "b.py is not a directory. Read it with read_file."
        )
        #expect(await bench.call("list_directory", ["path": "nix"]).isError)
    }

    @Test func `a listing is bounded`() async throws {
        let bench = try await Bench(Dictionary(uniqueKeysWithValues: (0..<30).map { ("f\($0)", "") })) {
            $0.limits.listEntries = 10
        }
        let text = await bench.call("list_directory").text
        #expect(text.split(separator: "\n").count == 11)
        #expect(text.hasSuffix("[20 more entries are not shown: list a directory below, or use search_files]"))
    }
}
