import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct WorktreeTests {
    @Test
    func `a command runs in a work tree of its own, which is removed`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            let result = try await scene.run(
                "dev-run",
                ["repo": .string(repo), "command": ["sh", "-c", "pwd; git branch --show-current; cat a"]],
                task: "t7",
                epoch: 3
            )
            #expect(result.outcome == .succeeded, "\(result)")
            #expect(
                result.result["output"]?.stringValue == "\(scene.workspace)/worktrees/t7-3\nygg/t7/3\none\n"
            )
            #expect(result.result["workspace"] == nil)
            #expect(result.result["commit"]?.stringValue?.count == 40)
            #expect(try await scene.script("ls workspace/worktrees; git -C workspace/mirrors/*.git branch") == "")
        }
    }

    @Test
    func `what is not committed is kept, and what is committed too`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            let changed = try await scene.run(
                "dev-run",
                ["repo": .string(repo), "command": ["sh", "-c", "echo new > b; exit 3"]],
                task: "t1"
            )
            #expect(changed.error?.code == "exit-code")
            #expect(changed.result["exitCode"]?.intValue == 3)
            #expect(changed.result["workspace"]?["path"]?.stringValue == "\(scene.workspace)/worktrees/t1-1")
            #expect(changed.result["workspace"]?["kept"]?.stringValue?.contains("1 uncommitted change") == true)
            #expect(scene.exists("workspace/worktrees/t1-1/b"))

            let commit = "echo new > b; git add b; git -c user.name=a -c user.email=b commit -qm b"
            let committed = try await scene.run(
                "dev-run",
                ["repo": .string(repo), "command": ["sh", "-c", .string(commit)]],
                task: "t2"
            )
            #expect(committed.result["workspace"]?["branch"]?.stringValue == "ygg/t2/1", "\(committed)")
            #expect(!scene.exists("workspace/worktrees/t2-1"))
            #expect(try await scene.script("git -C workspace/mirrors/*.git log -1 --format=%s ygg/t2/1") == "b")
            // The kept tree outlives the pruning of later attempts.
            #expect(scene.exists("workspace/worktrees/t1-1/b"))
            #expect(try await scene.script("git -C workspace/worktrees/t1-1 status --short") == "?? b")
        }
    }

    @Test
    func `a cancelled attempt leaves nothing`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "printf 'all:\\n\\t@echo up; sleep 1000\\n' > Makefile; git add .; git commit -qm m"
            )
            let running = Task { try await scene.run("dev-build", ["repo": .string(repo)]) }
            _ = await scene.firstOutput()
            running.cancel()
            #expect(try await running.value.outcome == .cancelled)
            #expect(
                try await scene.script("ls workspace/worktrees workspace/views; git -C workspace/mirrors/*.git branch")
                    == "workspace/views:\n\nworkspace/worktrees:"
            )
        }
    }

    @Test
    func `an attempt whose time ran out leaves nothing`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "printf 'all:\\n\\t@sleep 1000\\n' > Makefile; git add .; git commit -qm m"
            )
            let result = try await scene.run("dev-build", ["repo": .string(repo)], timeouts: Timeouts(run: .seconds(3)))
            #expect(result.error?.code == "run-timeout", "\(result)")
            #expect(!scene.exists("workspace/worktrees/t1-1"))
        }
    }

    @Test
    func `what a killed process left behind is swept, and nothing else`() async throws {
        try await Scene.with { scene in
            let makefile = "printf 'all:\\n\\t@echo up; sleep 1000\\n' > Makefile"
            let repo = try await scene.repository("a", "\(makefile); git add .; git commit -qm m")
            let keep: JSONObject = ["repo": .string(repo), "command": ["touch", "new"]]
            _ = try await scene.run("dev-run", keep, task: "kept")
            let running = Task { try await scene.run("dev-build", ["repo": .string(repo)], task: "alive") }
            _ = await scene.firstOutput()
            try await scene.script(
                """
                cd workspace && mkdir -p worktrees/dead-1 views/dead-1
                ln -s "$ROOT/repos/a/.git/refs" views/dead-1/refs && touch worktrees/dead-1.lock views/dead-1.lock
                """
            )
            let removed = await DeadWorkspaces.sweep(scene.workspace, environment: scene.environment)
            #expect(removed == ["worktrees/dead-1", "views/dead-1"].map { "\(scene.workspace)/\($0)" })
            #expect(try await scene.script("ls workspace/views; git -C repos/a log -1 --format=%s") == "m")
            #expect(try await scene.script("ls workspace/worktrees") == "alive-1\nalive-1.lock\nkept-1")
            running.cancel()
            _ = try await running.value
            #expect(try await scene.script("ls workspace/worktrees") == "kept-1")
        }
    }

    @Test
    func `uncommitted changes are not included, and that is said`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a", "echo dirty >> a; echo x > y")
            let result = try await scene.run("dev-run", ["repo": .string(repo), "command": ["cat", "a"]])
            #expect(result.result["output"]?.stringValue == "one\n", "\(result)")
            #expect(scene.text(.message).contains("2 uncommitted changes in \(repo) not included"))
            #expect(try await scene.script("git -C repos/a status --short") == "M a\n?? y")
        }
    }

    @Test
    func `a commit on no branch, a detached HEAD and a tag can be named`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "git checkout -q --detach; echo two > a; git commit -qam two; git rev-parse HEAD > ../sha; git checkout -q main"
            )
            let sha = try await scene.script("cat repos/sha")
            for (ref, content) in [
                (sha, "two\n"), (String(sha.prefix(10)), "two\n"), ("v1", "one\n"), ("dev", "one\n"),
            ] {
                let params: JSONObject = ["repo": .string(repo), "ref": .string(ref), "command": ["cat", "a"]]
                let result = try await scene.run("dev-run", params)
                #expect(result.result["output"]?.stringValue == content, "\(ref) \(result)")
            }
            try await scene.script("git -C repos/a checkout -q --detach \(sha)")
            let detached = try await scene.run("dev-run", ["repo": .string(repo), "command": ["cat", "a"]])
            #expect(detached.result["output"]?.stringValue == "two\n")
        }
    }

    @Test
    func `large files are said to be pointers`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "echo '*.bin filter=lfs diff=lfs merge=lfs -text' > .gitattributes; echo p > x.bin; git add .; git commit -qm l"
            )
            let result = try await scene.run("dev-run", ["repo": .string(repo), "command": ["cat", "x.bin"]])
            #expect(result.result["output"]?.stringValue == "p\n", "\(result)")
            #expect(scene.text(.message).contains("Git LFS keeps *.bin elsewhere"))
        }
    }

    @Test
    func `submodules are filled, nested ones too`() async throws {
        try await Scene.with { scene in
            try await scene.installFakeSSH()
            _ = try await scene.repository("inner")
            let base = "ssh://host\(scene.repositories)"
            try await scene.script(
                """
                export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always
                git init -q -b main repos/middle && cd repos/middle
                git submodule --quiet add \(base)/inner deep/inner && git commit -qm middle
                cd .. && git init -q -b main outer && cd outer
                git submodule --quiet add ../middle lib 2> /dev/null || git submodule --quiet add \(base)/middle lib
                git config -f .gitmodules submodule.lib.url ../middle && git add . && git commit -qm outer
                """
            )
            let params: JSONObject = ["repo": .string("\(base)/outer"), "command": ["cat", "lib/deep/inner/a"]]
            let result = try await scene.run("dev-run", params)
            #expect(result.result["output"]?.stringValue?.hasSuffix("one\n") == true, "\(result)")
            #expect(result.outcome == .succeeded)
            #expect(result.result["workspace"] == nil)
            #expect(
                try await scene.script("for m in workspace/mirrors/*.git; do git -C $m worktree list | wc -l; done")
                    == "1\n1\n1"
            )
        }
    }

    @Test
    func `a submodule that names a path or a command is left out`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            try await scene.script(
                """
                cd repos/a && sha=$(git rev-parse HEAD)
                for name in file ext relative; do git update-index --add --cacheinfo 160000,$sha,$name; done
                cat > .gitmodules <<END
                [submodule "file"]
                    path = file
                    url = $ROOT/repos/a
                [submodule "ext"]
                    path = ext
                    url = ext::sh -c "touch $ROOT/canary"
                    update = !touch $ROOT/canary
                [submodule "relative"]
                    path = relative
                    url = ../a
                END
                git add .gitmodules && git commit -qm subs
                """
            )
            let result = try await scene.run("dev-run", ["repo": .string(repo), "command": ["ls", "file"]])
            #expect(result.outcome == .succeeded, "\(result)")
            for name in ["file", "ext", "relative"] {
                #expect(scene.text(.message).contains("The submodule \(name) is left out"))
            }
            #expect(!scene.exists("canary"))
        }
    }
}
