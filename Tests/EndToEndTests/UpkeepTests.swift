import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// Retention, backups and left-over processes with real processes.
@Suite(.timeLimit(.minutes(5)))
struct UpkeepTests {
    @Test func `what a killed executor left running is dead before its next start runs anything`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        try """
        handlers:
          - kind: try-hold
            params: {dir: {type: string}}
            run: [sh, -c, 'for p in $(cat "$1/pids" 2>/dev/null); do kill -0 $p && cat /proc/$p/stat | grep -v ") Z " && touch "$1/two"; done; echo $$ >> "$1/pids"; test $(wc -l < "$1/pids") -ge 2 || sleep 600', sh, "{{dir}}"]
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", configuration,
        ])
        let arguments = [
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config",
            configuration,
            "--data-dir", "\(scratch.path)/e",
        ]
        let first = try await RunningYgg.start(arguments)
        let id = try await coordinator.submit(["kind": "try-hold", "params": ["dir": .string(scratch.path)]])
        _ = try await coordinator.state(id, is: "running")
        var pid: pid_t?
        while pid == nil {
            let text = (try? String(contentsOfFile: "\(scratch.path)/pids", encoding: .utf8)) ?? ""
            pid = text.hasSuffix("\n") ? pid_t(text.dropLast()) : nil
            try await Task.sleep(for: .milliseconds(5))
        }
        let child = try #require(pid)
        // The command may speak before its executor has written down that it runs.
        let ledger = "\(scratch.path)/e/executor/processes"
        while try FileManager.default.contentsOfDirectory(atPath: ledger).isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        await first.killNow()
        #expect(isAlive(child), "nobody has ended it yet")
        let second = try await RunningYgg.start(arguments)
        let task = try await coordinator.finished(id)
        #expect(task["state"] == "succeeded", "\(task.text)")
        #expect(task["attempt"] == 1, "a lost attempt is not counted")
        #expect(!isAlive(child))
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/two"), "two attempts ran at once")
        #expect(second.log.contains("A command that the last process left running was killed"))
        await second.stop()
        await coordinator.stop()
    }

    private func isAlive(_ id: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return false }
        return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    @Test func `after a restore the results of the lost time are refused, and what ran is run anew`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        try """
        handlers:
          - kind: dev-slow
            params: {dir: {type: string}}
            run: [sh, -c, 'echo run >> "$1/runs"; while [ ! -e "$1/gate" ]; do sleep 0.02; done; wc -l < "$1/runs"', sh, "{{dir}}"]
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let common = ["--data-dir", "\(scratch.path)/c", "--config", configuration]
        let port = try KeptPort()
        var coordinator = try await RunningYgg.start(["coordinator", "--port", port.text] + common)
        let executor = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config",
            configuration, "--data-dir", "\(scratch.path)/e",
        ])
        let id = try await coordinator.submit(["kind": "dev-slow", "params": ["dir": .string(scratch.path)]])
        _ = try await coordinator.state(id, is: "running")
        while !FileManager.default.fileExists(atPath: "\(scratch.path)/runs") {
            try await Task.sleep(for: .milliseconds(5))
        }
        let storeID = try await coordinator.get("/info").json?["storeId"]
        let backup = await coordinator.cli(
            "backup",
            "\(scratch.path)/backups",
            "--json",
            "--data-dir",
            "\(scratch.path)/c"
        )
        #expect(backup.outcome.succeeded, "\(backup.stderr)")
        let path = try #require(try JSON(parsing: backup.stdout)["path"]?.stringValue)
        let refused = await coordinator.cli("db", "restore", path, "--data-dir", "\(scratch.path)/c")
        #expect(!refused.outcome.succeeded && refused.stderr.contains("stop that one first"), "\(refused.stderr)")
        // Known to the coordinator and not to the backup; then the executor is done and nobody takes its word.
        let later = try await coordinator.submit(["kind": "bench-noop"])
        _ = try await coordinator.finished(later)
        await coordinator.killNow()
        #expect(FileManager.default.createFile(atPath: "\(scratch.path)/gate", contents: nil))
        // It ends its work alone, and has its result in the spool when the restored coordinator comes.
        while try await HTTPCall.get("\(executor.address)/status").json?["tasks"]?.arrayValue?.isEmpty != true {
            try await Task.sleep(for: .milliseconds(20))
        }
        let spool = try await HTTPCall.get("\(executor.address)/metrics").body
        #expect(!String(decoding: spool, as: UTF8.self).contains("yggdrasil_executor_spool_bytes 0\n"))
        // Onto another machine's disk, where nothing is.
        let restore = await coordinator.cli("restore", path, "--data-dir", "\(scratch.path)/new")
        #expect(restore.outcome.succeeded, "\(restore.stderr)")
        coordinator = try await RunningYgg.start(
            ["coordinator", "--port", port.text, "--data-dir", "\(scratch.path)/new", "--config", configuration]
        )
        #expect(try await coordinator.get("/info").json?["storeId"] != storeID)
        #expect(try await coordinator.get("/v1/tasks/\(later)").status == 404, "the backup does not know it")
        let task = try await coordinator.finished(id)
        #expect(task["state"] == "succeeded", "\(task.text)")
        #expect(try #require(task["epoch"]?.intValue) > 1_000_000_000)
        let output = try await coordinator.output(of: id)
        #expect(
            output.split(separator: "\n").last?.contains("2") == true,
            "the result of the second run counts: \(output)"
        )
        let events = try #require(
            try await coordinator.get("/v1/tasks/\(id)/events?limit=1000").json?["items"]?.arrayValue
        )
        #expect(
            events.contains { $0["type"] == "gap" && $0["data"]?["reason"]?.stringValue?.contains("restored") == true }
        )
        let folders = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/e/executor")
        #expect(folders.contains { $0.hasPrefix("outbox-of-") }, "\(folders)")
        let check = await coordinator.cli("db", "check", "--data-dir", "\(scratch.path)/new")
        #expect(check.outcome.succeeded, "\(check.stdout)")
        let runs = try String(contentsOfFile: "\(scratch.path)/runs", encoding: .utf8)
        #expect(runs == "run\nrun\n", "once for the lost time and once for this one")
        await executor.stop()
        await coordinator.stop()
    }

    @Test func `output that was removed is a gap in pages and streams, and the store stays at its size`() async throws {
        let configuration = """
            coordinator: {retention: {size: 2MiB}}
            handlers:
              - kind: try-say
                run: [sh, -c, 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); head -c 1000 /dev/zero | tr "\\\\0" x; echo; done']
            """
        try await withUp(configuration: configuration) { ygg, directory in
            var first = ""
            // Half as much again as may stay: output goes, and the results of its tasks need not.
            for _ in 0..<10 {
                let id = try await ygg.submit(["kind": "try-say"])
                #expect(try await ygg.finished(id)["state"] == "succeeded")
                if first.isEmpty { first = id }
            }
            // Nothing tells of a removal but a look at what is left.
            var items: [JSON] = []
            while items.first?["type"] != "gap" {
                items = try #require(try await ygg.get("/v1/tasks/\(first)/events").json?["items"]?.arrayValue)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(items.first?["data"]?["from"] == 1)
            #expect(try await ygg.get("/v1/tasks/\(first)").json?["state"] == "succeeded")
            let stream = await collect(["curl", "-sN", "\(ygg.address)/v1/tasks/\(first)/stream"])
            #expect(stream.contains("event: gap"), "\(stream.prefix(500))")
            #expect(stream.contains("event: end"))
            let check = await ygg.cli("db", "check", "--data-dir", "\(directory)/data", "--json")
            #expect(check.outcome.succeeded, "\(check.stdout)")
        }
    }
}
