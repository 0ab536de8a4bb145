import Synchronization
import Testing
import YggCore
import YggProcess

@testable import YggExecutor

/// Work trees that are made before anybody needs them.
@Suite(.timeLimit(.minutes(2)))
struct SpareWorktreeTests {
    /// Runs `body` with the mirror of a repository, which it fills, and what git says of it.
    private func withMirror(
        _ more: String = "",
        _ body: @escaping @Sendable (Scene, Mirror) async throws -> Void
    ) async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a", more)
            let context = scene.context("code-refactor", [:])
            let problem = Mutex<(any Error)?>(nil)
            let result = await context.carryOut { run async throws(HandlerFailure) in
                let local = try LocalRepository(at: repo, roots: run.context.repositories)
                var mirror = Mirror(of: .path(local.commonDirectory), git: try Git(run))
                let view = try await RepositoryView(of: local, git: mirror.git)
                try await mirror.update(from: view)
                view.remove()
                do { try await body(scene, mirror) } catch { problem.withLock { $0 = error } }
                return HandlerResult(outcome: .succeeded)
            }
            if let problem = problem.withLock({ $0 }) { throw problem }
            try #require(result.outcome == .succeeded, "\(result)")
        }
    }

    /// A session of another task that begins at a commit.
    private func session(_ task: String, of mirror: Mirror, at commit: String) async throws(HandlerFailure) -> Worktree
    {
        let folder = SessionFolder(of: TaskID(trusted: task), in: mirror.git.run.context.workspaceRoot)
        return try await Worktree(
            in: folder.path,
            of: mirror,
            isBegun: { folder.takeUp(nil) },
            startingAt: { (mirror, commit, nil) }
        )
    }

    private func commit(_ name: String, _ mirror: Mirror) async -> String {
        await mirror.git.collect(["rev-parse", name], at: mirror.place).stdout.trimmed
    }

    @Test func `a session takes it, and has what it begins with, whatever that was made at`() async throws {
        let later = "rm a; echo 2 > b; mkdir c; echo 3 > c/d; git add -A; git commit -qm later"
        try await withMirror(later) { scene, mirror in
            let (old, new) = (await commit("v1", mirror), await commit("refs/remotes/origin/main", mirror))
            for (made, wanted, files) in [(old, old, "a"), (old, new, "b c/d"), (new, old, "a")] {
                let spare = SpareWorktree(of: mirror)
                await spare.make(at: made)
                #expect(await spare.isReady(for: wanted))
                let marked = try await scene.script("cd workspace/spares/*/work; stat -c %i .")
                let worktree = try await session("t-\(made.prefix(4))-\(wanted.prefix(4))", of: mirror, at: wanted)
                #expect(worktree.isNew && worktree.commit == wanted)
                #expect(await !spare.isReady(for: wanted))
                let seen = try await scene.script(
                    "cd '\(worktree.path)'; stat -c %i .; git ls-files | xargs; git status --short; git rev-parse HEAD"
                )
                #expect(seen == "\(marked)\n\(files)\n\(wanted)")
                #expect(try await scene.script("cd workspace/spares; ls *") == "lock")
                worktree.leave()
            }
            // git knows each of them by where it is now.
            #expect(await mirror.git.collect(["worktree", "prune", "-v"], at: mirror.place).stderr == "")
        }
    }

    @Test func `its files are older than its index, which git would else read them all for`() async throws {
        try await withMirror { scene, mirror in
            await SpareWorktree(of: mirror).make(at: await commit("v1", mirror))
            let ages = try await scene.script(
                "cd workspace/spares/*/work; stat -c %Y a \"$(git rev-parse --git-dir)/index\" | xargs"
            )
            .split(separator: " ").compactMap { Int($0) }
            #expect(ages.count == 2 && ages[0] < ages[1], "\(ages)")
        }
    }

    @Test(arguments: ["", "rm ready", "printf another > ready"])
    func `what is not whole is not taken, and is made anew`(harm: String) async throws {
        try await withMirror { scene, mirror in
            let (spare, commit) = (SpareWorktree(of: mirror), await commit("v1", mirror))
            await spare.make(at: commit)
            try await scene.script("cd workspace/spares/*; touch work/half; \(harm)")
            let path = "\(scene.workspace)/taken"
            let isWhole = harm.isEmpty
            #expect((await spare.take(for: commit, to: path) != nil) == isWhole)
            #expect(scene.exists("workspace/taken/a") == isWhole)
            await spare.make(at: commit)
            #expect(await spare.isReady(for: commit))
            #expect(try await scene.script("ls workspace/spares/*/work") == "a")
        }
    }

    @Test func `one that git cannot use is replaced by a tree that is made at once`() async throws {
        try await withMirror { scene, mirror in
            let commit = await commit("v1", mirror)
            await SpareWorktree(of: mirror).make(at: commit)
            try await scene.script("cd workspace/spares/*/work; : > \"$(git rev-parse --git-dir)/index\"; echo x > x")
            let worktree = try await session("t2", of: mirror, at: commit)
            #expect(try await scene.script("cd '\(worktree.path)'; ls; git status --short") == "a")
            worktree.leave()
        }
    }

    @Test func `of two sessions that begin together one has it, and neither waits`() async throws {
        try await withMirror { scene, mirror in
            let commit = await commit("v1", mirror)
            await SpareWorktree(of: mirror).make(at: commit)
            let spare = try await scene.script("stat -c %i workspace/spares/*/work")
            async let one = session("t2", of: mirror, at: commit)
            async let other = session("t3", of: mirror, at: commit)
            for worktree in [try await one, try await other] {
                #expect(LocalFiles.read("\(worktree.path)/a") == "one\n")
                worktree.leave()
            }
            let trees = try await scene.script("stat -c %i workspace/sessions/*/work").split(separator: "\n")
            #expect(trees.filter { $0 == spare }.count == 1 && trees.count == 2, "\(trees)")
            // While one is made nobody waits for it.
            let lock = try #require(FileLock(ifFree: try await scene.script("ls -d $PWD/workspace/spares/*/lock")))
            #expect(await SpareWorktree(of: mirror).take(for: commit, to: "\(scene.workspace)/taken") == nil)
            await SpareWorktree(of: mirror).make(at: commit)
            #expect(await !SpareWorktree(of: mirror).isReady(for: commit))
            lock.release()
        }
    }

    @Test func `those that nobody takes are swept, and half-made ones`() async throws {
        try await withMirror { scene, mirror in
            let spare = SpareWorktree(of: mirror)
            let commit = await commit("v1", mirror)
            await spare.make(at: commit)
            try await scene.script(
                """
                cd workspace/spares; made=$(ls); for name in half old busy boot; do cp -r $made $name; done
                rm half/ready; echo another x > boot/ready; touch -d 2020-01-01 old/ready busy/ready
                """
            )
            let busy = try #require(FileLock(ifFree: "\(scene.workspace)/spares/busy/lock"))
            await SpareWorktree.sweep(
                scene.workspace,
                unusedSince: Timestamp(milliseconds: 1_600_000_000_000),
                environment: scene.environment
            )
            busy.release()
            #expect(await spare.isReady(for: commit))
            let left = try await scene.script(
                "cd workspace/spares; ls -d */work | wc -l; ls -d half/* old/* busy/* boot/* | xargs"
            )
            #expect(left == "2\nboot/lock busy/lock busy/ready busy/work half/lock old/lock")
        }
    }

    @Test(
        arguments: [
            ("", 0), ("100644 blob 78981922613b2afb6025042ff6bd878ac1994e85       2\ta\0", 4096),
            ("100644 blob 7898       0\te\0100755 blob 7898    4097\ta b\tc\0120000 blob 7898    4096\tl\0", 12288),
            ("100644 blob 7898       2\ta\0160000 commit 7898       -\tsub\0", nil),
        ] as [(String, Int64?)]
    )
    func `what it takes of a disk is known before, and a tree with submodules has none`(listing: String, bytes: Int64?)
    {
        #expect(SpareWorktree.bytes(in: listing) == bytes)
    }

    @Test func `where files are to be written in another way, none is taken, and the next one is made in that way`()
        async throws
    {
        let later = "echo '* text eol=crlf' > .gitattributes; git add -A; git commit -qm attributes"
        try await withMirror(later) { scene, mirror in
            let (spare, old) = (SpareWorktree(of: mirror), await commit("v1", mirror))
            let new = await commit("refs/remotes/origin/main", mirror)
            await spare.make(at: old)
            let worktree = try await session("t2", of: mirror, at: new)
            #expect(LocalFiles.read("\(worktree.path)/a") == "one\r\n")
            worktree.leave()
            #expect(await spare.isReady(for: old))
            await spare.make(at: new)
            #expect(await spare.isReady(for: new))
            #expect(try await scene.script("cat -A workspace/spares/*/work/a") == "one^M$")
        }
    }

    @Test
    func `where git was killed while it made one, or holds the place that it is wanted at, there is one all the same`()
        async throws
    {
        try await withMirror { scene, mirror in
            let (spare, commit) = (SpareWorktree(of: mirror), await commit("v1", mirror))
            let kill = "cd \"$dir\"; echo initializing > \"$(git rev-parse --git-dir)/locked\"; cd /; rm -rf \"$dir\""
            await spare.make(at: commit)
            try await scene.script("dir=$(ls -d $PWD/workspace/spares/*/work); rm $dir/../ready; \(kill)")
            await spare.make(at: commit)
            #expect(await spare.isReady(for: commit))
            for _ in 0..<2 {
                let worktree = try await session("t2", of: mirror, at: commit)
                #expect(await !spare.isReady(for: commit))
                worktree.leave()
                try await scene.script("dir=\(worktree.path); \(kill)")
                await spare.make(at: commit)
            }
            try await scene.script("rm workspace/spares/*/ready")
            let worktree = try await session("t2", of: mirror, at: commit)
            #expect(LocalFiles.read("\(worktree.path)/a") == "one\n")
            worktree.leave()
        }
    }

    @Test func `one that is cancelled before it began is nobody's`() async throws {
        try await withMirror { scene, mirror in
            let (spare, commit) = (SpareWorktree(of: mirror), await commit("v1", mirror))
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await spare.make(at: commit)
            }.value
            #expect(await !spare.isReady(for: commit))
            await spare.make(at: commit)
            #expect(await spare.isReady(for: commit))
        }
    }
}
