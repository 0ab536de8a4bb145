import Glibc
import Testing
import YggCore

@testable import YggExecutor

/// Repositories that try to run a command. Whatever runs, a canary appears.
@Suite(.timeLimit(.minutes(1)))
struct HostileRepositoryTests {
    struct Trap: Sendable, CustomTestStringConvertible {
        var name: String
        /// Run in the repository; `$trap` is a command that makes the canary and passes its input on, `$door`
        /// one that fails.
        var setting: String
        /// What a git without our care is caught by; nil where that takes more than a repository.
        var bait: String?
        var testDescription: String { name }
    }

    static let traps = [
        Trap(
            name: "hooks",
            setting: """
                for hook in post-checkout post-index-change reference-transaction pre-commit post-rewrite; do
                    printf '#!/bin/sh\\ntouch "$ROOT/canary"\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
                done
                """,
            bait: "git checkout -q dev"
        ),
        Trap(
            name: "core.hooksPath",
            setting: """
                mkdir "$ROOT/hooks"; printf '#!/bin/sh\\ntouch "$ROOT/canary"\\n' > "$ROOT/hooks/post-checkout"
                chmod +x "$ROOT/hooks/post-checkout"; git config core.hooksPath "$ROOT/hooks"
                """,
            bait: "git checkout -q dev"
        ),
        Trap(name: "core.fsmonitor", setting: "git config core.fsmonitor $trap", bait: "git status"),
        Trap(
            name: "filter clean and smudge",
            setting: """
                git config filter.evil.clean $trap; git config filter.evil.smudge $trap; git config filter.evil.required true
                echo '* filter=evil' > .gitattributes; echo changed >> a
                """,
            bait: "git diff"
        ),
        Trap(
            name: "filter process",
            setting:
                "git config filter.evil.process $trap; echo '* filter=evil' > .git/info/attributes; echo changed >> a",
            bait: "git diff"
        ),
        Trap(
            name: "diff.external, textconv and a diff command",
            setting: """
                git config diff.external $trap; git config diff.evil.textconv $trap; git config diff.evil.command $trap
                echo '* diff=evil' > .git/info/attributes; echo changed >> a
                """,
            bait: "git diff"
        ),
        Trap(
            name: "include.path",
            setting: "printf '[core]\\n\\tfsmonitor = %s\\n' $trap > .git/more; git config include.path more",
            bait: "git status"
        ),
        Trap(
            name: "config.worktree",
            setting: "git config extensions.worktreeConfig true; git config --worktree core.fsmonitor $trap",
            bait: "git status"
        ),
        Trap(name: "core.alternateRefsCommand", setting: "git config core.alternateRefsCommand $trap"),
        Trap(
            name: "core.sshCommand",
            setting: "git config core.sshCommand $door; git config remote.origin.url ssh://x/y",
            bait: "git fetch"
        ),
        Trap(
            name: "core.gitProxy",
            setting: "git config core.gitProxy $door; git config remote.origin.url git://x/y",
            bait: "git fetch"
        ),
        Trap(
            name: "protocol.ext",
            setting: "git config protocol.ext.allow always; git config remote.origin.url \"ext::$trap\""
        ),
        Trap(name: "uploadpack.packObjectsHook", setting: "git config uploadpack.packObjectsHook $trap"),
        Trap(
            name: "core.pager",
            setting: "git config core.pager $trap; git config pager.log $trap; git config core.editor $trap"
        ),
        Trap(
            name: "an alias",
            setting: "git config alias.status \"!$trap\"; git config alias.st \"!$trap\"",
            bait: "git st"
        ),
        Trap(name: "credential.helper", setting: "git config credential.helper $trap; git config core.askPass $trap"),
        Trap(name: "gpg.program", setting: "git config gpg.program $trap; git config log.showSignature true"),
        Trap(
            name: "a promisor remote",
            setting: """
                git config remote.origin.url "ext::$trap"; git config remote.origin.promisor true
                git config protocol.ext.allow always; git config extensions.partialClone origin
                git config core.repositoryFormatVersion 1
                """
        ),
        Trap(
            name: "a submodule with a configuration of its own",
            setting: """
                git init -q -b main sub && git -C sub commit -q --allow-empty -m s && git add sub 2> /dev/null
                git commit -qm sub && git -C sub config core.fsmonitor $trap && echo x > sub/x
                """,
            bait: "git status"
        ),
        Trap(
            name: "core.worktree",
            setting: "mkdir \"$ROOT/elsewhere\"; git config core.worktree \"$ROOT/elsewhere\""
        ),
    ]

    private static func prepare(_ trap: Trap, in scene: Scene) async throws -> String {
        try await scene.script(
            """
            printf '#!/bin/sh\\ntouch "%s/canary"\\ncat\\n' "$ROOT" > trap
            printf '#!/bin/sh\\ntouch "%s/canary"\\nexit 1\\n' "$ROOT" > door
            chmod +x trap door
            """
        )
        let repo = try await scene.repository("evil", "echo b > b; git add b; git commit -qm b")
        try await scene.script("cd repos/evil; trap=\"$ROOT/trap\"; door=\"$ROOT/door\"; \(trap.setting)")
        try await scene.script("rm -f canary")
        return repo
    }

    @Test(arguments: traps)
    func `a repository runs nothing of its own`(trap: Trap) async throws {
        try await Scene.with { scene in
            let repo = try await Self.prepare(trap, in: scene)
            let calls: [(String, JSONObject)] = [
                ("git-status", [:]), ("git-log", [:]), ("git-diff", [:]), ("git-diff", ["from": "v1", "to": "main"]),
                ("git-clone", [:]), ("dev-run", ["command": ["true"]]),
            ]
            for (kind, more) in calls {
                var params = more
                params["repo"] = .string(repo)
                let result = try await scene.run(kind, params)
                #expect(result.outcome == .succeeded, "\(kind) \(result)")
                #expect(!scene.exists("canary"), "\(kind)")
            }
        }
    }

    /// Without this the test above would prove nothing.
    @Test(arguments: traps.filter { $0.bait != nil })
    func `the trap works for a git without care`(trap: Trap) async throws {
        try await Scene.with { scene in
            _ = try await Self.prepare(trap, in: scene)
            try await scene.script("cd repos/evil; \(trap.bait ?? "") > /dev/null 2>&1 || true")
            #expect(scene.exists("canary"))
        }
    }

    @Test
    func `a repository of somebody else is read`() async throws {
        guard geteuid() == 0 else { try Test.cancel("Only root can give a repository away.") }
        try await Scene.with { scene in
            let repo = try await scene.repository("theirs", "echo changed >> a")
            try await scene.script("chown -R 65534:65534 repos/theirs; chmod -R go-rwx repos/theirs")
            let refusal = try await scene.script("git -C repos/theirs status 2>&1 || true")
            #expect(refusal.contains("dubious ownership"))
            for kind in ["git-status", "git-log", "git-diff", "git-clone"] {
                let result = try await scene.run(kind, ["repo": .string(repo)])
                #expect(result.outcome == .succeeded, "\(kind) \(result)")
            }
            let run = try await scene.run("dev-run", ["repo": .string(repo), "command": ["cat", "a"]])
            #expect(run.result["output"]?.stringValue == "one\n")
        }
    }

    @Test
    func `what a build planted in the mirror does not outlive it`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a")
            try await scene.script("printf '#!/bin/sh\\ntouch \"%s/canary\"\\n' \"$ROOT\" > trap; chmod +x trap")
            let plant = """
                git config core.fsmonitor "$1"; git config core.sshCommand "$1"; git config core.pager "$1"
                hooks=$(git rev-parse --git-common-dir)/hooks; mkdir -p "$hooks"; cp "$1" "$hooks/post-checkout"
                """
            let command: JSON = ["sh", "-c", .string(plant), "sh", .string("\(scene.root)/trap")]
            _ = try await scene.run("dev-run", ["repo": .string(repo), "command": command], task: "t1")
            try await scene.script("rm -f canary")
            let next = try await scene.run("dev-run", ["repo": .string(repo), "command": ["true"]], task: "t2")
            #expect(next.outcome == .succeeded, "\(next)")
            #expect(!scene.exists("canary"))
        }
    }

    @Test
    func `our configuration is readable by us only`() async throws {
        try await Scene.with { scene in
            let configuration = try GitConfiguration(in: "\(scene.workspace)/git")
            #expect(try await scene.script("stat -c %a \(configuration.path)") == "600")
            let environment = configuration.environment(
                from: ["GIT_SSH": "/evil", "GIT_DIR": "/evil", "PATH": "/bin", "XDG_CONFIG_HOME": "/evil"],
                transport: .network
            )
            #expect(environment["PATH"] == "/bin")
            #expect(!environment.values.contains("/evil"))
            #expect(environment["GIT_ALLOW_PROTOCOL"] == "https:http:ssh:git")
        }
    }
}
