import FoundationEssentials
import Testing
import YggCore

@testable import YggExecutor

/// Landing on a branch that the owner has checked out.
@Suite(.timeLimit(.minutes(3)))
struct CheckedOutLandingTests {
    @Test func `a checkout with changes is waited for, and a clean one moves with its files`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch(repo, "sed -i s/^3$/three/ a"))
            )
            try await scene.scene.script("echo mine >> \(repo)/a; echo new > \(repo)/untracked")
            let waits = try await scene.land(try scene.approved(made))
            #expect(waits.interruption == .inTheWay && waits.error?.code == "target-in-use", "\(waits)")
            #expect(waits.error?.detail.contains("git -C \(repo) stash") == true)
            #expect(
                try await scene.scene.script("cd \(repo); git log --format=%s -1; git status --short; tail -1 a")
                    == "numbers\n M a\n?? untracked\nmine"
            )
            try await scene.scene.script("git -C \(repo) checkout -q a")
            let landed = try await scene.land(try scene.approved(made), epoch: 3)
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(
                try await scene.scene.script(
                    "cd \(repo); git log --format=%s -1; git status --short; sed -n 3p a; git reflog -1 --format=%gs main"
                )
                    == "Change a line\n?? untracked\nthree\nmerge \(landed.result["commit"]?.stringValue ?? ""): Fast-forward"
            )
        }
    }

    @Test(arguments: [
        ("git rebase -q dev || true", "a rebase"), ("git rebase -q --apply dev || true", "a rebase"),
        ("git format-patch -q -1 dev && git am -q -3 *.patch || true", "git am"),
        ("git merge -q dev || true", "a merge"),
        ("git bisect start && git bisect bad && git bisect good main~2", "a bisection"),
    ])
    func `a checkout in the middle of something is waited for`(script: String, what: String) async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository(
                "a",
                LandingScene.lines + "; echo more >> a; git commit -qam more; git checkout -q dev; seq 40 70 > a; "
                    + "git commit -qam other; git checkout -q main"
            )
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch(repo, "sed -i s/^3$/three/ a"))
            )
            try await scene.scene.script("cd \(repo) && \(script)")
            let before = try await scene.subjects(repo)
            let waits = try await scene.land(try scene.approved(made))
            #expect(waits.interruption == .inTheWay, "\(waits)")
            #expect(waits.error?.detail.contains("\(what) is under way") == true, "\(waits)")
            #expect(try await scene.subjects(repo) == before)
        }
    }

    @Test func `a landing that was killed between the files and the branch is finished`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch(repo, "sed -i s/^3$/three/ a; echo b > b"))
            )
            // As git leaves it: index and files are there, the branch is not.
            try await scene.scene.script("cd \(repo) && sed -i s/^3$/three/ a && echo b > b && git add -A")
            let landed = try await scene.land(try scene.approved(made))
            #expect(landed.outcome == .succeeded, "\(landed)")
            #expect(
                try await scene.scene.script("cd \(repo); git status --short; git log --format=%s -1")
                    == "Change a line"
            )
        }
    }

    /// What it is in the middle of looks like a change of the owner's.
    @Test func `another landing in the same repository is waited for and in nobody's way`() async throws {
        try await LandingScene.with { scene in
            let repo = try await scene.scene.repository("a", LandingScene.lines)
            let made = try await scene.make(
                LandingScene.params(repo, try await scene.patch(repo, "sed -i s/^3$/three/ a"))
            )
            let approval = try scene.approved(made)
            let file = try await scene.scene.script("realpath workspace/mirrors/*.git") + "/landing.lock"
            let lock = try #require(FileLock(ifFree: file, making: true))
            try await scene.scene.script("echo theirs >> \(repo)/a")
            async let landing = scene.land(approval)
            // Nothing tells that it waits, but that it has the file open, too.
            while openings(of: file) < 2 { try await Task.sleep(for: .milliseconds(5)) }
            try await scene.scene.script("git -C \(repo) checkout -q a")
            lock.release()
            let landed = try await landing
            #expect(landed.outcome == .succeeded && landed.interruption == nil, "\(landed)")
            #expect(try await scene.scene.script("cd \(repo) && git status --short && sed -n 3p a") == "three")
        }
    }

    private func openings(of file: String) -> Int {
        LocalFiles.names(in: "/proc/self/fd").count { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == file
        }
    }
}
