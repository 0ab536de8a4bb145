import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// Approved work of a real fleet, landed with a real git, whatever happens to whoever lands it.
@Suite(.timeLimit(.minutes(4)))
struct LandingTests {
    /// A repository on this machine with thirty lines on `main`, while `dev` is checked out.
    private struct Repository {
        let path: String

        init(_ path: String) async throws {
            self.path = path
            try await git(
                "git init -q -b main . && seq 1 30 > a && git add a && git commit -qm numbers && git checkout -qb dev"
            )
        }

        @discardableResult
        func git(_ script: String) async throws -> String {
            let ran = await tool(
                "sh",
                "-euc",
                "mkdir -p \(path) && cd \(path) && \(script)",
                environment: [
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
                    "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
                    "GIT_COMMITTER_EMAIL": "ada@example.org",
                ]
            )
            try #require(ran.outcome.succeeded, "\(ran.stdout)\(ran.stderr)")
            return ran.stdout
        }

        /// How many commits of a landing are on `main`.
        func landings() async throws -> String {
            try await git("git log --format='%(trailers:key=Ygg-Approval,valueonly)' main | grep -c . || true")
        }

        /// A patch in which one line of `main` is another.
        func patch(line: Int) async throws -> String {
            try await git(
                "git worktree add -q --detach ../copy main && cd ../copy && sed -i s/^\(line)$/changed/ a && git diff "
                    + "&& git -C \(path) worktree remove --force ../copy"
            )
        }
    }

    private func submit(
        _ repo: String,
        _ patch: String,
        _ more: JSONObject = [:],
        to fleet: Fleet
    ) async throws -> String {
        var params: JSONObject = ["repo": .string(repo), "message": "Change a line", "patch": .string(patch)]
        for member in more.members { params.append(member.key, member.value) }
        return try await fleet.coordinator.submit(["kind": "git-commit", "params": .object(params)])
    }

    private static let roots = "executor: {repositories: [/tmp]}"

    @Test func `work is approved, lands, and is taken back by work that is approved`() async throws {
        try await withFleet(routes: Self.roots) { fleet in
            let ygg = fleet.coordinator
            _ = try await fleet.start("huginn")
            let repository = try await Repository("\(fleet.directory)/repo")
            let id = try await submit(repository.path, try await repository.patch(line: 3), to: fleet)
            _ = try await ygg.state(id, is: "awaitingApproval")
            let diff = await ygg.cli("task", "diff", id)
            #expect(diff.stdout.contains("+changed"), "\(diff)")
            // Somebody else lands meanwhile, far from it.
            try await repository.git(
                "git checkout -q main && sed -i s/^25$/xxv/ a && git commit -qam other && git checkout -q dev"
            )
            #expect(await ygg.cli("approve", id).outcome.succeeded)
            let landed = try await ygg.finished(id)
            #expect(landed["state"] == "succeeded" && landed["result"]?["newerBase"] == true, "\(landed)")
            #expect(landed["result"]?["branch"] == "main")
            #expect(
                try await repository.git("git rev-parse main") == "\(landed["result"]?["commit"]?.stringValue ?? "")\n"
            )

            let undo = await ygg.cli("undo", id, "--json")
            let other = try #require(try JSON(parsing: Array(undo.stdout.utf8))["id"]?.stringValue, "\(undo)")
            _ = try await ygg.state(other, is: "awaitingApproval")
            #expect(await ygg.cli("approve", other).outcome.succeeded)
            #expect(try await ygg.finished(other)["state"] == "succeeded")
            #expect(try await repository.git("git show main:a | sed -n '3p;25p'") == "3\nxxv\n")
        }
    }

    @Test func `a checkout with changes is waited for, visibly, and lands by itself when it is clean`() async throws {
        try await withFleet(routes: Self.roots) { fleet in
            let ygg = fleet.coordinator
            _ = try await fleet.start("huginn")
            let repository = try await Repository("\(fleet.directory)/repo")
            let id = try await submit(repository.path, try await repository.patch(line: 3), to: fleet)
            _ = try await ygg.state(id, is: "awaitingApproval")
            try await repository.git("git checkout -q main && echo mine >> a")
            #expect(await ygg.cli("approve", id).outcome.succeeded)
            let waits = try await ygg.task(id) { $0["error"]?["code"] == "target-in-use" }
            #expect(waits["state"] == "scheduled")
            #expect(waits["error"]?["detail"]?.stringValue?.contains("git -C \(repository.path) stash") == true)
            let night = try JSON(parsing: await ygg.cli("night", "--json").stdout)
            let told = night["items"]?.arrayValue?.first { $0["task"]?.stringValue == id }?["waitsFor"]
            let obstacle = "1 change is not committed in \(repository.path), where main is checked out"
            #expect(told == ["what": "obstacle", "text": .string(obstacle)], "\(night.text)")
            try await repository.git("git checkout -q a")
            #expect(try await ygg.finished(id)["state"] == "succeeded")
            #expect(try await repository.git("sed -n 3p a && git status --short") == "changed\n")
        }
    }

    @Test func `a lander that is frozen past its lease wakes and publishes nothing`() async throws {
        try await withFleet(leaseTTL: "6s", routes: Self.roots) { fleet in
            let ygg = fleet.coordinator
            let executors = ["huginn": try await fleet.start("huginn"), "muninn": try await fleet.start("muninn")]
            let repository = try await Repository("\(fleet.directory)/repo")
            let check = "echo x >> \(fleet.directory)/checks; until [ -e \(fleet.directory)/gate ]; do sleep 0.02; done"
            let id = try await submit(
                repository.path,
                try await repository.patch(line: 3),
                ["verify": ["sh", "-c", .string(check)]],
                to: fleet
            )
            _ = try await ygg.state(id, is: "awaitingApproval")
            try await repository.git(
                "git checkout -q main && sed -i s/^25$/xxv/ a && git commit -qam other && git checkout -q dev"
            )
            #expect(await ygg.cli("approve", id).outcome.succeeded)
            while !FileManager.default.fileExists(atPath: "\(fleet.directory)/checks") {
                try await Task.sleep(for: .milliseconds(10))
            }
            let first = try #require(try await ygg.get("/v1/tasks/\(id)").json?["executor"]?.stringValue)
            executors[first]?.signal(SIGSTOP)
            // The other one lands it.
            _ = try await ygg.task(id) { $0["state"] == "running" && $0["executor"]?.stringValue != first }
            #expect(FileManager.default.createFile(atPath: "\(fleet.directory)/gate", contents: nil))
            let landed = try await ygg.finished(id)
            #expect(landed["state"] == "succeeded", "\(landed)")
            executors[first]?.signal(SIGCONT)
            // It has heard that the lease is gone, and is at nothing.
            let address = try #require(executors[first]?.address)
            while try await HTTPCall.get("\(address)/status").json?["tasks"] != [] {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await repository.landings() == "1\n")
            #expect(
                try await repository.git("git rev-parse main") == "\(landed["result"]?["commit"]?.stringValue ?? "")\n"
            )
        }
    }

    @Test func `a lander that is killed between the push and its report lands nothing twice`() async throws {
        try await withFleet(routes: Self.roots) { fleet in
            let ygg = fleet.coordinator
            let repository = try await Repository("\(fleet.directory)/repo")
            let patch = try await repository.patch(line: 3)
            // The way to the remote; once, whoever pushes dies when it has arrived.
            try await repository.git(
                """
                git clone -q --bare . ../bare.git && mkdir -p ../bin && cat > ../bin/ssh <<'END'
                #!/bin/sh
                for last; do :; done
                sh -c "$last"; code=$?
                case $last in *receive-pack*) [ ! -e \(fleet.directory)/armed ] || {
                  pid=$(cat \(fleet.directory)/armed); rm \(fleet.directory)/armed; kill -9 $pid; };; esac
                exit $code
                END
                chmod +x ../bin/ssh
                """
            )
            let path = ["PATH": "\(fleet.directory)/bin:\(RunningYgg.childEnvironment["PATH"] ?? "/usr/bin:/bin")"]
            let executor = try await fleet.start("huginn", environment: path)
            let id = try await submit("me@host:\(fleet.directory)/bare.git", patch, to: fleet)
            _ = try await ygg.state(id, is: "awaitingApproval")
            try "\(executor.pid)".write(toFile: "\(fleet.directory)/armed", atomically: true, encoding: .utf8)
            #expect(await ygg.cli("approve", id).outcome.succeeded)
            _ = await executor.end()
            #expect(try await repository.git("git -C ../bare.git log --format=%s -1 main") == "Change a line\n")
            #expect(try await ygg.get("/v1/tasks/\(id)").json?["state"] != "succeeded")
            _ = try await fleet.start("huginn", environment: path)
            let landed = try await ygg.finished(id)
            #expect(landed["state"] == "succeeded" && landed["result"]?["alreadyLanded"] == true, "\(landed)")
            #expect(try await repository.git("git -C ../bare.git rev-list --count main") == "2\n")
        }
    }
}
