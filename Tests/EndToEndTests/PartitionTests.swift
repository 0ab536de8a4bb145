import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// Executors that are frozen, cut off, or heard without hearing.
@Suite(.timeLimit(.minutes(3)))
struct PartitionTests {
    @Test(arguments: [Relay.Weather.answersLost, .requestsLost, .cut])
    func `work moves from an executor that is cut off, in whichever direction, and never runs twice at once`(
        weather: Relay.Weather
    ) async throws {
        try await withFleet(leaseTTL: "9s") { fleet in
            let relay = try Relay(to: fleet.coordinator.address)
            _ = try await fleet.start("huginn", through: relay)
            let id = try await fleet.hold("a")
            _ = try await fleet.start("muninn")
            let first = fleet.groups(of: "a")[0]
            relay.turn(weather)
            let lost = try await fleet.executor("huginn", is: "lost")
            // An executor that asks and hears nothing is not just away, and its machine is not where to look.
            let isDeaf = lost["why"]?.stringValue?.contains("deaf") == true
            #expect(isDeaf == (weather == .answersLost), "\(lost.text)")
            try await fleet.atWork("a", times: 2)
            #expect(await !fleet.isAlive(first), "it ended its own work before anybody else began it")
            relay.turn(.clear)
            _ = try await fleet.executor("huginn", is: "running")
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["executor"] == "muninn", "\(task.text)")
            #expect(task["attempt"] == 1, "what was lost is not counted")
            #expect(fleet.groups(of: "a").count == 2)
        }
    }

    @Test func `frozen for longer than the time to live, an executor kills its old work, and its word is refused`()
        async throws
    {
        try await withFleet(leaseTTL: "6s") { fleet in
            let frozen = try await fleet.start("huginn")
            let id = try await fleet.hold("a", kind: "try-tell")
            _ = try await fleet.start("muninn")
            frozen.signal(SIGSTOP)
            try await fleet.atWork("a", times: 2)
            let groups = fleet.groups(of: "a")
            #expect(kill(-groups[0], 0) == 0, "nobody could end it while its executor was frozen")
            frozen.signal(SIGCONT)
            try await fleet.gone(groups[0])
            #expect(kill(-groups[1], 0) == 0, "only the old attempt is ended")
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["executor"] == "muninn" && task["attempt"] == 1)
            _ = try await fleet.executor("huginn", is: "running")
            let lines = try await fleet.coordinator.output(of: id).split(separator: "\n")
            #expect(lines.filter { $0 == "last" }.count == 1, "the old attempt added nothing after the new one began")
        }
    }

    @Test(arguments: [3600, -3600])
    func `a clock that is set by an hour, on either side, ends no lease and keeps none alive`(ahead: Int) async throws {
        let scratch = try ScratchDirectory()
        let coordinatorClock = try await WallClock("coordinator", in: scratch.path)
        let executorClock = try await WallClock("executor", in: scratch.path)
        try await withFleet(environment: coordinatorClock.environment) { fleet in
            let huginn = try await fleet.start("huginn", environment: executorClock.environment)
            let id = try await fleet.hold("a")
            _ = try await fleet.start("muninn")
            let before = try #require(try await startedAt(fleet.coordinator))
            for clock in [coordinatorClock, executorClock] {
                try clock.set(ahead: ahead)
                // Whatever goes by the clock that was set has judged by then.
                try await heard("huginn", times: 2, by: fleet.coordinator)
                let task = try await fleet.coordinator.get("/v1/tasks/\(id)").json
                #expect(task?["state"] == "running" && task?["epoch"] == 1 && task?["executor"] == "huginn")
            }
            let probe = try await fleet.coordinator.submit(["kind": "bench-noop"])
            let submitted = try #require(try await fleet.coordinator.finished(probe)["createdAt"]?.stringValue)
            let moved = try #require(Timestamp(parsing: submitted)) - before
            #expect(abs(moved.rawValue - Int64(ahead) * 1000) < 600_000, "the clock was set")
            await huginn.killNow()
            try await fleet.atWork("a", times: 2)
            fleet.openGate(of: "a")
            #expect(try await fleet.coordinator.finished(id)["executor"] == "muninn")
        }
    }

    /// Waits until the coordinator has heard of the executor so often from now on: it is as often silent for a shorter
    /// time than before. Nothing tells of it, so it is looked for.
    private func heard(_ id: String, times count: Int, by ygg: RunningYgg) async throws {
        var times = 0
        var silence: Int64?
        while times < count {
            let now = try #require(try await ygg.get("/v1/executors/\(id)").json?["lastSeenMs"]?.intValue)
            if let silence, now < silence { times += 1 }
            silence = now
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func startedAt(_ ygg: RunningYgg) async throws -> Timestamp? {
        try await ygg.get("/info").json?["startedAt"]?.stringValue.flatMap { Timestamp(parsing: $0) }
    }

    @Test func `cut off for many times to live, work of a route that goes on ends there and is told in order, once`()
        async throws
    {
        try await withFleet(leaseTTL: "1s", routes: Self.goesOn) { fleet in
            let relay = try Relay(to: fleet.coordinator.address)
            _ = try await fleet.start("huginn", through: relay)
            let id = try await fleet.hold("a", kind: "try-tell")
            _ = try await fleet.start("muninn")
            await fleet.coordinator.waitForStream(of: id, toShow: "line 3")
            relay.turn(.cut)
            _ = try await fleet.executor("huginn", is: "lost")
            let group = fleet.groups(of: "a")[0]
            // Five times to live without a word.
            try await Task.sleep(for: .seconds(5))
            #expect(kill(-group, 0) == 0, "it goes on")
            fleet.openGate(of: "a")
            try await fleet.gone(group)
            let running = try await fleet.coordinator.get("/v1/tasks/\(id)").json
            #expect(running?["state"] == "running" && running?["epoch"] == 1, "the coordinator waits for it")
            relay.turn(.clear)
            try await expectWholeStory(of: id, in: fleet)
            #expect(fleet.groups(of: "a").count == 1, "it ran once")
        }
    }

    @Test func `a result that nobody could be told survives the end of its executor`() async throws {
        try await withFleet(leaseTTL: "1s", routes: Self.goesOn) { fleet in
            let relay = try Relay(to: fleet.coordinator.address)
            let first = try await fleet.start("huginn", through: relay)
            let id = try await fleet.hold("a", kind: "try-tell")
            await fleet.coordinator.waitForStream(of: id, toShow: "line 3")
            relay.turn(.cut)
            fleet.openGate(of: "a")
            // Its end is in the spool before the attempt is over.
            while try await HTTPCall.get("\(first.address)/status").json?["tasks"]?.arrayValue?.isEmpty != true {
                try await Task.sleep(for: .milliseconds(20))
            }
            await first.killNow()
            relay.turn(.clear)
            _ = try await fleet.start("huginn")
            try await expectWholeStory(of: id, in: fleet)
            #expect(fleet.groups(of: "a").count == 1, "it ran once")
        }
    }

    @Test func `a result whose answer was lost counts once`() async throws {
        try await withFleet { fleet in
            let relay = try Relay(to: fleet.coordinator.address)
            let worker = try await fleet.start("huginn", through: relay)
            let id = try await fleet.hold("a", kind: "try-tell")
            relay.turn(.answersLost)
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded", "\(task.text)")
            relay.turn(.clear)
            while await tool("curl", "-s", "\(worker.address)/metrics").stdout
                .contains("yggdrasil_executor_spool_bytes 0\n") == false
            {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await expectWholeStory(of: id, in: fleet)
            #expect(try await fleet.coordinator.get("/v1/tasks/\(id)").json?["version"] == task["version"])
        }
    }

    private static let goesOn = "routes: [{prefix: try-, executors: [huginn], fallback: [muninn], offline: continue}]"

    /// Every line once and in order, one end, in the first attempt.
    private func expectWholeStory(of id: String, in fleet: Fleet) async throws {
        let task = try await fleet.coordinator.finished(id)
        #expect(task["state"] == "succeeded" && task["executor"] == "huginn", "\(task.text)")
        #expect(task["epoch"] == 1 && task["attempt"] == 1)
        let lines = try await fleet.coordinator.output(of: id).split(separator: "\n")
        #expect(lines.last == "last")
        #expect(lines.dropLast() == (1..<lines.count).map { "line \($0)" }[...], "every line once, in order")
        let events = await fleet.coordinator.cli("task", "events", id, "-o", "jsonl").stdout.split(separator: "\n")
        let seqs = try events.compactMap { try JSON(parsing: String($0))["seq"]?.intValue }
        #expect(seqs == Array(1...Int64(max(1, seqs.count))))
    }
}
