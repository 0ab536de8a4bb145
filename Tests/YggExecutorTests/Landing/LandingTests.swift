import Synchronization
import Testing
import YggCore
import YggTelemetry

@testable import YggExecutor

/// What becomes of an approved diff: landed once, over what was seen, or asked about anew.
@Suite(.timeLimit(.minutes(3)))
struct LandingTests {
    @Test func `work is shown as a diff with a bundle, and lands as one commit that says whose it is`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let patch = try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a; printf 'a\\0b' > bin")
            let made = try await scene.make(LandingScene.params(repo, patch))
            let question = try #require(made.question, "\(made)")
            #expect(question.subject == .diff && question.next == .land && question.target == "main")
            #expect(question.repository == repo && question.commits.count == 1)
            #expect(made.result["files"] == 2, "\(made.result)")
            let kept = "\(scene.scene.root)/artifacts-t1"
            let hashes = try #require(question.diff.map { [$0, question.bundle ?? ""] })
            for hash in hashes {
                #expect(try await scene.scene.script("sha256sum < \(kept)/\(hash)") == "\(hash)  -")
            }
            #expect(
                try await scene.scene.script("cd \(repo) && git bundle verify -q \(kept)/\(hashes[1]) && echo whole")
                    == "whole"
            )

            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(landed.result["branch"] == "main" && landed.result["newerBase"] == false)
            let commit = try #require(landed.result["commit"]?.stringValue)
            #expect(try await scene.scene.script("git -C \(repo) rev-parse main") == commit)
            let shown = try await scene.scene.script(
                "git -C \(repo) show --no-patch --format='%an <%ae> %at%n%cn %ct%n%(trailers)' main"
            )
            #expect(
                shown == """
                    Freya <freya@example.org> 1770000100
                    Freya 1770000100
                    Ygg-Task: t1
                    Ygg-Approval: \(LandingScene.digest)
                    Approved-by: Odin
                    """
            )
            // Whoever does not know that it has landed lands it again, which is nothing.
            let again = try await scene.land(try scene.approved(made), epoch: 3)
            #expect(again.result["commit"]?.stringValue == commit && again.result["alreadyLanded"] == true)
            #expect(try await scene.subjects(repo) == ["First commit", "numbers", "Change a line"])
            #expect(
                try await scene.scene.script("cd workspace && mkdir -p worktrees && ls scratch views worktrees")
                    == "scratch:\n\nviews:\n\nworktrees:"
            )
        }
    }

    @Test func `two that began at one commit land one after the other, the second on a newer base`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let first = try await scene.make(
                LandingScene.params(repo, try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a")),
                task: "t1"
            )
            let second = try await scene.make(
                LandingScene.params(
                    repo,
                    try await scene.patch("-b main \(repo)", "sed -i s/^27$/27th/ a"),
                    ["verify": ["test", "-f", "a"]]
                ),
                task: "t2"
            )
            let digest = String(repeating: "e", count: 64)
            // At once: whoever comes second begins again.
            async let one = scene.land(try scene.approved(first, task: "t1"))
            async let two = scene.land(try scene.approved(second, task: "t2", digest: digest))
            let results = try await [one, two]
            #expect(results.allSatisfy { $0.outcome == .succeeded }, "\(results)")
            #expect(results.count { $0.result["newerBase"] == true } == 1)
            #expect(try await scene.subjects(repo).count == 4)
            #expect(try await scene.scene.script("git -C \(repo) show main:a | grep -c 'three\\|27th'") == "2")
        }
    }

    @Test func `what is not the same patch there, or fails there, is asked about once more`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let patch = try await scene.patch("-b main \(repo)", "sed -i s/^10$/ten/ a")
            let near = try await scene.make(LandingScene.params(repo, patch), task: "t1")
            let checked = try await scene.make(
                LandingScene.params(
                    repo,
                    try await scene.patch("-b main \(repo)", "sed -i s/^25$/xxv/ a"),
                    ["verify": ["grep", "-q", "^1$", "a"]]
                ),
                task: "t2"
            )
            // Two lines above, which the approved diff shows.
            try await scene.scene.script(
                "cd \(repo) && git checkout -q main && sed -i 's/^8$/eight/; s/^1$/one/' a && git commit -qam moved && git checkout -q dev"
            )
            let asked = try await scene.land(try scene.approved(near, task: "t1"))
            let question = try #require(asked.question, "\(asked)")
            #expect(question.subject == .diff && question.next == .land && question.diff != near.question?.diff)
            #expect(question.base == (try await scene.scene.script("git -C \(repo) rev-parse main")))
            #expect(question.shown["was"]?.stringValue == LandingScene.digest)
            #expect(question.shown["difference"]?.stringValue?.contains("eight") == true, "\(question)")

            let fails = try await scene.land(try scene.approved(checked, task: "t2"))
            let other = try #require(fails.question, "\(fails)")
            #expect(other.summary.contains("grep -q ^1$ a"))
            #expect(try await scene.subjects(repo).last == "moved")

            let landed = try await scene.land(
                try scene.approved(asked, task: "t1", digest: String(repeating: "f", count: 64))
            )
            #expect(landed.outcome == .succeeded && landed.result["newerBase"] == false, "\(landed)")
        }
    }

    @Test func `what the target has already has landed, whoever did it`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let patch = try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a")
            let first = try await scene.make(LandingScene.params(repo, patch), task: "t1")
            let second = try await scene.make(LandingScene.params(repo, patch, ["verify": ["false"]]), task: "t2")
            let more = "sed -i 's/^3$/three/; s/^20$/xx/' a && git commit -qam more"
            try await scene.scene.script("cd \(repo) && git checkout -q main && \(more) && git checkout -q dev")
            let tip = try await scene.scene.script("git -C \(repo) rev-parse main")
            for (task, made) in [("t1", first), ("t2", second)] {
                let landed = try await scene.land(
                    try scene.approved(made, task: task, digest: String(repeating: String(task.suffix(1)), count: 64))
                )
                #expect(landed.outcome == .succeeded && landed.question == nil, "\(landed)")
                #expect(landed.result["alreadyLanded"] == true && landed.result["commit"]?.stringValue == tip)
                #expect(landed.result["changed"] == false && landed.result["landedOn"]?.stringValue == tip)
            }
            #expect(try await scene.scene.script("git -C \(repo) rev-parse main") == tip)
        }
    }

    @Test func `what conflicts there is to be made anew`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch("-b main \(repo)", "sed -i s/^10$/ten/ a"))
            )
            try await scene.scene.script(
                "cd \(repo) && git checkout -q main && sed -i s/^10$/zehn/ a && git commit -qam moved && git checkout -q dev"
            )
            let asked = try await scene.land(try scene.approved(made))
            let question = try #require(asked.question, "\(asked)")
            #expect(question.subject == .plan && question.next == .run && question.shown["redo"] == true)
            #expect(question.shown["conflicts"] == ["a"])
            #expect(try await scene.subjects(repo).last == "moved")
        }
    }

    @Test func `what the diff makes of a mirror that was tampered with does not land`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a"))
            )
            // Another content under the name of the file's: far from the change, so that the diff applies.
            try await scene.scene.script(
                """
                cd workspace/mirrors/*.git
                hash=$(git rev-parse refs/remotes/origin/main:a)
                python3 - "objects/$(echo $hash | cut -c1-2)/$(echo $hash | cut -c3-)" <<'END'
                import os, sys, zlib
                text = "".join(f"{n}\\n" for n in range(1, 30)) + "evil\\n"
                data = text.encode()
                os.chmod(sys.argv[1], 0o600)
                open(sys.argv[1], "wb").write(zlib.compress(b"blob %d\\0" % len(data) + data))
                END
                """
            )
            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.error?.code == "diff-differs", "\(landed)")
            #expect(try await scene.subjects(repo).last == "numbers")
        }
    }

    @Test(arguments: [("", true), ("; echo new >> fails", false)])
    func `what failed before may fail with nothing else on a newer base`(change: String, lands: Bool) async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository(
                "a",
                """
                seq 1 30 > a; printf 'old\\n' > fails
                cat > test_all.py <<'END'
                import unittest
                class Test(unittest.TestCase):
                    def test_old(self): self.assertNotIn("old", open("fails").read())
                    def test_new(self): self.assertNotIn("new", open("fails").read())
                END
                git add -A; git commit -qm numbers; git checkout -q dev
                """
            )
            let patch = try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a\(change)")
            var made = try await scene.make(LandingScene.params(repo, patch))
            let check = ["python3", "-m", "unittest", "-q"]
            made.question?.verification = [check]
            made.question?.shown["verified"] = [Verified(check, exitCode: 1).json]
            try await scene.scene.script(
                "cd \(repo) && git checkout -q main && sed -i s/^27$/27th/ a && git commit -qam moved && git checkout -q dev"
            )
            let landed = try await scene.land(try scene.approved(made))
            #expect((landed.question == nil) == lands, "\(landed)")
            #expect(landed.result["newerBase"] == (lands ? true : nil), "\(landed)")
            if !lands { #expect(landed.question?.summary.contains("there fails python3 -m unittest") == true) }
            #expect(
                try await scene.scene.script("cd workspace && mkdir -p worktrees && ls scratch worktrees")
                    == "scratch:\n\nworktrees:"
            )
        }
    }

    @Test func `a branch that is missing begins where the work did, and a branch of its own touches no target`()
        async throws
    {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            let patch = try await scene.patch(repo, "sed -i s/^3$/three/ a")
            let made = try await scene.make(LandingScene.params(repo, patch, ["ref": "main", "target": "feature/x"]))
            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(try await scene.subjects(repo, "feature/x") == ["First commit", "numbers", "Change a line"])
            let own = try await scene.make(
                LandingScene.params(repo, patch, ["land": "branch", "ref": "main"]),
                task: "t2"
            )
            #expect(own.question?.target == "ygg/t2", "\(own)")
            let branch = try await scene.land(
                try scene.approved(own, task: "t2", digest: String(repeating: "e", count: 64))
            )
            #expect(branch.result["branch"] == "ygg/t2", "\(branch)")
            #expect(try await scene.subjects(repo) == ["First commit", "numbers"])
        }
    }

    @Test func `a remote is pushed to without force, and one that refuses is asked five times`() async throws {
        try await LandingScene.with { scene in
            try await scene.scene.installFakeSSH()
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            let bare = "\(scene.scene.repositories)/bare.git"
            try await scene.scene.script(
                "git clone -q --bare \(repo) \(bare); git -C \(repo) remote add origin me@host:\(bare)"
            )
            let url = "me@host:\(bare)"
            let made = try await scene.make(
                LandingScene.params(url, try await scene.patch(repo, "sed -i s/^3$/three/ a"))
            )
            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(try await scene.subjects(bare).last == "Change a line")

            // One on this machine is sent on where that is wanted.
            try await scene.scene.script("git -C \(repo) pull -q --ff-only \(bare) main")
            let local = try await scene.make(
                LandingScene.params(repo, try await scene.patch(repo, "sed -i s/^9$/nine/ a"), ["push": true]),
                task: "t2"
            )
            let sent = try await scene.land(
                try scene.approved(local, task: "t2", digest: String(repeating: "e", count: 64))
            )
            #expect(sent.result["pushed"] == true, "\(sent)")
            #expect(try await scene.scene.script("git -C \(bare) rev-parse main") == sent.result["commit"]?.stringValue)

            // Somebody is faster every time: their commit comes between the look and the push.
            try await scene.scene.script(
                """
                cat > bin/ssh <<'END'
                #!/bin/sh
                for last; do :; done
                case $last in *receive-pack*)
                  c=$(git -C \(bare) -c user.name=x -c user.email=x@y commit-tree -p main -m faster 'main^{tree}')
                  git -C \(bare) update-ref refs/heads/main "$c"; echo x >> \(scene.scene.root)/pushes;;
                esac
                exec sh -c "$last"
                END
                """
            )
            let third = try await scene.make(
                LandingScene.params(url, try await scene.patch(repo, "sed -i s/^20$/xx/ a")),
                task: "t3"
            )
            let lost = try await scene.land(
                try scene.approved(third, task: "t3", digest: String(repeating: "f", count: 64))
            )
            #expect(lost.interruption == .notLanded, "\(lost)")
            #expect(try await scene.scene.script("wc -l < pushes") == "5")
            #expect(try await scene.subjects(bare).last == "faster")
        }
    }

    @Test func `nothing is published under a lease that may be somebody else's`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a"))
            )
            var paused = scene
            let asked = AsyncStream.makeStream(of: Void.self)
            paused.isCurrent = {
                asked.continuation.yield()
                return false
            }
            let lander = paused
            let approval = try scene.approved(made)
            let landing = Task { try await lander.land(approval) }
            // It is ready, and looks.
            var looks = asked.stream.makeAsyncIterator()
            _ = await looks.next()
            // Another one lands meanwhile.
            let landed = try await scene.land(approval, epoch: 3)
            _ = await looks.next()
            // The lease is gone, and the attempt is ended.
            landing.cancel()
            let late = try await landing.value
            #expect(late.outcome == .succeeded && late.result["commit"] == landed.result["commit"], "\(late)")
            #expect(try await scene.subjects(repo).count == 3)
        }
    }

    @Test func `hooks and filters of a hostile repository do not run`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            try await scene.scene.script(
                """
                cd \(repo)
                for hook in post-merge pre-push reference-transaction post-checkout pre-commit commit-msg post-commit \
                    post-index-change pre-auto-gc update pre-receive post-receive fsmonitor-watchman; do
                  printf '#!/bin/sh\\necho %s >> %s/ran\\n' $hook "$ROOT" > .git/hooks/$hook; chmod +x .git/hooks/$hook
                done
                git config core.fsmonitor "$ROOT/repos/a/.git/hooks/fsmonitor-watchman"
                git config filter.evil.smudge "sh -c 'echo smudge >> $ROOT/ran; cat'"
                git config filter.evil.clean "sh -c 'echo clean >> $ROOT/ran; cat'"
                git config merge.evil.driver "echo driver >> $ROOT/ran"
                git config gc.auto 1
                rm -f "$ROOT/ran"
                """
            )
            let made = try await scene.make(
                LandingScene.params(
                    repo,
                    try await scene.patch(
                        repo,
                        "sed -i s/^3$/three/ a; echo '* filter=evil merge=evil' > .gitattributes"
                    )
                )
            )
            try await scene.scene.script("rm -f ran")
            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(try await scene.scene.script("cat ran 2>&1 || true") == "cat: ran: No such file or directory")
            #expect(scene.scene.exists("repos/a/.gitattributes"))
        }
    }

    @Test(arguments: [
        "echo correct-horse-battery >> a", "printf 'x\\0correct-horse-battery' > bin", "echo > correct-horse-battery",
    ])
    func `work with a secret in it is neither shown nor landed`(change: String) async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            var scene = scene
            scene.secrets = Secrets(known: KnownSecrets([Secret(name: "door", value: "correct-horse-battery")]))
            let made = try await scene.make(LandingScene.params(repo, try await scene.patch(repo, change)))
            #expect(made.error?.code == "secret-in-diff", "\(made)")
            #expect(made.question == nil && !"\(made)".contains("correct-horse"))
            #expect(!scene.scene.exists("artifacts-t1"))
        }
    }

    @Test func `work that nobody needs to see lands at once, and once`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let patch = try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a")
            let landed = try await scene.make(LandingScene.params(repo, patch), tier: [])
            #expect(landed.outcome == .succeeded && landed.question == nil, "\(landed)")
            #expect(try await scene.subjects(repo).last == "Change a line")
            // Its executor died before anybody heard of it, and others have landed since.
            try await scene.scene.script("cd \(repo) && git checkout -q main && git commit -q --allow-empty -m later")
            let again = try await scene.make(LandingScene.params(repo, patch), epoch: 2, tier: [])
            #expect(
                again.result["commit"] == landed.result["commit"] && again.result["alreadyLanded"] == true,
                "\(again)"
            )
            #expect(try await scene.subjects(repo).last == "later")
            let nothing = try await scene.make(LandingScene.params(repo, ""), task: "t2", tier: [])
            #expect(nothing.outcome == .failed)
        }
    }

    @Test func `what has landed is taken back, as work to be seen`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines + "; git checkout -q dev")
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch("-b main \(repo)", "sed -i s/^3$/three/ a"))
            )
            _ = try await scene.land(try scene.approved(made))
            let registry = try HandlerRegistry(handlerSets: ["all"])
            let revert = try #require(registry.handler(for: TaskKind(trusted: "git-revert")))
            var undo = LandingScene(scene: scene.scene, handler: revert)
            undo.secrets = scene.secrets
            let asked = try await undo.make(["repo": .string(repo), "task": "t1"], task: "t2")
            #expect(asked.question?.summary == "Take back on main: Change a line", "\(asked)")
            let landed = try await undo.land(
                try undo.approved(asked, task: "t2", digest: String(repeating: "e", count: 64))
            )
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(try await scene.scene.script("git -C \(repo) diff --stat main main~2") == "")
            let again = try await undo.make(["repo": .string(repo), "task": "t1"], task: "t3")
            #expect(again.error?.code == "cannot-revert" && again.question == nil, "\(again)")
            #expect(again.error?.detail.contains("taken back already") == true)
        }
    }
}
