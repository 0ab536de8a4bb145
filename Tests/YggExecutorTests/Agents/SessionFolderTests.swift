import Testing
import YggCore

@testable import YggExecutor

/// What becomes of the folders of sessions.
@Suite(.timeLimit(.minutes(1)))
struct SessionFolderTests {
    /// A folder as an attempt leaves it: a work tree of a mirror with a change in it, a lock, and the session's file.
    private func folder(_ scene: Scene, _ name: String) async throws -> SessionFolder {
        let repo = try await scene.repository(name)
        try await scene.script(
            """
            mkdir -p workspace/mirrors workspace/sessions/\(name)
            git clone -q --mirror \(repo) workspace/mirrors/\(name).git
            git -C workspace/mirrors/\(name).git worktree add -q --detach "$ROOT/workspace/sessions/\(name)/work" main
            cd workspace/sessions/\(name)
            sed 's/^gitdir: //' work/.git > gitdir
            echo two >> work/a; echo three > work/b; touch work.lock; echo '{}' > session.jsonl
            git -C work update-ref refs/ygg/checkpoints/\(name)/1 HEAD
            git -C work update-ref refs/ygg/checkpoints/another/1 HEAD
            """
        )
        return SessionFolder(of: TaskID(trusted: name), in: scene.workspace)
    }

    private func archive(_ scene: Scene, before limit: Int64) async -> [String] {
        await IdleSessions.archive(
            scene.workspace,
            unusedSince: Timestamp(milliseconds: limit),
            environment: scene.environment
        )
    }

    @Test func `an idle session becomes a patch that applies, and others are not touched`() async throws {
        try await Scene.with { scene in
            let (old, busy, fresh) = (
                try await folder(scene, "old"), try await folder(scene, "busy"), try await folder(scene, "fresh")
            )
            let waits = try await folder(scene, "waits")
            try waits.keepWaiting()
            try await scene.script(
                "for name in old busy waits; do touch -d 2020-01-01 workspace/sessions/$name/session.jsonl; done"
            )
            let lock = try #require(busy.lockIfFree())
            #expect(await archive(scene, before: 1_600_000_000_000) == ["old"])
            lock.release()
            #expect(!LocalFiles.exists(old.path) && busy.hasSession && fresh.hasSession && waits.hasSession)
            let applied = try await scene.script(
                "git -C repos/old apply \"$ROOT/workspace/archive/old.patch\" && cat repos/old/a repos/old/b"
            )
            #expect(applied == "one\ntwo\nthree")
            let states = "git -C workspace/mirrors/old.git for-each-ref --format='%(refname)' refs/ygg/checkpoints"
            #expect(try await scene.script(states) == "refs/ygg/checkpoints/another/1")
        }
    }

    @Test func `what was never begun, and what killed steps left, goes when it is old`() async throws {
        try await Scene.with { scene in
            let session = try await folder(scene, "session")
            try await scene.script(
                """
                cd workspace && mkdir -p scratch/old scratch/new artifacts/old/x artifacts/new sessions/new
                for name in old busy; do mkdir -p sessions/$name && touch sessions/$name/work.lock; done
                touch -d 2020-01-01 scratch/old artifacts/old sessions/old sessions/busy sessions/session
                """
            )
            let lock = try #require(FileLock(ifFree: "\(scene.workspace)/sessions/busy/work.lock"))
            let removed = await StaleFolders.sweep(
                scene.workspace,
                unusedSince: Timestamp(milliseconds: 1_600_000_000_000),
                environment: scene.environment
            )
            lock.release()
            #expect(removed == ["scratch/old", "artifacts/old", "sessions/old"].map { "\(scene.workspace)/\($0)" })
            #expect(
                try await scene.script("ls workspace/scratch workspace/artifacts | xargs")
                    == "workspace/artifacts: new workspace/scratch: new"
            )
            #expect(session.hasSession && scene.exists("workspace/sessions/busy"))
        }
    }

    @Test func `what no patch can be made of stays`() async throws {
        try await Scene.with { scene in
            let folder = try await folder(scene, "old")
            try await scene.script("touch -d 2020-01-01 workspace/sessions/old/session.jsonl; rm -r workspace/mirrors")
            #expect(await archive(scene, before: 1_600_000_000_000).isEmpty)
            #expect(folder.hasSession)
        }
    }

    @Test func `a session is taken up with its work tree, and where it is not older than what was put aside`()
        async throws
    {
        try await Scene.with { scene in
            let folder = try await folder(scene, "a")
            func suspended(_ bytes: Int64) -> SuspendedSession {
                SuspendedSession(session: "s", bytes: bytes, checkpoint: "c", commit: "c1", base: "b1")
            }
            #expect(folder.takeUp(nil) && folder.takeUp(suspended(3)))
            // What a command says of the tree counts for nothing.
            try await scene.script("echo 'gitdir: /nonexistent' > workspace/sessions/a/work/.git")
            #expect(folder.takeUp(nil))
            #expect(!folder.takeUp(suspended(4)) && !folder.hasSession)
            let other = try await self.folder(scene, "b")
            try await scene.script("rm -r workspace/mirrors/b.git")
            #expect(!other.takeUp(nil) && !other.hasSession)
        }
    }
}
