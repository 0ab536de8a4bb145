import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// `ygg torture` itself: that a sound fleet passes, that an unsound one would not, and that it cleans up behind itself.
@Suite(.timeLimit(.minutes(6)), .serialized)
struct TortureTests {
    private func torture(_ directory: String, _ arguments: String...) async -> CollectedOutput {
        await collectProcess(
            ProcessSpec(
                argv: [RunningYgg.binary, "torture", "--data-dir", directory, "--rate", "5"] + arguments,
                environment: RunningYgg.childEnvironment,
                runTimeout: .seconds(240)
            )
        )
    }

    /// Processes that were started for a run in this directory.
    private func processes(of directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.compactMap { pid in
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return nil }
            let words = String(decoding: bytes, as: UTF8.self).split(separator: "\0").joined(separator: " ")
            return words.contains("\(directory)/ygg-torture") ? words : nil
        }
    }

    @Test func `nothing is lost, done twice or accepted late, and nothing is left behind`() async throws {
        let scratch = try ScratchDirectory()
        let run = await torture(scratch.path, "--seconds", "20", "--seed", "4", "--lease-ttl", "10s")
        let words = Comment(rawValue: "\(run.stdout)\n\(run.stderr)")
        #expect(run.outcome.succeeded, words)
        #expect(run.stdout.hasPrefix("lost 0 duplicated 0 stale accepted 0\ntasks 100 "), words)
        #expect(run.stderr.contains("seed 4"), words)
        #expect(processes(of: scratch.path) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    }

    @Test func `a breach is an exit status, names its task, and keeps everything`() async throws {
        let scratch = try ScratchDirectory()
        let run = await torture(scratch.path, "--seconds", "3", "--seed", "1", "--doctor", "stale", "--json")
        let words = Comment(rawValue: "\(run.stdout)\n\(run.stderr)")
        #expect(run.outcome.ending == .exited(1), words)
        let report = try JSON(parsing: run.stdout)
        #expect(report["ok"] == false && report["lost"] == 0 && report["staleAccepted"] == 1, words)
        let task = try #require(report["findings"]?.arrayValue?.first?["task"]?.stringValue)
        #expect(run.stderr.contains("stale accepted: \(task):"), words)
        #expect(run.stderr.contains("--seed 1 --seconds 3"), words)
        let kept = try #require(try FileManager.default.contentsOfDirectory(atPath: scratch.path).first)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/\(kept)")
        #expect(
            Set(names).isSuperset(of: ["coordinator", "fenrir", "ledger", "logs", "report.json", "torture.log"]),
            words
        )
        #expect(processes(of: scratch.path) == [])
    }

    @Test func `an interrupted run ends its processes and removes its data`() async throws {
        let scratch = try ScratchDirectory()
        let (pids, feed) = AsyncStream.makeStream(of: pid_t.self)
        let spec = ProcessSpec(
            argv: [RunningYgg.binary, "torture", "--data-dir", scratch.path, "--seconds", "60", "--seed", "1"],
            environment: RunningYgg.childEnvironment,
            killGrace: .seconds(60)
        )
        let run = Task {
            let outcome = await runProcess(spec) { _, bytes in
                // The first line of progress: everything runs.
                if String(decoding: bytes, as: UTF8.self).contains("acknowledged") { feed.finish() }
            } onStart: {
                feed.yield($0)
            }
            feed.finish()
            return outcome
        }
        var pid: pid_t?
        for await started in pids { pid = started }
        #expect(processes(of: scratch.path).count >= 3)
        kill(try #require(pid), SIGINT)
        let outcome = await run.value
        #expect(outcome.ending == .exited(130))
        #expect(processes(of: scratch.path) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    }

    @Test func `a seed gives its schedule`() async throws {
        let arguments = ["torture", "--seed", "7", "--minutes", "2", "--show-schedule"]
        let first = await collect([RunningYgg.binary] + arguments)
        #expect(first.split(separator: "\n").count > 20)
        #expect(await collect([RunningYgg.binary] + arguments) == first)
        let lines = await collect([RunningYgg.binary] + arguments + ["--json"]).split(separator: "\n")
        let faults = try lines.map { try JSON(parsing: String($0)) }
        #expect(faults.allSatisfy { $0["kind"]?.stringValue != nil && $0["atMs"]?.intValue != nil })
    }
}
