import Testing
import YggCore
import YggProtocol

struct ServerSentEventTests {
    @Test(arguments: Array(1...7) + [UInt64.random(in: 1_000...UInt64.max)])
    func `a stream that is cut anywhere reads like the whole`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let words = [
            "id: 1", "id:", "id: \0", "event: output", "event", "data: grüße 🌳", "data:", "data: a:b", ": comment",
            "retry: 5",
            "data:  two", "\u{FEFF}data: x", "unknown: y", "",
        ]
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<random.int(0..<30) {
                bytes += Array(words[random.int(0..<words.count)].utf8)
                bytes += Array(["\n", "\r", "\r\n", "\n\n"][random.int(0..<4)].utf8)
            }
            var whole = ServerSentEventParser()
            let expected = whole.feed(bytes)
            var cut = ServerSentEventParser()
            var events: [ReceivedEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = min(rest.count, 1 + random.int(0..<7))
                events += cut.feed(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if events != expected { Issue.record("seed \(seed): \(text.debugDescription)") }
        }
    }

    @Test
    func `every event arrives as it was framed`() throws {
        let events = EventType.allCases.enumerated().map { index, type in
            Event(
                seq: Int64(index + 1),
                at: Timestamp(milliseconds: 1_772_366_400_000),
                type: type,
                data: ["text": "one\ntwo\r\n\u{2028}🌳", "n": .int(.max)]
            )
        }
        let frames = events.flatMap { ServerSentEvents.frame(of: $0) + ServerSentEvents.keepAlive }
        var parser = ServerSentEventParser()
        let received = parser.feed(ServerSentEvents.preamble + frames)
        #expect(received.map(\.id) == events.map { String($0.seq) })
        #expect(received.map(\.name) == events.map(\.type.rawValue))
        for (received, event) in zip(received, events) {
            var reader = try ObjectReader(JSON(parsing: received.data))
            #expect(try Event(reading: &reader) == event)
        }
    }
}
