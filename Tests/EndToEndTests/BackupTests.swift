import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggClient
import YggCore
import YggProcess

/// A household is backed up while it works, lost, and brought back onto an empty machine.
@Suite(.timeLimit(.minutes(5)))
struct HouseholdBackupTests {
    /// Clients that submit until they are told to stop, and what was acknowledged.
    private final class Load: Sendable {
        private let state = Mutex<(ids: [String], isOver: Bool)>(([], false))

        var ids: [String] { state.withLock { $0.ids } }

        func end() { state.withLock { $0.isOver = true } }

        func submit(to ygg: RunningYgg) async throws {
            while !state.withLock({ $0.isOver }) {
                let id = try await ygg.submit(["kind": "bench-noop"])
                state.withLock { $0.ids.append(id) }
            }
        }

        func reached(_ count: Int) async throws {
            while ids.count < count { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// A task that left bytes: its id, and their sha256.
    private static func makeArtifact(at ygg: RunningYgg, in directory: String) async throws -> (
        id: String, hash: String
    ) {
        var executor = try await PlayedExecutor("maker", kind: "try-make", at: ygg)
        let id = try await ygg.submit(["kind": "try-make"])
        let lease = try await executor.leases(1)[0]
        try "evidence".write(toFile: "\(directory)/bytes", atomically: true, encoding: .utf8)
        let hash = String(await collect(["sha256sum", "\(directory)/bytes"]).prefix(64))
        let url = "\(ygg.address)/v1/tasks/\(id)/artifacts/\(hash)?epoch=1"
        let put = await tool(
            "curl",
            "-sf",
            "-X",
            "PUT",
            "-H",
            "Content-Type: application/octet-stream",
            "--data-binary",
            "@\(directory)/bytes",
            url
        )
        try #require(put.outcome.succeeded, "\(put.stderr)")
        let named: (String, JSON) = (
            "event",
            [
                "at": "2026-01-01T00:00:00Z", "type": "artifact",
                "data": ["sha256": .string(hash), "name": "bytes"],
            ]
        )
        _ = try await executor.report(lease, n: 1, named)
        _ = try await executor.report(lease, n: 2, ("final", ["outcome": "succeeded"]))
        return (id, hash)
    }

    @Test func `a backup under load comes back onto an empty machine, with tasks, tokens and artifacts`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let file = "\(directory)/yggdrasil.yaml"
        try "timeZone: Europe/Berlin\n".write(toFile: file, atomically: true, encoding: .utf8)
        try await RunningFleet.with { fleet in
            let port = try KeptPort()
            let first = try await fleet.start([
                "coordinator", "--port", port.text, "--data-dir", "\(directory)/data", "--config", file,
            ])
            let made = try await first.post("/v1/tokens", ["name": "freya", "role": "viewer"])
            let token = try #require(made.json?["token"]?.stringValue)
            let (maker, hash) = try await Self.makeArtifact(at: first, in: directory)
            _ = try await fleet.start([
                "executor", "--id", "worker", "--coordinator", first.address, "--port", "0", "--data-dir",
                "\(directory)/worker", "--config", file,
            ])
            let folder = "\(directory)/backups"
            let arguments = ["--data-dir", "\(directory)/data", "--config", file]
            let (known, backup) = try await withThrowingTaskGroup(of: Void.self) { group in
                let load = Load()
                for _ in 0..<3 { group.addTask { try await load.submit(to: first) } }
                defer { load.end() }
                try await load.reached(50)
                // Killed at any moment, it leaves nothing that looks like a backup. In the background `timeout` would kill
                // itself, too, and not wait for one that is still ending, with the lock of backups.
                for seconds in ["0.02", "0.04", "0.06", "0.08", "0.1", "0.15"] {
                    let killed = [
                        "timeout", "--foreground", "-s", "KILL", seconds, RunningYgg.binary, "backup", folder,
                    ]
                    _ = await collect(killed + arguments)
                }
                let known = load.ids
                let run = await first.cli(
                    "backup",
                    folder,
                    "--json",
                    "--data-dir",
                    "\(directory)/data",
                    "--config",
                    file
                )
                try #require(run.outcome.succeeded, "\(run.stderr)")
                try await load.reached(known.count + 20)
                load.end()
                try await group.waitForAll()
                return (known, try JSON(parsing: run.stdout))
            }
            #expect(backup["artifacts"] == 1 && backup["tokens"] == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
            #expect(names.allSatisfy { !$0.contains(".") }, "\(names)")
            for name in names {
                let check = await first.cli("db", "check", "--data-dir", "\(folder)/\(name)")
                #expect(check.outcome.succeeded, "\(check.stdout)\(check.stderr)")
            }

            await first.killNow()
            try FileManager.default.removeItem(atPath: "\(directory)/data")
            let restore = await first.cli("restore", folder, "--data-dir", "\(directory)/new")
            #expect(restore.outcome.succeeded, "\(restore.stderr)")
            #expect(restore.stdout.contains("freya") && restore.stdout.contains("next: start it"), "\(restore.stdout)")
            let again = await first.cli("restore", folder, "--data-dir", "\(directory)/new")
            #expect(!again.outcome.succeeded && again.stderr.contains("is not empty"), "\(again.stderr)")
            #expect(again.stderr.contains("\nnext: Nothing was changed; name an empty one"), "\(again.stderr)")

            let second = try await fleet.start([
                "coordinator", "--port", port.text, "--data-dir", "\(directory)/new", "--config",
                "\(directory)/new/yggdrasil.yaml",
            ])
            for id in known {
                let task = try await second.finished(id)
                #expect(task["state"] == "succeeded", "\(task.text)")
            }
            #expect(try await second.get("/v1/tasks/\(maker)/artifacts/\(hash)").body == Array("evidence".utf8))
            for (shown, status) in [(token, 200), ("ygg_viewer_nobody", 401)] {
                let reply = try await HTTPTransport(baseURL: second.address, token: shown).send(
                    method: "GET",
                    path: "/v1/tasks",
                    headers: [],
                    body: nil,
                    timeout: .seconds(60)
                )
                #expect(reply.status == status)
            }
            let check = await second.cli("db", "check", "--data-dir", "\(directory)/new")
            #expect(check.outcome.succeeded, "\(check.stdout)")
        }
    }

    @Test func `a coordinator makes its backups by itself, and health tells how it stands with them`() async throws {
        let scratch = try ScratchDirectory()
        let folder = "\(scratch.path)/backups"
        let file = "\(scratch.path)/yggdrasil.yaml"
        try "backup: {dir: backups, keep: 2}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["coordinator", "--port", "0", "--data-dir", "\(scratch.path)/data", "--config", file]
        func check(_ ygg: RunningYgg, until isReached: (JSON) -> Bool) async throws -> JSON {
            while true {
                let health = try #require(try await ygg.get("/health").json)
                let check = try #require(health["checks"]?["backup"])
                if isReached(check) {
                    #expect(check["status"] == "pass" || health["status"] == "warn")
                    return check
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await RunningFleet.with { fleet in
            let first = try await fleet.start(arguments)
            let missing = try await check(first) { $0["status"] == "warn" }
            #expect(missing["detail"]?.stringValue?.contains("mkdir -m 700 \(folder)") == true, "\(missing.text)")
            await first.stop()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let second = try await fleet.start(arguments)
            let made = try await check(second) { $0["newest"] != nil }
            #expect(made["detail"]?.stringValue?.contains("same device") == true, "\(made.text)")
            await second.stop()
            let third = try await fleet.start(arguments)
            #expect(try await check(third) { $0["newest"] != nil }["newest"] == made["newest"], "one a day is enough")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
            #expect(names.count == 1)
        }
    }

    @Test func `where nobody asked for backups, health says so and does not warn`() async throws {
        try await withUp { ygg, directory in
            let check = try #require(try await ygg.get("/health").json?["checks"]?["backup"])
            #expect(check["status"] == "pass" && check["detail"]?.stringValue?.contains("backup.dir") == true)
            let refused = await ygg.cli("backup", "--data-dir", "\(directory)/data", directory: directory)
            #expect(refused.outcome.ending == .exited(2) && refused.stderr.contains("ygg backup DIR"))
        }
    }

    @Test func `where a restore was killed no coordinator starts`() async throws {
        let scratch = try ScratchDirectory()
        let data = "\(scratch.path)/data"
        try FileManager.default.createDirectory(atPath: "\(data)/restoring", withIntermediateDirectories: true)
        let run = await tool(RunningYgg.binary, "coordinator", "--port", "0", "--data-dir", data)
        #expect(
            run.outcome.ending == .exited(1) && run.stderr.contains("next: Run it again: ygg restore"),
            "\(run.stderr)"
        )
        #expect(!FileManager.default.fileExists(atPath: "\(data)/ygg.sqlite"))
    }

    @Test(.enabled(if: SmallDisk.isNeeded))
    func `on a disk of its own all is well, and one that is full is said and keeps the older ones`() async throws {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 8)
        let file = "\(scratch.path)/yggdrasil.yaml"
        try "backup: {dir: \(disk.path), every: 1m}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let place = disk.path
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start([
                "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/data", "--config", file,
            ])
            var check = JSON.null
            while check["newest"] == nil {
                try await Task.sleep(for: .milliseconds(20))
                check = try #require(try await ygg.get("/health").json?["checks"]?["backup"])
            }
            #expect(check["status"] == "pass" && check["detail"] == nil, "\(check.text)")
        }
        try disk.fill(leaving: 32)
        let run = await tool(
            RunningYgg.binary,
            "backup",
            "--data-dir",
            "\(scratch.path)/data",
            "--config",
            file
        )
        #expect(!run.outcome.succeeded && run.stderr.contains("full"), "\(run.stderr)")
        let names = try FileManager.default.contentsOfDirectory(atPath: place).filter { !$0.hasPrefix(".") }
        #expect(names.count == 1 && names.allSatisfy { !$0.contains(".") }, "\(names)")
    }
}
