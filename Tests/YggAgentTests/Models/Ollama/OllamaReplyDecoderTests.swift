import Testing
import YggAgent
import YggCore

struct OllamaReplyDecoderTests {
    private static let place = ModelPlace(model: "m", endpoint: "http://127.0.0.1:11434")

    /// An answer with everything in it: characters of several bytes, ends of lines that are none, calls both ways.
    private static let lines = """
        {"model":"m","message":{"role":"assistant","content":"","thinking":"Hm… 🌳"},"done":false}
        {"model":"m","message":{"role":"assistant","content":"Grüße\\n\u{2028}\u{85}"},"done":false}
        {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","function":{"index":0,"name":"f","arguments":{"a":1}}}]},"done":false}
        {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"g","arguments":"{\\"b\\":2}"}}]},"done":true,"done_reason":"stop","load_duration":2000000,"prompt_eval_count":26,"prompt_eval_duration":3000000,"eval_count":298,"eval_duration":4000000000}

        """

    private static func decoder(_ gauge: PromptGauge = PromptGauge(bytes: 100)) -> OllamaReplyDecoder {
        OllamaReplyDecoder(place: place, prompt: gauge, ids: CallIDs(SeededRandom(seed: 1)))
    }

    private static func reply(_ pieces: [[UInt8]]) throws -> ModelReply {
        var decoder = decoder()
        var reply = ModelReply()
        for piece in pieces { for event in try decoder.feed(piece) { reply.take(event) } }
        for event in try decoder.finish() { reply.take(event) }
        return reply
    }

    private static func failure(_ text: String, gauge: PromptGauge = PromptGauge(bytes: 100)) -> ModelFailure? {
        var decoder = decoder(gauge)
        do {
            _ = try decoder.feed(Array(text.utf8))
            _ = try decoder.finish()
            return nil
        } catch {
            return error
        }
    }

    @Test func `an answer is read whole`() throws {
        let reply = try Self.reply([Array(Self.lines.utf8)])
        #expect(reply.thinking == "Hm… 🌳")
        #expect(reply.text == "Grüße\n\u{2028}\u{85}")
        #expect(reply.calls.map(\.name) == ["f", "g"])
        #expect(reply.calls.map(\.arguments) == [["a": 1], ["b": 2]])
        #expect(reply.calls[0].id == "call_1")
        #expect(reply.calls[1].id.hasPrefix("call_") && reply.calls[1].id != "call_1")
        #expect(reply.end == .stop)
        let usage = ModelUsage(
            promptTokens: 26,
            outputTokens: 298,
            promptBytes: 100,
            loadMs: 2,
            promptMs: 3,
            outputMs: 4000
        )
        #expect(reply.usage == usage)
        #expect(reply.usage.tokensPerSecond == 74.5)
    }

    @Test(arguments: [Int64.max, Int64.min, -1])
    func `a number that counts nothing is none`(number: Int64) throws {
        let reply = try Self.reply([
            Array(
                """
                {"message":{"content":"x"},"done":true,"load_duration":\(number),"prompt_eval_count":\(number),"eval_count":\(number),"eval_duration":1000000}

                """.utf8
            )
        ])
        let usage = ModelUsage(
            promptTokens: nil,
            outputTokens: nil,
            promptBytes: 100,
            loadMs: 0,
            promptMs: 0,
            outputMs: 1
        )
        #expect(reply.usage == usage)
    }

    @Test func `an answer cut at any two places is the same`() throws {
        let bytes = Array(Self.lines.utf8)
        let whole = try Self.reply([bytes])
        for first in stride(from: 0, through: bytes.count, by: 3) {
            for second in stride(from: first, through: bytes.count, by: 41) {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map { Array($0) }
                if try Self.reply(pieces) != whole { Issue.record("cut at \(first) and \(second)") }
            }
        }
        #expect(try Self.reply(bytes.map { [$0] }) == whole)
    }

    @Test func `the last line needs no end of its own`() throws {
        let bytes = Array(Self.lines.utf8)
        #expect(try Self.reply([Array(bytes.dropLast())]) == Self.reply([bytes]))
    }

    @Test func `only a line that says so is an end`() {
        let lines = Self.lines.split(separator: "\n")
        #expect(Self.failure(lines.dropLast().joined(separator: "\n") + "\n")?.code == .incompleteStream)
        #expect(Self.failure("")?.code == .incompleteStream)
    }

    @Test func `an error in the middle is one, whatever came before`() {
        let failure = Self.failure(
            #"{"message":{"content":"a"},"done":false}"# + "\n"
                + #"{"error":"llama-server returned invalid tool call arguments for \"f\""}"# + "\n"
        )
        #expect(failure?.code == .brokenCall)
        #expect(failure?.status == nil)
    }

    @Test(arguments: [
        "<html>\n", "{\"message\": \n", "\u{0}\n", "[1]\n{}\n", "{\"message\":{\"content\":\"\\ud800\"}}\n",
    ])
    func `what is no answer is said to be none`(text: String) {
        let code = Self.failure(text)?.code
        #expect(code == .malformedStream || code == .incompleteStream)
    }

    @Test func `bytes that are not UTF-8 and lines without end are refused`() {
        var decoder = Self.decoder()
        #expect(throws: ModelFailure.self) { try decoder.feed(Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}\n".utf8)) }
        var other = Self.decoder()
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(throws: ModelFailure.self) { for _ in 0..<32 { _ = try other.feed(chunk) } }
    }

    @Test(
        arguments: [
            // bytes, context, previous tokens of 3000 bytes, counted, whether something is missing
            (4_000, 8192, nil, 1_000, false),
            (4_000, 8192, 900, 800, true),
            (4_000, 8192, 900, 1_000, false),
            (2_000, 8192, 900, 500, false),
            (80_000, 8192, nil, 4_096, true),
            (80_000, 32_768, nil, 20_000, false),
            (80_000, 8192, nil, nil, false),
        ] as [(Int, Int64, Int64?, Int64?, Bool)]
    )
    func `a count that is too low gives a dropped beginning away`(
        bytes: Int,
        context: Int64,
        before: Int64?,
        counted: Int64?,
        isTruncated: Bool
    ) {
        let previous = before.map { ModelUsage(promptTokens: $0, promptBytes: 3_000) }
        let gauge = PromptGauge(bytes: bytes, contextTokens: context, previous: previous)
        #expect(gauge.isTruncated(ModelUsage(promptTokens: counted)) == isTruncated)
        let count = counted.map { "\"prompt_eval_count\":\($0)," } ?? ""
        let failure = Self.failure("{\"message\":{\"content\":\"a\"},\(count)\"done\":true}\n", gauge: gauge)
        #expect(failure?.code == (isTruncated ? .promptTruncated : nil))
    }

    @Test(arguments: Seeds.all)
    func `no bytes bring it down`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<300 {
            var bytes = Array(Self.lines.utf8)
            for _ in 0...random.int(0..<8) {
                let place = random.int(0..<bytes.count)
                switch random.int(0..<3) {
                case 0: bytes[place] = UInt8(random.int(0..<256))
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                default: bytes.insert(contentsOf: bytes[place...].prefix(30), at: place)
                }
            }
            guard let reply = try? Self.reply([bytes]) else { continue }
            // Whatever is left has an end and calls with names.
            if reply.end == nil || reply.calls.contains(where: \.name.isEmpty) {
                Issue.record("seed \(seed), run \(run): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test func `it is measured how fast answers are read`() {
        #expect(OllamaReadingSpeed.measure(megabytes: 1) > 0)
    }
}
