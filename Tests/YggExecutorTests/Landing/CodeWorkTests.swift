import Testing
import YggAgent
import YggCore
import YggProcess

@testable import YggExecutor

/// What becomes of a session where attempts end early, and of its work where nobody needs to see it.
@Suite(.timeLimit(.minutes(3)))
struct CodeWorkTests {
    @Test func `work that landed before anybody heard of it is not landed again, and its session goes when they have`()
        async throws
    {
        try await CodeScene.with("code-document", turns: CodeScene.adds) { code in
            let first = try await code.attempt(1)
            #expect(first.outcome == .succeeded && first.result["alreadyLanded"] == nil, "\(first)")
            #expect(code.folder.hasSession)
            let context = try code.context(epoch: 2)
            let again = await code.landing.handler.run(context)
            #expect(
                again.result["commit"] == first.result["commit"] && again.result["alreadyLanded"] == true,
                "\(again)"
            )
            #expect(again.result["steps"] == first.result["steps"])
            await context.afterwards.perform()
            #expect(!code.scene.exists("workspace/sessions/t1"))
            let states = "git -C workspace/mirrors/*.git for-each-ref refs/ygg/checkpoints"
            #expect(try await code.scene.script(states) == "")

            // Another executor, or this one without the session.
            let third = try await code.attempt(3)
            #expect(
                third.result["commit"] == first.result["commit"] && third.result["alreadyLanded"] == true,
                "\(third)"
            )
            #expect(try await code.landing.subjects(code.repository).count == 2)
        }
    }

    @Test func `work that nobody needs to see waits while a person is in its way, and lands by itself`() async throws {
        try await CodeScene.with("code-document", turns: CodeScene.adds) { code in
            try await code.scene.script("cd repos/calc && git checkout -q main && echo mine >> test_calc.py")
            for epoch: Int64 in 1...3 {
                let waits = try await code.attempt(epoch)
                #expect(waits.interruption == .inTheWay && waits.question == nil, "\(waits)")
                #expect(waits.error?.detail.contains("stash") == true)
                #expect(code.folder.isWaiting)
            }
            try await code.scene.script("git -C repos/calc checkout -q test_calc.py")
            let landed = try await code.attempt(4)
            #expect(landed.outcome == .succeeded && landed.result["steps"] == 2, "\(landed)")
            #expect(try await code.scene.script("cat repos/calc/calc.py").contains("return a + b"))
        }
    }

    @Test func `a session is checked as was found before it began, in the repository it began with`() async throws {
        let turns: JSON = [
            ["calls": [["name": "edit_file", "arguments": CodeScene.edit("return a - b", "return a + b")]]],
            ["calls": [["name": "finish", "arguments": ["summary": "add() adds."]]]],
            [
                "contains": "Double by adding",
                "calls": [["name": "edit_file", "arguments": CodeScene.edit("return a * 2", "return a + a")]],
            ],
            ["step": 4, "calls": [["name": "finish", "arguments": ["summary": "double() adds, too."]]]],
        ]
        try await CodeScene.with("code-refactor", turns: turns) { code in
            let asked = try await code.attempt(1, tier: [.review])
            let checks = try #require(asked.question?.verification, "\(asked)")
            #expect(checks.contains(["python3", "-m", "unittest"]))
            // A command could have done this to the tree.
            try await code.scene.script("cd workspace/sessions/t1/work && rm .git && echo 'test:' > Makefile")
            // Another attempt on the same mirror tidies up.
            _ = try await code.scene.run(
                "dev-run",
                ["repo": .string(code.repository), "command": ["true"]],
                task: "t2"
            )
            var back = try code.landing.approved(asked)
            back.decision = ApprovalDecision(
                .sentBack,
                by: "Odin",
                comment: "Double by adding",
                at: Timestamp(milliseconds: 1_770_000_100_000)
            )
            let again = try await code.attempt(2, tier: [.review], decisions: [back], ["test": ["false"]])
            #expect(again.question?.verification == checks, "\(again)")
            #expect(again.result["steps"] == 4)
        }
    }

    @Test func `what is made anew is begun once for each time that is asked`() async throws {
        try await CodeScene.with("code-refactor", turns: CodeScene.adds) { code in
            let asked = try await code.attempt(1, tier: [.review])
            try await code.scene.script(
                "cd repos/calc && git checkout -q main && sed -i 's/a - b/b - a/' calc.py && git commit -qam moved "
                    + "&& git checkout -q mine"
            )
            let conflict = try await code.landing.land(try code.landing.approved(asked))
            #expect(conflict.question?.shown["redo"] == true, "\(conflict)")
            let redo = try code.landing.approved(conflict, digest: String(repeating: "e", count: 64))
            // The text that the scenario replaces is not there any more.
            let anew = try await code.attempt(3, tier: [.review], decisions: [redo])
            #expect(anew.error?.code == "no-change" || anew.outcome == .failed, "\(anew)")
            let first = try #require(LocalFiles.read(code.folder.file))
            #expect(code.folder.redone == redo.digest)
            _ = try await code.attempt(4, tier: [.review], decisions: [redo])
            let now = try #require(LocalFiles.read(code.folder.file))
            #expect(now.hasPrefix(first))
            let other = try code.landing.approved(conflict, digest: String(repeating: "f", count: 64))
            _ = try await code.attempt(5, tier: [.review], decisions: [other])
            #expect(LocalFiles.read(code.folder.file)?.hasPrefix(first) == false)
        }
    }

    @Test func `a command of one session changes nothing of another, nor of the mirror`() async throws {
        guard await Isolation.here.parts.contains(.workspaces) else { return }
        let script = """
            import glob, os, pathlib
            root = pathlib.Path.cwd().parents[2]
            tries = [root / "sessions/t2/work/a", root / "mirrors/x", pathlib.Path("../../t2/work/a"),
                     root / "git/askpass", pathlib.Path("../plan.json"), pathlib.Path("../scratch/git/commondir"),
                     pathlib.Path("../scratch/link"), pathlib.Path("../scratch/tmp/own.tmp"), pathlib.Path("own.txt")]
            tries += [pathlib.Path(p) for p in glob.glob(str(root / "mirrors/*.git/config"))]
            for place in tries:
                try:
                    place.write_text("planted")
                    print("WROTE", place.name)
                except OSError as error:
                    print(error.strerror)
            """
        let turns: JSON = [
            ["calls": [["name": "write_file", "arguments": ["path": "try.py", "content": .string(script)]]]],
            ["calls": [["name": "run_command", "arguments": ["command": ["python3", "try.py"]]]]],
            ["calls": [["name": "edit_file", "arguments": CodeScene.edit("return a - b", "return a + b")]]],
            ["calls": [["name": "finish", "arguments": ["summary": "Done."]]]],
        ]
        try await CodeScene.with("code-refactor", turns: turns) { code in
            try await code.scene.script(
                "mkdir -p workspace/sessions/t2/work && echo theirs > workspace/sessions/t2/work/a"
            )
            let asked = try await code.attempt(1, tier: [.review])
            #expect(asked.question != nil, "\(asked)")
            let session = try #require(LocalFiles.read(code.folder.file))
            #expect(session.contains("Read-only file system") && session.contains("WROTE own.txt"), "\(session)")
            #expect(session.contains("WROTE own.tmp"), "\(session)")
            for name in ["a", "config", "commondir", "link"] {
                #expect(!session.contains("WROTE \(name)"), "\(session)")
            }
            #expect(try await code.scene.script("cat workspace/sessions/t2/work/a") == "theirs")
            let planted = try await code.scene.script(
                "cd workspace/sessions/t1 && grep -rlx planted ../.. | sort | xargs"
            )
            #expect(planted == "../../sessions/t1/scratch/tmp/own.tmp ../../sessions/t1/work/own.txt")
        }
    }

    @Test func `what cannot be done is said before a model is asked`() async throws {
        try await CodeScene.with("code-fix-lint", turns: CodeScene.adds) { code in
            let cases: [(JSONObject, String, String)] = [
                (["paths": ["/etc/passwd"]], "invalid-params", "/etc/passwd"),
                (["paths": ["calc.py", "a/../../b"]], "invalid-params", "a/../../b"),
                ([:], "missing-command", "No linter was found"),
                (["linter": "pickylint"], "missing-command", "pickylint was not found"),
                (["lint": ["pickylint --all"]], "missing-command", #"["pickylint","--all"]"#),
            ]
            for (number, (params, cause, words)) in cases.enumerated() {
                let result = try await code.attempt(Int64(number + 1), params)
                #expect(result.error?.code == cause, "\(result)")
                #expect(result.error?.detail.contains(words) == true, "\(result)")
                #expect(!code.folder.hasSession)
            }
        }
    }
}
