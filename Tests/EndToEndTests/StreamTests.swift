import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess
import YggProtocol

@Suite(.timeLimit(.minutes(5)))
struct StreamTests {
    static let counting = """
        handlers:
          - kind: try-count
            params: {lines: {type: integer, min: 1, max: 1000000}}
            run: [seq, "1", "{{lines}}"]
          - kind: try-wait
            run: [sh, -c, "echo begun; sleep 600"]
        """

    @Test func `200,000 lines reach three viewers whole, one of which comes back`() async throws {
        try await withUp(configuration: Self.counting) { ygg, _ in
            let lines = 200_000
            let id = try await ygg.submit(["kind": "try-count", "params": ["lines": .int(Int64(lines))]])
            async let first = viewer(ygg, id)
            async let second = viewer(ygg, id)
            async let third = interruptedViewer(ygg, id, after: 40)
            _ = try await ygg.finished(id)
            for seen in [try await first, try await second, try await third] {
                #expect(seen.isDense, "sequence numbers have no holes")
                #expect(Self.deviation(from: lines, in: seen.text) == nil)
                #expect(seen.end?["state"] == "succeeded")
                #expect(seen.end?["exitCode"] == 0)
            }
            let events = try #require(try await ygg.get("/v1/tasks/\(id)/events?limit=1").json)
            #expect(events["items"]?.arrayValue?.first?["seq"] == 1)
        }
    }

    /// Where `text` is not the numbers up to `count`, one a line: what was seen there; nil where it is.
    private static func deviation(from count: Int, in text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.dropLast().enumerated() where line != "\(index + 1)" {
            return "line \(index + 1) of \(lines.count - 1): \(lines.dropFirst(max(0, index - 2)).prefix(6))"
        }
        return lines.count == count + 1 && lines.last == "" ? nil : "\(lines.count - 1) lines, then \(lines.last ?? "")"
    }

    @Test func `a stream resumes where a viewer stopped, and says when there is nothing more`() async throws {
        try await withUp(configuration: Self.counting) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-count", "params": ["lines": 3]])
            _ = try await ygg.finished(id)
            let whole = await collect(["curl", "-sN", "\(ygg.address)/v1/tasks/\(id)/stream"])
            var parser = ServerSentEventParser()
            let events = parser.feed(Array(whole.utf8))
            let ids = events.compactMap(\.id).compactMap { Int64($0) }
            let newest = try #require(ids.max())
            #expect(events.last?.name == "end")
            let rest = await collect([
                "curl", "-sN", "-H", "Last-Event-ID: \(newest - 1)", "\(ygg.address)/v1/tasks/\(id)/stream",
            ])
            var second = ServerSentEventParser()
            #expect(second.feed(Array(rest.utf8)).map(\.name) == [try #require(events.dropLast().last?.name), "end"])
            let done = await tool(
                "curl",
                "-s",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "-H",
                "Last-Event-ID: \(newest)",
                "\(ygg.address)/v1/tasks/\(id)/stream"
            )
            #expect(done.stdout == "204")
            #expect(try await ygg.get("/v1/tasks/\(id)/stream?after=999999").status == 400)
            #expect(try await ygg.get("/v1/tasks/\(id)/stream?after=x").status == 400)
        }
    }

    @Test func `a stop of the coordinator ends open streams`() async throws {
        // The task is not waited for.
        let environment = ["YGG_DRAIN_TIMEOUT": "0s"]
        try await withUp(configuration: Self.counting, environment: environment) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-wait"])
            let (firstBytes, feed) = AsyncStream.makeStream(of: Void.self)
            let spec = ProcessSpec(
                argv: ["curl", "-sN", "\(ygg.address)/v1/tasks/\(id)/stream"],
                environment: RunningYgg.childEnvironment
            )
            async let viewer = runProcess(spec) { _, _ in feed.yield() }
            for await _ in firstBytes { break }
            ygg.signal(SIGTERM)
            #expect(await ygg.end().ending == .exited(0))
            #expect(await viewer.ending == .exited(0), "the answer came to its end and was not cut off")
        }
    }

    @Test(arguments: [true, false])
    func `a viewer sees every line once over an outage, and is not told that the task has stopped`(
        isRestarted: Bool
    ) async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let relay = try Relay(to: fleet.coordinator.address)
            let id = try await fleet.hold("a", kind: "try-tell")
            let viewer = await fleet.coordinator.watcher("task", "logs", id, "--follow", through: relay)
            await fleet.coordinator.waitForStream(of: id, toShow: "line 3")
            if isRestarted { try await fleet.restartCoordinator() } else { relay.turn(.cut) }
            await fleet.coordinator.waitForStream(of: id, toShow: "line 100")
            relay.turn(.clear)
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["epoch"] == 1)
            let seen = await viewer.value
            #expect(seen.outcome.succeeded, "\(seen.stderr)")
            #expect(seen.stdout == (try await fleet.coordinator.output(of: id)))
            let lines = seen.stdout.split(separator: "\n")
            #expect(lines.last == "last" && lines.dropLast() == (1..<lines.count).map { "line \($0)" }[...])
            #expect(!seen.stderr.lowercased().contains("stopped"), "\(seen.stderr)")
        }
    }

    // MARK: Viewers

    private struct Seen {
        var ids: [Int64] = []
        var text = ""
        var end: JSON?

        var isDense: Bool { ids == Array(1...Int64(max(1, ids.count))) }

        mutating func take(_ event: ReceivedEvent) throws {
            let data = try JSON(parsing: event.data)
            if event.name == "end" { end = data } else if let id = event.id.flatMap({ Int64($0) }) { ids.append(id) }
            if event.name == "output" { text += data["data"]?["text"]?.stringValue ?? "" }
        }
    }

    private func viewer(_ ygg: RunningYgg, _ id: String) async throws -> Seen {
        var seen = Seen()
        var parser = ServerSentEventParser()
        for event in parser.feed(Array(await collect(["curl", "-sN", "\(ygg.address)/v1/tasks/\(id)/stream"]).utf8)) {
            try seen.take(event)
        }
        return seen
    }

    /// Reads a part, drops the connection, and resumes by the last id it saw.
    private func interruptedViewer(_ ygg: RunningYgg, _ id: String, after count: Int64) async throws -> Seen {
        var seen = Seen()
        var parser = ServerSentEventParser()
        let part = await collect(["sh", "-c", "curl -sN '\(ygg.address)/v1/tasks/\(id)/stream' | head -c 400000"])
        for event in parser.feed(Array(part.utf8)) where Int64(event.id ?? "") ?? .max <= count { try seen.take(event) }
        let last = seen.ids.last ?? 0
        var rest = ServerSentEventParser()
        let text = await collect([
            "curl", "-sN", "-H", "Last-Event-ID: \(last)", "\(ygg.address)/v1/tasks/\(id)/stream",
        ])
        for event in rest.feed(Array(text.utf8)) { try seen.take(event) }
        return seen
    }
}
