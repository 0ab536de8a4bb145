import Glibc
import Testing
import YggAgent
import YggCore

/// Whatever a model says: no crash, no call that was not there, and time that grows with the text.
@Suite(.timeLimit(.minutes(2)))
struct ReplyReaderProperties {
    private static func read(_ text: String, heard: [String] = []) -> ReadReply {
        var ids = CallIDs(SeededRandom(seed: 1))
        return ReplyReader(tools: Sample.tools, heard: heard).read(ModelReply(text: text), ids: &ids)
    }

    private static func ready(_ read: ReadReply) -> [ToolCall] {
        read.calls.compactMap { if case .ready(let call) = $0 { call } else { nil } }
    }

    /// Damage that a network, a sampler or a confused model does.
    private static func damaged(_ text: String, _ random: inout SeededRandom) -> String {
        var bytes = Array(text.utf8)
        for _ in 0...random.int(0..<5) where !bytes.isEmpty {
            let place = random.int(0..<bytes.count)
            switch random.int(0..<6) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(random.pick(Array("{}[]<>\"\\`:, \n/=|a".utf8)), at: place)
            case 3: bytes[place] = UInt8(random.int(0..<256))
            case 4: bytes.insert(contentsOf: bytes[place...].prefix(random.int(1..<40)), at: place)
            default: bytes += Array(random.pick(ReadSamples.all).text.utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text without all that spelling and escaping change.
    private static func bones(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }

    @Test(arguments: Seeds.all)
    func `a call consists of what was said`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<1_500 {
            let text = Self.damaged(random.pick(ReadSamples.all).text, &random)
            let said = Self.bones(text)
            for call in Self.ready(Self.read(text)) {
                let strings = call.arguments.members.compactMap(\.value.stringValue)
                // Escapes are letters in the text and none in the value.
                let isSaid = strings.allSatisfy { value in
                    value.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).allSatisfy {
                        said.contains(Self.bones(String($0)))
                    }
                }
                if !said.contains(Self.bones(call.name)) || !isSaid {
                    Issue.record("seed \(seed), run \(run): \(call) out of \(text)")
                }
            }
        }
    }

    @Test(arguments: Seeds.all)
    func `what is cut off never becomes a shorter call`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<600 {
            let text = random.pick(ReadSamples.all).text
            let whole = Self.ready(Self.read(text))
            let cut = String(decoding: text.utf8.prefix(random.int(0..<text.utf8.count + 1)), as: UTF8.self)
            for call in Self.ready(Self.read(cut)) {
                // Cutting may take later calls away, or the end of the prose that made it none; never a part of a call.
                let isPart = whole.contains { $0.name == call.name && $0.arguments == call.arguments }
                let isWholeInText = whole.isEmpty && text.contains(call.name)
                if !isPart && !isWholeInText { Issue.record("seed \(seed), run \(run): \(call) out of \(cut)") }
            }
        }
    }

    @Test(arguments: Seeds.all)
    func `prose that quotes calls in code is prose`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let words = [
            "The", "file", "read_file", "run_command", "says", "<tool_call>", "is", "a", "{", "}", "[1]", "call:",
        ]
        for run in 0..<400 {
            func sentence(_ random: inout SeededRandom) -> String {
                (0...random.int(1..<12)).map { _ in random.pick(words) }.joined(separator: " ")
            }
            let quoted = random.pick(ReadSamples.marked).text
            guard !quoted.contains("```") else { continue }
            let fence = random.pick(["````", "~~~"])
            let text = """
                It: \(sentence(&random))
                \(fence)\(random.pick(["markdown", "", "html"]))
                \(sentence(&random))
                \(quoted)
                \(fence)
                And \(sentence(&random)).
                """
            let calls = Self.ready(Self.read(text))
            if !calls.isEmpty { Issue.record("seed \(seed), run \(run): \(calls) out of \(text)") }
        }
    }

    @Test(arguments: Seeds.all)
    func `no garbage brings it down or makes a call`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let parts = [
            "<tool_call>", "</tool_call>", "<tools>", "[TOOL_CALLS]", "<function=", "<parameter=", "</parameter>", ">",
            "{",
            "}", "[", "]", "\"", "\\", ":", ",", "```", "\n", "json", "name", "arguments", "\"name\"", " ", "🌳",
            "<think>",
            "</think>", "<|python_tag|>", "\u{0}", "read_fil",
        ]
        for run in 0..<2_000 {
            let text = (0..<random.int(0..<40)).map { _ in random.pick(parts) }.joined()
            let calls = Self.ready(Self.read(text, heard: [text]))
            if !calls.isEmpty { Issue.record("seed \(seed), run \(run): \(calls) out of \(text)") }
        }
    }

    /// Texts that make a careless reader begin again and again.
    static let hostile = [
        "{", "[", "}", "\"", "\\", "<", "```\n", "```json\n", "{\n", "[\n", "<tool_call>", "<tool_call>{",
        "<tool_call>{\"a\":\"",
        "<tool_call>{\"a\":", "<tools>x", "<tools>x\n", "<function=a>", "<function=a><parameter=b>", "<think>",
        "</think>", "`",
        "~~~\n",
        "{\"name\":\"read_file\",\"arguments\":{\"path\":\"", "[TOOL_CALLS]", "[TOOL_CALLS][", "{\"a\":[", " ", "\n",
        "<|python_tag|>{",
        "{\"name\": \"git_status\", \"arguments\": {}}\n", "<tool_call>{\"name\": \"git_status\"}</tool_call>\n",
        "<parameter=a>x</parameter>",
    ]

    @Test(arguments: hostile)
    func `time grows with the text and not with its square`(part: String) {
        // Of this thread alone: others run beside it.
        func now() -> Duration {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        func time(_ bytes: Int) -> Duration {
            let text = String(repeating: part, count: bytes / part.utf8.count)
            let began = now()
            _ = Self.read(text)
            return now() - began
        }
        _ = time(1 << 10)
        // Sixteen times the text: a square would be 256 times the time. The rest is for a busy machine.
        let (short, long) = (max(time(1 << 13), .milliseconds(1)), time(1 << 17))
        #expect(long < short * 100 || long < .seconds(2))
    }
}
