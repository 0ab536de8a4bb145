import FoundationEssentials
import Testing
import YggCore

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct SessionFileTests {
    private static let provider = ProviderIdentity(name: "scripted", endpoint: "scripted:x", isScripted: true)

    private static func begin(_ bench: Bench) async throws -> AgentSession {
        try await AgentSession.begin(
            .sample(),
            at: "\(bench.base)/s.jsonl",
            tools: LoopStage.tools,
            provider: provider,
            now: Timestamp(milliseconds: 1_000)
        )
    }

    private static func contents(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    @Test func `a session begins with what it is, and its file belongs to one`() async throws {
        let bench = try await Bench()
        var session: AgentSession? = try await Self.begin(bench)
        let path = try #require(session?.path)
        let taken = await #expect(throws: SessionError.self) { try await AgentSession.resume(at: path, tools: []) }
        #expect(taken?.reason == .inUse)
        try await session?.file.flush()
        session?.file.release()
        session = nil
        let (header, records) = try await SessionFile.read(path)
        #expect(header.task == .sample() && header.provider == Self.provider && header.prompts["work"] != nil)
        #expect(records == [SessionRecord(at: .zero, .began)])
        let twice = await #expect(throws: SessionError.self) { try await Self.begin(bench) }
        #expect(twice?.reason == .exists)
        let resumed = try await AgentSession.resume(at: path, tools: LoopStage.tools)
        #expect(resumed.effects == [.describeModel] && resumed.end == nil)
    }

    @Test func `one that was killed while it began is begun anew`() async throws {
        let bench = try await Bench()
        _ = try bench.putOutside(#"{"event":"sess"#, at: "s.jsonl")
        let session = try await Self.begin(bench)
        try await session.file.flush()
        #expect(try await SessionFile.read(session.path).records == [SessionRecord(at: .zero, .began)])
    }

    @Test func `what was not acted on may be lost, and a torn last line is cut off`() async throws {
        let bench = try await Bench()
        var session: AgentSession? = try await Self.begin(bench)
        let path = try #require(session?.path)
        session?.feed(.described(ModelInfo(name: "m", capabilities: ["tools"])), at: 5)
        try await session?.file.flush()
        session?.file.release()
        session = nil
        let whole = Self.contents(path)
        _ = try bench.putOutside(whole + #"{"event":"base","at":9,"st"#, at: "s.jsonl")
        var resumed: AgentSession? = try await AgentSession.resume(at: path, tools: LoopStage.tools)
        #expect(resumed?.effects == [.checkBase] && resumed?.elapsed == 5)
        resumed?.feed(.baseChecked([]), at: 7)
        try await resumed?.file.flush()
        resumed = nil
        #expect(Self.contents(path).hasPrefix(whole + #"{"event":"resumed","at":5}"# + "\n"))
        #expect(try await SessionFile.read(path).records.last?.input == .baseChecked([]))
    }

    @Test(
        arguments: [
            ("", SessionError.Reason.damaged), ("{}\n", .damaged), ("not json\n", .damaged),
            (#"{"event":"session","format":99}"# + "\n", .newerFormat),
        ] as [(String, SessionError.Reason)]
    )
    func `a file that is none of ours says so`(_ text: String, _ reason: SessionError.Reason) async throws {
        let bench = try await Bench()
        let path = try bench.putOutside(text, at: "s.jsonl")
        let error = await #expect(throws: SessionError.self) { try await AgentSession.resume(at: path, tools: []) }
        #expect(error?.reason == reason)
    }

    @Test func `a record that is damaged in the middle is named by its line`() async throws {
        let bench = try await Bench()
        var session: AgentSession? = try await Self.begin(bench)
        let path = try #require(session?.path)
        try await session?.file.flush()
        session?.file.release()
        session = nil
        _ = try bench.putOutside(Self.contents(path) + "{\"event\":\"answer\",\"at\":1}\n{}\n", at: "s.jsonl")
        let error = await #expect(throws: SessionError.self) { try await AgentSession.resume(at: path, tools: []) }
        #expect(error?.reason == .damaged && error?.description.contains("line 3") == true)
    }

    @Test func `every kind of record is read as it was written`() throws {
        let place = ModelPlace(model: "m", endpoint: "e")
        var failure = ModelFailure(
            .contextExceeded,
            "Too long.",
            at: place,
            status: 400,
            promptTokens: 9,
            contextTokens: 8
        )
        failure.retryAfter = 7
        let report = StepReport(
            step: VerificationStep(.test, ["pytest", "-q"], directory: "sub", timeLimit: .milliseconds(1_500)),
            exitCode: 1,
            ended: "time-limit",
            failures: ["t::a"],
            output: "F\n",
            duration: .nanoseconds(123_456_789)
        )
        var record = ToolRecord()
        record.argv = ["make"]
        record.exitCode = 2
        record.duration = .milliseconds(12)
        record.files = ["a"]
        let call = ToolCall(id: "1", name: "read_file", arguments: ["path": "a", "n": 3])
        let calls = ReadReply(
            text: "t",
            thinking: "h",
            content: .calls([.ready(call), .refused(call, correction: "no")])
        )
        let broken = ReadReply(text: "", thinking: "", content: .unreadable(.brokenCall("why")))
        let inputs: [AgentLoop.Input] = [
            .began,
            .described(ModelInfo(name: "m", capabilities: ["tools"], trainedContext: 5, digest: "d", isRemote: true)),
            .baseChecked([report]), .baseFailed(BaseFailure(code: "base-broken", detail: "d", steps: [report])),
            .saved("abc"),
            .answered(
                calls,
                ModelUsage(promptTokens: 1, outputTokens: 2, promptBytes: 3, loadMs: 4, promptMs: 5, outputMs: 6)
            ),
            .answered(broken, ModelUsage()), .modelFailed(failure), .callBegan(id: "1"),
            .called(id: "1", ToolResult("é\n", isError: true, record: record)),
            .verified(Verdict(worth: .broken, newFailures: 2, fixed: ["x"], feedback: "f", steps: [report])),
            .verified(Verdict(worth: .unverified("No tests."))), .verified(Verdict(worth: .verified)), .restored,
            .workspaceFailed("full"), .comment("c"), .suspended, .resumed,
        ]
        for input in inputs {
            let record = SessionRecord(at: 12, input)
            #expect(try SessionRecord(json: try JSON(parsing: record.json.bytes)) == record)
        }
        var task = AgentTask.sample(paths: ["a"], mode: .pipeline)
        (task.guidance, task.kindPrompt) = ("g", PromptText(name: "k", text: "t"))
        let header = SessionHeader(task: task, provider: Self.provider, began: Timestamp(milliseconds: 5))
        #expect(try SessionHeader(json: try JSON(parsing: header.json.bytes)) == header)
    }
}
