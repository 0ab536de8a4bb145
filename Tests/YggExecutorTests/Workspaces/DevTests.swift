import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct DevTests {
    @Test
    func `a test run is summed up, and its failures are counted`() async throws {
        try await Scene.with { scene in
            // A cargo of the scene: what is tested is not cargo.
            try await scene.script(
                """
                mkdir -p bin && cat > bin/cargo <<'END'
                #!/bin/sh
                echo "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s"
                cat verdict
                exit "$(cat code)"
                END
                chmod +x bin/cargo
                """
            )
            let repo = try await scene.repository(
                "a",
                "touch Cargo.toml verdict; echo 0 > code; git add .; git commit -qm c"
            )
            let good = try await scene.run("dev-test", ["repo": .string(repo)])
            #expect(good.outcome == .succeeded, "\(good)")
            #expect(good.result["tests"] == ["passed": 3, "failed": 0, "skipped": 1, "total": 4])
            #expect(good.result["summary"]?.stringValue?.hasPrefix("cargo: 3 passed, 1 skipped, in ") == true)
            try await scene.script(
                """
                cd repos/a; echo 101 > code
                echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out' > verdict
                git commit -qam bad
                """
            )
            let bad = try await scene.run("dev-test", ["repo": .string(repo)])
            #expect(bad.error?.code == "exit-code")
            #expect(bad.error?.detail.hasPrefix("2 of 7 tests failed: cargo exited with code 101") == true, "\(bad)")
            #expect(bad.result["tests"] == ["passed": 4, "failed": 2, "skipped": 1, "total": 7])
            #expect(bad.result["exitCode"]?.intValue == 101)
        }
    }

    @Test
    func `the tool is what the files say, in a fixed order, and can be chosen`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository(
                "a",
                "touch Package.swift; printf 'all:\\n\\t@echo made\\ncheck:\\n\\t@echo checked\\n' > Makefile; git add .; git commit -qm c"
            )
            try await scene.script(
                "mkdir -p bin; printf '#!/bin/sh\\necho swift \"$@\"\\n' > bin/swift; chmod +x bin/swift"
            )
            let first = try await scene.run("dev-build", ["repo": .string(repo)])
            #expect(first.result["output"]?.stringValue == "swift build\n", "\(first)")
            #expect(
                scene.text(.message).contains("Uses swift, because of Package.swift; there is also Makefile (make)")
            )
            let chosen = try await scene.run("dev-test", ["repo": .string(repo), "tool": "make"])
            #expect(chosen.result["output"]?.stringValue == "checked\n", "\(chosen)")
            #expect(chosen.result["tests"] == nil)
        }
    }

    @Test
    func `a project that nothing is known of, and a tool that is not there, are said to be so`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            let unknown = try await scene.run("dev-build", ["repo": .string(repo)])
            #expect(unknown.error?.code == "unknown-project")
            let handler = try #require(
                HandlerRegistry(handlerSets: ["all"]).handler(for: TaskKind(trusted: "dev-build"))
            )
            try await scene.script("mkdir -p bin; ln -s $(command -v git) bin/git; ln -s $(command -v rm) bin/rm")
            let context = scene.context(
                "dev-build",
                ["repo": .string(repo), "tool": "go"],
                environment: ["PATH": scene.programs, "HOME": scene.root]
            )
            let missing = await handler.run(context)
            #expect(missing.error?.code == "missing-command", "\(missing)")
            #expect(missing.error?.detail.contains("go.dev") == true)
            #expect(!scene.exists("workspace/worktrees/t1-1"))
        }
    }
}
