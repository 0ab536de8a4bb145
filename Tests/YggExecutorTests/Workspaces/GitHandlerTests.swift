import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct GitHandlerTests {
    @Test
    func `the log tells commits, newest first`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "mkdir sub; echo 2 > sub/b; git add .; git commit -qm 'Second: b'"
            )
            let result = try await scene.run("git-log", ["repo": .string(repo)])
            #expect(result.outcome == .succeeded, "\(result)")
            let commits = result.result["commits"]?.arrayValue ?? []
            #expect(commits.map { $0["subject"]?.stringValue } == ["Second: b", "First commit"])
            #expect(commits.first?["author"]?.stringValue == "Ada")
            #expect(commits.first?["date"]?.stringValue == "2026-01-02T03:04:05+00:00")
            #expect(result.result["summary"]?.stringValue == "2 commits, the latest of 2026-01-02: Second: b")
            #expect(scene.text(.output).contains("Ada: Second: b\n"))

            let some = try await scene.run("git-log", ["repo": .string("\(repo)/sub"), "path": "sub", "limit": 1])
            #expect(some.result["commits"]?.arrayValue?.count == 1)
            let tag = try await scene.run("git-log", ["repo": .string(repo), "ref": "v1"])
            #expect(tag.result["commits"]?.arrayValue?.count == 1)
        }
    }

    @Test
    func `the status tells branch, upstream and changes`() async throws {
        try await Scene.with { scene in
            _ = try await scene.repository("up")
            try await scene.script(
                """
                git clone -q repos/up repos/down && cd repos/down && git config user.name x
                echo 2 > 'new file' && git add . && git commit -qm two && git mv 'new file' 'the new file'
                echo 3 >> a && echo 4 > c
                """
            )
            let result = try await scene.run("git-status", ["repo": .string("\(scene.repositories)/down")])
            #expect(result.outcome == .succeeded, "\(result)")
            #expect(result.result["branch"]?.stringValue == "main")
            #expect(result.result["upstream"]?.stringValue == "origin/main")
            #expect(result.result["ahead"]?.intValue == 1)
            #expect(
                result.result["changed"] == [
                    ["path": "a", "status": "modified", "staged": false],
                    ["path": "the new file", "status": "renamed", "staged": true, "from": "new file"],
                    ["path": "c", "status": "untracked", "staged": false],
                ]
            )
            #expect(result.result["summary"]?.stringValue == "main, of origin/main, 1 ahead, 3 files changed")
            #expect(!scene.exists("workspace/views/t1-1"))
        }
    }

    @Test
    func `the diff is streamed and counted`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a", "echo two >> a; git commit -qam two; echo three >> a; rm -f x")
            let tree = try await scene.run("git-diff", ["repo": .string(repo)])
            #expect(tree.outcome == .succeeded, "\(tree)")
            #expect(tree.result["insertions"]?.intValue == 1)
            #expect(scene.text(.output).contains("\n+three\n"))
            let commits = try await scene.run("git-diff", ["repo": .string(repo), "from": "v1", "to": "main"])
            #expect(commits.result["summary"]?.stringValue == "1 file changed, 1 insertion, 0 deletions")
            #expect(commits.result["output"]?.stringValue?.contains("\n+two\n") == true)
            let stat = try await scene.run("git-diff", ["repo": .string(repo), "stat": true, "path": "a"])
            #expect(stat.result["output"]?.stringValue?.contains("1 file changed, 1 insertion(+)") == true)
            let nothing = try await scene.run("git-diff", ["repo": .string(repo), "path": "*"])
            #expect(nothing.result["summary"]?.stringValue == "No changes")
        }
    }

    @Test
    func `looking at a repository leaves its index alone`() async throws {
        try await Scene.with { scene in
            // Touched without a change, the file makes git want to refresh what the index says of it.
            let repo = try await scene.repository("a", "touch -d 2001-01-01 a")
            let index = "stat -c '%i %Y %Z' repos/a/.git/index; sha256sum repos/a/.git/index"
            let before = try await scene.script(index)
            for kind in ["git-diff", "git-status", "git-log"] {
                #expect(try await scene.run(kind, ["repo": .string(repo)]).outcome == .succeeded)
                #expect(try await scene.script(index) == before, "\(kind)")
            }
        }
    }

    @Test
    func `an unknown ref is answered with those near it`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a", "git branch feature/login")
            for (kind, key) in [("git-log", "ref"), ("git-diff", "from"), ("dev-build", "ref"), ("git-clone", "ref")] {
                let result = try await scene.run(kind, ["repo": .string(repo), key: "feature/logni"])
                #expect(result.error?.code == "unknown-ref", "\(kind) \(result)")
                #expect(result.error?.retryable == false)
                #expect(result.error?.detail.contains("near to it are feature/login") == true, "\(result)")
            }
            let option = try await scene.run(
                "git-log",
                ["repo": .string(repo), "ref": .string("main --output=\(scene.root)/x")]
            )
            #expect(option.error?.code == "unknown-ref")
        }
    }

    @Test
    func `a repository that cannot or may not be reached is said to be so`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            try await scene.script(
                """
                git init -q secret && git -C secret commit -q --allow-empty -m secret
                mkdir repos/plain repos/file repos/borrows && ln -s "$ROOT/secret" repos/link
                printf 'gitdir: %s/secret/.git\\n' "$ROOT" > repos/file/.git
                git init -q repos/borrows && echo "$ROOT/secret/.git/objects" > repos/borrows/.git/objects/info/alternates
                cp -r repos/a repos/refs && rm -rf repos/refs/.git/refs && ln -s "$ROOT/secret/.git/refs" repos/refs/.git/refs
                cp -r repos/a repos/heads && rm -rf repos/heads/.git/refs/heads
                ln -s "$ROOT/secret/.git/refs/heads" repos/heads/.git/refs/heads
                cp -r repos/a repos/packs && rmdir repos/packs/.git/objects/pack
                ln -s "$ROOT/secret/.git/objects/pack" repos/packs/.git/objects/pack
                """
            )
            let bad = [
                "/no/such/place", "\(scene.root)/secret", "\(scene.repositories)/plain", "\(scene.repositories)/link",
                "\(scene.repositories)/file", "\(scene.repositories)/borrows", "\(scene.repositories)/refs",
                "\(scene.repositories)/heads",
                "\(scene.repositories)/packs", "a",
                "ext::sh -c id", "file://\(scene.root)/secret", "\(repo)/../../secret",
            ]
            for repo in bad {
                for kind in ["git-log", "git-status", "git-clone", "dev-build"] {
                    let result = try await scene.run(kind, ["repo": .string(repo)])
                    #expect(result.error?.code == "unreachable-repo", "\(kind) \(repo) \(result)")
                    #expect(result.error?.retryable == false)
                }
            }
        }
    }

    @Test
    func `bare repositories and linked work trees are read, and one without commits is not`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            try await scene.script(
                """
                git clone -q --bare repos/a repos/bare.git && git -C repos/a worktree add -q ../linked dev
                echo more >> repos/linked/a && git init -q -b main repos/empty
                """
            )
            let bare = try await scene.run("git-status", ["repo": .string("\(scene.repositories)/bare.git")])
            #expect(bare.result["branch"]?.stringValue == "main", "\(bare)")
            let linked = try await scene.run("git-status", ["repo": .string("\(scene.repositories)/linked")])
            #expect(linked.result["branch"]?.stringValue == "dev", "\(linked)")
            #expect(linked.result["changed"]?.arrayValue?.count == 1)
            let empty = "\(scene.repositories)/empty"
            #expect(try await scene.run("git-log", ["repo": .string(empty)]).error?.code == "unknown-ref")
            #expect(try await scene.run("git-status", ["repo": .string(empty)]).result["branch"]?.stringValue == "main")
            #expect(try await scene.run("git-clone", ["repo": .string(empty)]).outcome == .succeeded)
            #expect(repo.hasSuffix("/a"))
        }
    }

    @Test
    func `a URL is read through a mirror, which follows it`() async throws {
        try await Scene.with { scene in
            _ = try await scene.repository("up")
            try await scene.installFakeSSH()
            let url = "ssh://host\(scene.repositories)/up"
            let first = try await scene.run("git-clone", ["repo": .string(url)])
            #expect(first.outcome == .succeeded, "\(first)")
            #expect(first.result["defaultBranch"]?.stringValue == "main")
            #expect(first.result["branches"]?.intValue == 2)
            #expect(first.result["tags"]?.intValue == 1)
            try await scene.script(
                "cd repos/up; git branch -D dev; git checkout -qb next; git commit -q --allow-empty -m N"
            )
            let log = try await scene.run("git-log", ["repo": .string(url)])
            #expect(log.result["commits"]?.arrayValue?.first?["subject"]?.stringValue == "N", "\(log)")
            let status = try await scene.run("git-status", ["repo": .string(url)])
            #expect(status.result["branch"]?.stringValue == "next")
            let gone = try await scene.run("git-log", ["repo": .string(url), "ref": "dev"])
            #expect(gone.error?.code == "unknown-ref")
            let diff = try await scene.run("git-diff", ["repo": .string(url), "from": "v1"])
            #expect(diff.result["summary"]?.stringValue == "No changes")
            let away = try await scene.run("git-log", ["repo": .string("ssh://host\(scene.root)/nowhere")])
            #expect(away.error?.code == "unreachable-repo", "\(away)")
        }
    }

    @Test
    func `many attempts on one mirror do not collide`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "up",
                "printf 'all:\\n\\techo built\\n' > Makefile; git add .; git commit -qm m"
            )
            let results = try await withThrowingTaskGroup(of: HandlerResult.self) { group in
                for index in 0..<8 {
                    group.addTask { try await scene.run("dev-build", ["repo": .string(repo)], task: "t\(index)") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for result in results { #expect(result.outcome == .succeeded, "\(result)") }
            let left = try await scene.script(
                "ls workspace/worktrees workspace/views; git -C workspace/mirrors/*.git branch"
            )
            #expect(left == "workspace/views:\n\nworkspace/worktrees:")
        }
    }
}
