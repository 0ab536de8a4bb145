import FoundationEssentials
import Testing
import YggCore
import YggProcess
import YggProtocol

/// Sessions of the coding agent: they outlive their process, hear what people say, and can be had without a coordinator.
@Suite(.timeLimit(.minutes(3)))
struct AgentSessionTests {
    private static let work = """
          - text: I look how it runs.
            calls: [{name: run_command, arguments: {command: [python3, count.py, first]}}]
          - calls: [{name: edit_file, arguments: {path: calc.py, old_text: "return a - b", new_text: "return a + b"}}]
          - calls: [{name: run_command, arguments: {command: [python3, count.py, wait]}}]
          - calls: [{name: finish, arguments: {summary: "add() subtracted; it adds now."}}]
          - contains: "Double it by adding"
            calls: [{name: edit_file, arguments: {path: calc.py, old_text: "return a * 2", new_text: "return a + a"}}]
          - step: 6
            calls: [{name: finish, arguments: {summary: "double() adds, too."}}]
        """

    private static let task: JSON = ["instruction": "add() must add", "test": ["python3", "-m", "unittest"]]

    // MARK: - With a coordinator

    @Test func `a session that was killed goes on in its workspace, repeats no call, and hears a comment once`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: Self.work)
        try await RunningFleet.with { fleet in
            var ygg = try await fleet.start(shop.arguments)
            var params = try #require(Self.task.objectValue)
            params.append("repo", .string(shop.repository))
            let id = try await ygg.submit(["kind": "code-refactor", "params": .object(params)])
            try await shop.place.waitForRuns(id, 2)
            await ygg.killNow()

            ygg = try await fleet.start(shop.arguments)
            let asked = try await ygg.state(id, is: "awaitingApproval")
            #expect(shop.place.runs(id) == ["first", "wait"])
            #expect(asked["result"]?["steps"] == 4)
            let diff = await ygg.cli("task", "diff", id).stdout
            #expect(diff.contains("+    return a + b"), "\(diff)")
            let log = await ygg.cli("task", "logs", id).stdout
            let first = await tool("head", "-n", "1", "\(shop.place.session(id))/session.jsonl").stdout

            let back = await ygg.cli("reject", id, "--comment", "Double it by adding")
            #expect(back.outcome.succeeded, "\(back.stderr)")
            let again = try await ygg.task(id) { $0["state"] == "awaitingApproval" && $0["result"]?["steps"] == 6 }
            #expect(shop.place.runs(id) == ["first", "wait"])
            #expect(await tool("head", "-n", "1", "\(shop.place.session(id))/session.jsonl").stdout == first, "\(log)")
            let said = await tool("grep", "-c", "Double it by adding", "\(shop.place.session(id))/session.jsonl").stdout
            #expect(said == "1\n")
            #expect(again["result"]?["insertions"] == 2)

            #expect(await ygg.cli("approve", id).outcome.succeeded)
            #expect(try await ygg.finished(id)["state"] == "succeeded")
            let landed = await shop.file("calc.py")
            #expect(landed.contains("return a + b") && landed.contains("return a + a"), "\(landed)")
            #expect(!FileManager.default.fileExists(atPath: shop.place.session(id)))
        }
    }

    @Test func `a session begins in a tree that was made beside the one before, where that was at another commit, too`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: Self.quick)
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(shop.arguments)
            var params = try #require(Self.task.objectValue)
            params.append("repo", .string(shop.repository))
            func session() async throws -> String {
                let id = try await ygg.submit(["kind": "code-refactor", "params": .object(params)])
                _ = try await ygg.state(id, is: "awaitingApproval")
                return "\(shop.place.session(id))/work"
            }
            _ = try await session()
            let spare = try await shop.place.spare()
            let made = await tool("stat", "-c", "%i", spare).stdout
            let moved = "echo '# More.' >> calc.py && git -c user.name=A -c user.email=a@example.org commit -qam More"
            #expect(await tool("sh", "-ec", moved, directory: shop.repository).outcome.succeeded)
            let work = try await session()
            #expect(await tool("stat", "-c", "%i", work).stdout == made)
            let text = try String(contentsOfFile: "\(work)/calc.py", encoding: .utf8)
            #expect(text.contains("return a + b") && text.contains("# More."), "\(text)")
        }
    }

    @Test func `a drained session goes on at another executor, with its work and without a repeated call`() async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: Self.work)
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(
                ["coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", shop.configuration]
            )
            func executor(_ name: String) async throws -> RunningYgg {
                let process = try await fleet.start([
                    "executor", "--id", name, "--coordinator", ygg.address, "--port", "0", "--data-dir",
                    "\(scratch.path)/\(name)", "--config", shop.configuration,
                ])
                _ = try await ygg.executor(name) { $0["state"] == "running" }
                return process
            }
            let first = try await executor("hugin")
            let here = Workshop.Place(data: "\(scratch.path)/hugin")
            let there = Workshop.Place(data: "\(scratch.path)/munin")
            var params = try #require(Self.task.objectValue)
            params.append("repo", .string(shop.repository))
            let id = try await ygg.submit(["kind": "code-refactor", "params": .object(params)])
            try await here.waitForRuns(id, 2)
            _ = try await executor("munin")

            let drained = try await HTTPCall.post(
                "\(first.address)/action",
                ["action": "drain", "drainTimeoutMs": 100]
            )
            #expect(drained.status == 202)
            let asked = try await ygg.state(id, is: "awaitingApproval")
            #expect(asked["executor"] == "munin" && asked["attempt"] == 1, "\(asked.text)")
            #expect(asked["result"]?["steps"] == 4 && asked["result"]?["resume"] == nil)
            #expect(here.runs(id) == ["first", "wait"] && there.runs(id).isEmpty)
            let diff = await ygg.cli("task", "diff", id).stdout
            #expect(diff.contains("+    return a + b"), "\(diff)")
            let moved = await tool(
                "cmp",
                "-n",
                "1000",
                "\(here.session(id))/session.jsonl",
                "\(there.session(id))/session.jsonl"
            )
            #expect(moved.outcome.succeeded, "\(moved.stdout)")
            #expect(await ygg.cli("approve", id).outcome.succeeded)
            #expect(try await ygg.finished(id)["state"] == "succeeded")
        }
    }

    // MARK: - Beside an executor

    private func withCaller(
        turns: String = work,
        _ body: (AgentCaller, Workshop) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: turns)
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(shop.arguments)
            try await body(AgentCaller(address: try #require(ygg.executorAddress)), shop)
        }
    }

    private func request(_ shop: Workshop, _ more: JSONObject = [:]) -> JSON {
        var body: JSONObject = [
            "task": "add() must add", "repo": .string(shop.repository), "test": ["python3", "-m", "unittest"],
        ]
        for member in more.members { body.append(member.key, member.value) }
        return .object(body)
    }

    private static let quick = """
          - text: I look at it.
            calls: [{name: read_file, arguments: {path: calc.py}}]
          - calls: [{name: edit_file, arguments: {path: calc.py, old_text: "return a - b", new_text: "return a + b"}}]
          - calls: [{name: finish, arguments: {summary: "add() subtracted; it adds now."}}]
          - contains: "Double it by adding"
            calls: [{name: edit_file, arguments: {path: calc.py, old_text: "return a * 2", new_text: "return a + a"}}]
          - step: 5
            calls: [{name: finish, arguments: {summary: "double() adds, too."}}]
        """

    @Test func `work is shown and not landed, and goes on with what is said to it`() async throws {
        try await withCaller(turns: Self.quick) { agent, shop in
            let idle = try await agent.status()
            #expect(idle["state"] == "idle" && idle["model"] == "demo/workshop" && idle["step"] == 0)
            let events = try await agent.stream("/agent/execute", request(shop))
            let names = Set(events.map(\.name))
            #expect(names.isSuperset(of: ["progress", "message", "toolCall", "toolResult", "end"]), "\(names)")
            #expect(names.isSubset(of: Set(EventType.allCases.map(\.rawValue) + ["end"])), "\(names)")
            let end = try events.end()
            #expect(end["outcome"] == "succeeded", "\(end.text)")
            #expect(end["diff"]?.stringValue?.contains("+    return a + b") == true, "\(end.text)")
            #expect(end["isScripted"] == true || end["scripted"] == true || end.text.contains("cenario"), "\(end.text)")
            let session = try #require(end["session"]?.stringValue)
            #expect(await shop.file("calc.py").contains("return a - b"))

            let listed = try await agent.send("GET", "/agent/sessions").json?["items"]?.arrayValue ?? []
            #expect(listed.map { $0["session"]?.stringValue } == [session] && listed.first?["state"] == "idle")
            #expect(listed.first?["task"] == nil)

            let more = try await agent.stream(
                "/agent/chat",
                ["session": .string(session), "message": "Double it by adding"]
            ).end()
            #expect(more["outcome"] == "succeeded" && more["session"]?.stringValue == session, "\(more.text)")
            let diff = more["diff"]?.stringValue ?? ""
            #expect(diff.contains("+    return a + b") && diff.contains("+    return a + a"), "\(diff)")

            #expect(try await agent.send("DELETE", "/agent/sessions/\(session)").status == 204)
            #expect(try await agent.send("DELETE", "/agent/sessions/\(session)").status == 404)
            let gone = try await agent.send("POST", "/agent/chat", ["session": .string(session), "message": "Hello?"])
            #expect(gone.status == 404, "\(gone.code ?? "")")
        }
    }

    @Test func `work lands where that is asked for`() async throws {
        try await withCaller(turns: Self.quick) { agent, shop in
            let end = try await agent.stream("/agent/execute", request(shop, ["land": "merge"])).end()
            #expect(end["outcome"] == "succeeded" && end["commit"] != nil && end["session"] == nil, "\(end.text)")
            #expect(end["diff"]?.stringValue?.contains("+    return a + b") == true, "\(end.text)")
            #expect(await shop.file("calc.py").contains("return a + b"))
        }
    }

    @Test func `who hangs up ends nothing, and hears the rest from the status`() async throws {
        try await withCaller { agent, shop in
            let heard = await agent.listen("/agent/execute", request(shop), until: "event: toolResult")
            #expect(heard.contains("\"session\":\"agent-"), "\(heard)")
            let status = try await agent.status { $0["step"] == 3 && $0["state"] == "running" }
            #expect(status["state"] == "running" && status["task"] == nil && status["maxSteps"] == 15, "\(status.text)")
            let session = try #require(status["session"]?.stringValue)
            try await shop.place.waitForRuns(session, 2)
            let refused = try await agent.send("DELETE", "/agent/sessions/\(session)")
            #expect(refused.status == 409 && refused.code == "session-running")
            // What is said while it works is its next message.
            let message: JSON = ["session": .string(session), "message": "And mind the style."]
            #expect(await agent.listen("/agent/chat", message, until: "retry") == "retry: 2000\n")
            shop.place.openGate(session)
            _ = try await agent.status { $0["state"] == "idle" }
            #expect(shop.place.runs(session) == ["first", "wait"])
            let file = try String(contentsOfFile: "\(shop.place.session(session))/session.jsonl", encoding: .utf8)
            #expect(file.contains("And mind the style."))
            #expect(try await agent.send("DELETE", "/agent/sessions/\(session)").status == 204)
        }
    }

    @Test func `what cannot be done is refused before anything is said`() async throws {
        try await withCaller(turns: Self.quick) { agent, shop in
            let table: [(JSON, Int, String)] = [
                ([:], 400, "invalid-request"),
                (["task": "x", "kind": "bench-noop"], 422, "unknown-kind"),
                (["task": "x", "kind": "code-nothing"], 422, "unknown-kind"),
                (["task": "x", "repo": .string(shop.repository), "colour": "red"], 400, "invalid-request"),
                (["task": "x", "instruction": "y"], 400, "invalid-request"),
            ]
            for (body, status, code) in table {
                let answer = try await agent.send("POST", "/agent/execute", body)
                #expect(
                    answer.status == status && answer.code == code,
                    "\(body.text): \(answer.status) \(answer.code ?? "")"
                )
            }
            for (session, status) in [("agent-none", 404), ("../../etc", 400), ("..", 400)] {
                let body: JSON = ["session": .string(session), "message": "Hello?"]
                #expect(try await agent.send("POST", "/agent/chat", body).status == status)
            }
            #expect(try await agent.status()["state"] == "idle")
        }
    }
}
