import FoundationEssentials
import Glibc
import Testing
import YggProcess

@testable import YggAgent

@Suite(.timeLimit(.minutes(2)))
struct CheckpointTests {
    @Test func `a state comes back exactly, whatever was done since`() async throws {
        let yard = try await Yard(["a.txt": "1\n", "sub/b.txt": "b\n", "gone.txt": "g\n", ".gitignore": "out/\n"])
        #expect(try await yard.checkpoints.save("untouched") == yard.checkpoints.base)
        #expect(try await yard.checkpoints.diff() == "")

        try yard.put("2\n", at: "a.txt")
        try yard.put("new\n", at: "new file.txt")
        try yard.remove("gone.txt")
        let state = try await yard.checkpoints.save("changed")
        #expect(state != yard.checkpoints.base)
        #expect(try await yard.checkpoints.save("again") == state)

        try yard.put("3\n", at: "a.txt")
        try yard.put("g again\n", at: "gone.txt")
        try yard.put("later\n", at: "later/deep/c.txt")
        try yard.remove("sub/b.txt")
        try yard.remove("new file.txt")
        try yard.put("built\n", at: "out/x.o")
        #expect(chmod("\(yard.root)/a.txt", 0o755) == 0)
        try await yard.checkpoints.restore(state)
        #expect(yard.text("a.txt") == "2\n" && yard.text("sub/b.txt") == "b\n" && yard.text("new file.txt") == "new\n")
        #expect(yard.text("gone.txt") == nil && yard.text("later/deep/c.txt") == nil)
        #expect(access("\(yard.root)/a.txt", X_OK) != 0)
        // Ignored, so no part of any state.
        #expect(yard.text("out/x.o") == "built\n")
        #expect(try await yard.checkpoints.save("back") == state)

        try await yard.checkpoints.restore(yard.checkpoints.base)
        #expect(yard.text("a.txt") == "1\n" && yard.text("gone.txt") == "g\n" && yard.text("new file.txt") == nil)
    }

    @Test func `a change of the same length in the same moment is seen`() async throws {
        let yard = try await Yard(["a.txt": "1\n"])
        let state = try await yard.checkpoints.save("one")
        for _ in 0..<20 {
            try yard.put("2\n", at: "a.txt")
            #expect(try await yard.checkpoints.save("two") != state)
            try await yard.checkpoints.restore(state)
            #expect(yard.text("a.txt") == "1\n")
        }
    }

    @Test func `the diff holds new files, and nothing that builds leave behind`() async throws {
        let yard = try await Yard(["a.py": "x = 1\n"])
        try yard.put("x = 2\n", at: "a.py")
        try yard.put("y\n", at: "b.txt")
        try yard.put("junk", at: "__pycache__/a.cpython-311.pyc")
        try yard.put("junk", at: "pkg/node_modules/x/index.js")
        let diff = try await yard.checkpoints.diff()
        #expect(
            diff.contains("-x = 1\n+x = 2\n") && diff.contains("+++ b/b.txt") && diff.contains("new file mode 100644")
        )
        #expect(!diff.contains("junk") && !diff.contains("pycache") && !diff.contains("node_modules"))
        let changes = try await yard.checkpoints.changes(to: try await yard.checkpoints.save("x"))
        #expect(changes.map { "\($0.how) \($0.path)" } == ["M a.py", "A b.txt"])
    }

    @Test func `the owner's index, HEAD and branches are not touched, and its states can be let go`() async throws {
        let yard = try await Yard(["a": "1\n"])
        try yard.put("2\n", at: "a")
        try await Bench.git(["add", "a"], in: yard.root)
        let index = FileManager.default.contents(atPath: "\(yard.root)/.git/index")
        let before = try await Bench.git(["for-each-ref"], in: yard.root)
        try yard.put("3\n", at: "a")
        let state = try await yard.checkpoints.save("x")
        _ = try await yard.checkpoints.diff()
        try await yard.checkpoints.restore(yard.checkpoints.base)
        try await yard.checkpoints.restore(state)
        #expect(FileManager.default.contents(atPath: "\(yard.root)/.git/index") == index)
        #expect(try await Bench.git(["symbolic-ref", "HEAD"], in: yard.root) == "refs/heads/main\n")
        #expect(try await Bench.git(["for-each-ref"], in: yard.root).contains("refs/ygg/checkpoints/t-1/\(state)"))
        try await yard.checkpoints.forget()
        #expect(try await Bench.git(["for-each-ref"], in: yard.root) == before)
    }

    @Test func `states outlive who kept them`() async throws {
        let yard = try await Yard(["a": "1\n"])
        try yard.put("2\n", at: "a")
        let state = try await yard.checkpoints.save("x")
        try await Bench.git(["gc", "-q", "--prune=now"], in: yard.root)
        try yard.put("3\n", at: "a")
        let later = try await Checkpoints(yard.setting, base: "main", owner: "t-1")
        try await later.restore(state)
        #expect(yard.text("a") == "2\n")
    }

    @Test func `nothing that a repository configures is run`() async throws {
        let yard = try await Yard([
            "a.py": "1\n", "b.txt": "b\n", ".gitattributes": "*.py filter=evil diff=evil\n*.txt filter=process\n",
        ])
        let marks = "\(yard.base)/marks"
        try FileManager.default.createDirectory(atPath: marks, withIntermediateDirectories: true)
        for (key, name) in [
            ("core.fsmonitor", "fsmonitor"), ("filter.evil.clean", "clean"), ("filter.evil.smudge", "smudge"),
            ("filter.process.process", "process"), ("diff.evil.textconv", "textconv"), ("diff.external", "external"),
            ("diff.evil.command", "command"), ("core.pager", "pager"),
        ] {
            try await Bench.git(["config", key, "touch \(marks)/\(name);cat"], in: yard.root)
        }
        for hook in ["post-index-change", "post-checkout", "reference-transaction", "pre-commit"] {
            try yard.put("#!/bin/sh\ntouch \(marks)/\(hook)\n", at: ".git/hooks/\(hook)")
            #expect(Bench.makeExecutable("\(yard.root)/.git/hooks/\(hook)"))
        }
        try yard.put("2\n", at: "a.py")
        try yard.put("c\n", at: "b.txt")
        let state = try await yard.checkpoints.save("x")
        #expect(try await yard.checkpoints.diff().contains("+2\n"))
        try await yard.checkpoints.restore(yard.checkpoints.base)
        try await yard.checkpoints.restore(state)
        try await yard.checkpoints.forget()
        #expect(try FileManager.default.contentsOfDirectory(atPath: marks) == [])
    }

    @Test func `an index that is taken over stays the owner's own`() async throws {
        let yard = try await Yard(["a": "1\n", "b": "1\n"])
        let checkpoints = try await Checkpoints(yard.setting, base: "HEAD", owner: "t-2", isUntouched: true)
        #expect(checkpoints.base == yard.checkpoints.base)
        let index = "\(yard.root)/.git/index"
        let before = FileManager.default.contents(atPath: index)
        try yard.put("2\n", at: "a")
        try yard.put("3\n", at: "c")
        let state = try await checkpoints.save("x")
        #expect(FileManager.default.contents(atPath: index) == before)
        #expect(try await checkpoints.changes(to: state).map(\.path) == ["a", "c"])
    }

    @Test(arguments: [false, true])
    func `a submodule is not looked into, and a link leads nowhere`(isUntouched: Bool) async throws {
        let inner = try await Yard(["x": "1\n"])
        let yard = try await Yard(["a": "1\n"])
        let allow = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.root, "inner"]
        try await Bench.git(allow, in: yard.root)
        try await Bench.git(["commit", "-q", "-m", "with a submodule"], in: yard.root)
        let mark = "\(yard.base)/mark"
        try await Bench.git(["config", "core.fsmonitor", "touch \(mark);cat"], in: "\(yard.root)/inner")
        try yard.put("2\n", at: "inner/x")
        let outside = "\(yard.base)/outside"
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try Data("keep".utf8).write(to: URL(filePath: "\(outside)/keep"))
        let checkpoints = try await Checkpoints(
            yard.setting,
            base: "HEAD",
            owner: "t-2",
            isUntouched: isUntouched
        )
        symlink(outside, "\(yard.root)/link")
        let state = try await checkpoints.save("x")
        try await checkpoints.restore(checkpoints.base)
        #expect(access("\(yard.root)/link", F_OK) != 0)
        try await checkpoints.restore(state)
        #expect(FileManager.default.fileExists(atPath: "\(outside)/keep"))
        #expect(!FileManager.default.fileExists(atPath: mark))
        #expect(yard.text("inner/x") == "2\n")
    }

    @Test func `what is missing is said`() async throws {
        let yard = try await Yard(["a": "1\n"])
        await #expect(throws: CheckpointFailure.self) { try await yard.checkpoints.restore("no-such-tree") }
        await #expect(throws: CheckpointFailure.self) {
            _ = try await Checkpoints(yard.setting, base: "no-such-branch", owner: "x")
        }
        var bare = yard.setting
        bare.gitDirectory = nil
        let setting = bare
        await #expect(throws: CheckpointFailure.self) {
            _ = try await Checkpoints(setting, base: "HEAD", owner: "x")
        }
    }
}
