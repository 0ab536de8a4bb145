import Testing
import YggAgent
import YggCore

@Suite(.timeLimit(.minutes(1)))
struct ScriptedProviderTests {
    private static func provider(_ turns: JSON) throws -> ScriptedProvider {
        let scenario = try Scenario(json: ["name": "demo", "turns": turns])
        return ScriptedProvider(
            scenario,
            timing: .test(firstToken: .milliseconds(20), betweenTokens: .milliseconds(20))
        )
    }

    private static func request(said: Int = 0, last: String = "Go.") -> ModelRequest {
        let before = (0..<said).flatMap { [ModelMessage.user("u\($0)"), .assistant("a\($0)")] }
        return ModelRequest(model: "demo", messages: before + [.user(last)])
    }

    @Test func `it says that it is a scenario`() throws {
        let provider = try Self.provider([])
        #expect(provider.identity.isScripted)
        #expect(provider.identity.name == "scripted")
        #expect(provider.identity.endpoint == "scripted:demo")
    }

    @Test func `turns are played by the step of the conversation`() async throws {
        let provider = try Self.provider([
            ["thinking": "Hm.", "text": ["I ", "read."], "calls": [Sample.readFile]],
            ["text": "Done.", "end": "length", "usage": ["prompt": 5, "output": 6]],
        ])
        let first = try await provider.reply(to: Self.request())
        #expect(first.thinking == "Hm.")
        #expect(first.text == "I read.")
        #expect(first.calls.map(\.name) == ["read_file"])
        #expect(first.end == .stop)
        let second = try await provider.reply(to: Self.request(said: 1))
        #expect(second.text == "Done.")
        #expect(second.end == .length)
        #expect(second.usage.promptTokens == 5 && second.usage.outputTokens == 6)
        // The same step again, as after a restart.
        #expect(try await provider.reply(to: Self.request()).text == "I read.")
        #expect(await modelFailure { _ = try await provider.reply(to: Self.request(said: 2)) }?.code == .scenarioEnded)
    }

    @Test func `a turn may depend on what was said last`() async throws {
        let provider = try Self.provider([
            ["contains": "FAILED", "text": "I repair it."],
            ["text": "First."],
            ["step": 2, "contains": "nothing", "text": "Never."],
            ["text": "Second."],
        ])
        #expect(try await provider.reply(to: Self.request()).text == "First.")
        #expect(try await provider.reply(to: Self.request(said: 1)).text == "Second.")
        #expect(try await provider.reply(to: Self.request(said: 5, last: "1 FAILED")).text == "I repair it.")
    }

    @Test(
        arguments: [
            (["fail": ["code": "model-busy", "detail": "Busy."]] as JSON, ModelFailure.Code.busy),
            (["text": "half", "end": "none"], .incompleteStream),
            (["text": "half", "end": "stall"], .stalled),
            (["end": "stall"], .firstTokenTimeout),
        ] as [(JSON, ModelFailure.Code)]
    )
    func `what fails does so once, and the step is answered when it is asked again`(
        turn: JSON,
        code: ModelFailure.Code
    ) async throws {
        let provider = try Self.provider([turn, ["text": "There."], ["text": "Next."]])
        #expect(await modelFailure { _ = try await provider.reply(to: Self.request()) }?.code == code)
        #expect(try await provider.reply(to: Self.request()).text == "There.")
        #expect(try await provider.reply(to: Self.request(said: 1)).text == "Next.")
    }

    @Test(
        arguments: [
            (["turns": 1], "/turns"), ([:], "/turns"), (["turns": [["txt": "a"]]], "/turns/0/txt"),
            (["turns": [["end": "never"]]], "/turns/0/end"),
            (["turns": [["fail": ["code": "x"]]]], "/turns/0/fail/code"),
            (["turns": [["calls": [[:]]]]], "/turns/0/calls/0/name"),
            (["turns": [["delay": "soon"]]], "/turns/0/delay"),
        ] as [(JSON, String)]
    )
    func `a scenario that cannot be played says where`(json: JSON, pointer: String) {
        do {
            _ = try Scenario(json: json)
            Issue.record("it was taken")
        } catch {
            #expect(error.issues.map(\.pointer).contains(pointer))
        }
    }
}
