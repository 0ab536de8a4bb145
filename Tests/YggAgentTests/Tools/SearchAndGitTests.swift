import Testing
import YggCore
import YggProcess

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct SearchTests {
    private static let files = [
        "src/a.py": "def one():\n    return 1\n\nDEF = 2\n", "src/b.js": "one()\n", "docs/a.md": "one (and) two\n",
        ".git/config": "one\n", ".hidden/x": "one\n", ".gitignore": "ignored\n", "ignored/x.py": "one\n",
    ]

    @Test(
        arguments: [
            (["pattern": "one"], ".hidden/x:1:one\ndocs/a.md:1:one (and) two\nsrc/a.py:1:def one():\nsrc/b.js:1:one()"),
            (["pattern": "one", "path": "src"], "src/a.py:1:def one():\nsrc/b.js:1:one()"),
            (["pattern": "one", "path": "src/b.js"], "src/b.js:1:one()"),
            (["pattern": "one", "glob": "*.py"], "src/a.py:1:def one():"),
            (["pattern": "one", "glob": ".git/**"], "[no matches]"),
            (["pattern": "one", "glob": "**/config"], "[no matches]"),
            (["pattern": "^def "], "src/a.py:1:def one():"),
            (["pattern": "^def ", "ignore_case": true], "src/a.py:1:def one():\nsrc/a.py:4:DEF = 2"),
            (["pattern": "(and)", "literal": true], "docs/a.md:1:one (and) two"),
            (["pattern": "three"], "[no matches]"),
            (["pattern": "-v", "literal": true], "[no matches]"), (["pattern": "--pre=id"], "[no matches]"),
        ] as [(JSONObject, String)]
    )
    func `text is found`(arguments: JSONObject, text: String) async throws {
        let bench = try await Bench(Self.files)
        // Without a repository ripgrep does not read .gitignore: the ignored file is out of the way here.
        let result = await bench.call("search_files", arguments)
        let lines = result.text.split(separator: "\n").filter {
            !$0.hasPrefix("ignored/") && !$0.hasPrefix(".gitignore")
        }
        #expect(lines.joined(separator: "\n") == text && !result.isError)
    }

    @Test func `what cannot be searched is refused`() async throws {
        let bench = try await Bench(Self.files)
        let regex = await bench.call("search_files", ["pattern": "one("])
        #expect(regex.isError && regex.text.contains("unclosed group") && regex.text.hasSuffix("set literal to true."))
        #expect(await bench.call("search_files", ["pattern": ""]).isError)
        #expect(
            await bench.call("search_files", ["pattern": "x", "path": "gone"]).text.hasPrefix("gone does not exist.")
        )
    }

    @Test func `without ripgrep it says how to get it`() async throws {
        let bench = try await Bench(Self.files, environment: ["PATH": "/nonexistent"])
        let result = await bench.call("search_files", ["pattern": "one"])
        #expect(result.isError && result.text.contains("apt install ripgrep"))
    }

    @Test func `matches are bounded, and so are their lines`() async throws {
        let line = "one " + String(repeating: "x", count: 10_000)
        let files = Dictionary(uniqueKeysWithValues: (10..<60).map { ("f\($0)", line + "\none\n") })
        let bench = try await Bench(files) { $0.limits.searchMatches = 20 }
        let result = await bench.call("search_files", ["pattern": "one"])
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 21 && lines.last == "[80 more matches: use a longer pattern, a path or a glob]")
        #expect(lines.allSatisfy { $0.utf8.count < 450 })
    }

    @Test func `names that would break a line are quoted`() async throws {
        let bench = try await Bench(["a\nb \u{1B}[2J": "one\n"])
        #expect(await bench.call("search_files", ["pattern": "one"]).text == "\"a\\nb \\x1b[2J\":1:one")
        #expect(await bench.call("list_directory").text == "\"a\\nb \\x1b[2J\"  4 bytes")
    }
}

@Suite(.timeLimit(.minutes(1)))
struct GitToolTests {
    @Test func `status, difference and history are shown`() async throws {
        let bench = try await Bench(["a.py": "one\n", "b.py": "two\n"], git: true)
        #expect(await bench.call("git_status").text == "## main\n[nothing is changed]")
        #expect(await bench.call("git_diff").text == "[no changes in tracked files; git_status also shows new ones]")
        try bench.put("three\n", at: "a.py")
        try bench.put("new\n", at: "new file")
        #expect(await bench.call("git_status").text == "## main\n M a.py\n?? \"new file\"\n")
        let diff = await bench.call("git_diff")
        #expect(
            diff.text.contains("-one\n+three\n") && diff.record.argv == ["git", "diff"] && diff.record.exitCode == 0
        )
        #expect(await bench.call("git_diff", ["path": "b.py"]).text.hasPrefix("[no changes"))
        #expect(await bench.call("git_diff", ["staged": true]).text == "[nothing is staged]")
        try await Bench.git(["add", "a.py"], in: bench.root)
        #expect(await bench.call("git_diff", ["staged": true, "path": "a.py"]).text.contains("+three"))
        let log = await bench.call("git_log", ["count": 5, "path": "a.py"])
        #expect(log.text.hasSuffix(" Test: first\n") && log.text.split(separator: "\n").count == 1)
    }

    @Test func `git goes on where the harness commits and switches`() async throws {
        let bench = try await Bench(["a": "1\n"], git: true)
        _ = await bench.call("git_status")
        try bench.put("2\n", at: "a")
        try await Bench.git(["checkout", "-q", "-b", "other"], in: bench.root)
        try await Bench.git(["commit", "-q", "-am", "second"], in: bench.root)
        #expect(await bench.call("git_status").text == "## other\n[nothing is changed]")
        #expect(await bench.call("git_log").text.split(separator: "\n").count == 2)
    }

    @Test func `a work tree of another repository is shown`() async throws {
        let origin = try await Bench(["a": "1\n"], git: true)
        let tree = "\(origin.base)/tree"
        try await Bench.git(["worktree", "add", "-q", "-b", "wt", tree], in: origin.root)
        let scratch = try Scratch(path: "\(origin.base)/scratch2", personalHome: nil)
        let directory = "\(origin.root)/.git/worktrees/tree"
        let toolbox = try Toolbox(
            .init(
                root: tree,
                gitDirectory: directory,
                scratch: scratch,
                environment: Bench.environment,
                isolation: .none
            )
        )
        #expect(
            await toolbox.run(ToolCall(id: "", name: "git_status", arguments: [:])).text
                == "## wt\n[nothing is changed]"
        )
        let file = await toolbox.run(ToolCall(id: "", name: "read_file", arguments: ["path": ".git"]))
        #expect(file.isError && file.text.contains("belongs to git"))
    }

    @Test func `without a repository the tools say so`() async throws {
        let bench = try await Bench(["a": ""])
        for tool in ["git_status", "git_diff", "git_log"] {
            #expect(
                await bench.call(tool).text
                    == "This workspace is not a git repository. Use list_directory and read_file."
            )
        }
        #expect(await bench.command("git status").isError)
    }

    @Test func `git as a command is the same git`() async throws {
        let bench = try await Bench(["a.py": "one\n"], git: true)
        try bench.put("two\n", at: "a.py")
        let diff = await bench.command("git diff --stat")
        #expect(diff.text.contains("a.py | 2 +-") && diff.record.argv == ["git", "diff", "--stat"])
        #expect(await bench.command("git show HEAD:a.py").text == "one\n")
        #expect(await bench.command("git log -1 --format=%s").text == "first\n")
        #expect(await bench.command("git show HEAD:nix").isError)
    }

    @Test func `of a configuration only what says how files are read is taken over`() {
        let configuration = GitView.configuration(
            """
            [core]
            \tfilemode = false
            \tautocrlf=input ; no
            \tfsmonitor = /tmp/x
            \thooksPath = /tmp
            [filter "x"]
            \tclean = id
            [Core] ignorecase
            \tSymlinks
            [extensions]
            \tobjectFormat = sha256
            [include]
            \tpath = /etc/passwd
            """
        )
        #expect(
            configuration == """
                [core]
                \tbare = false
                \trepositoryformatversion = 0
                [core]
                \tfilemode = false
                [core]
                \tsymlinks = true
                [extensions]
                \tobjectformat = sha256
                [core]
                \trepositoryformatversion = 1

                """
        )
    }
}
