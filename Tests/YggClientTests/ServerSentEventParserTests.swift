import Testing
import YggCore
import YggProtocol

struct ServerSentEventParserTests {
    private static let text =
        "\u{FEFF}retry: 2000\n\n: comment\nid: 1\nevent: output\ndata: {\"text\":\"grüße 🌳\"}\n\n"
        + "id:2\r\ndata:one\r\ndata: two\r\n\r\nevent: gap\rdata: {}\r\rid: 3\n\ndata\n\nevent: lost\ndata: unfinished\n"

    private static let expected = [
        ReceivedEvent(id: "1", name: "output", data: "{\"text\":\"grüße 🌳\"}"),
        ReceivedEvent(id: "2", name: "message", data: "one\ntwo"),
        ReceivedEvent(id: "2", name: "gap", data: "{}"),
        ReceivedEvent(id: "3", name: "message", data: ""),
    ]

    @Test
    func `a stream is read whole`() {
        var parser = ServerSentEventParser()
        #expect(parser.feed(Array(Self.text.utf8)) == Self.expected)
    }

    @Test
    func `a stream may be cut anywhere`() {
        let bytes = Array(Self.text.utf8)
        let seed = UInt64.random(in: 1...UInt64.max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            var parser = ServerSentEventParser()
            var events: [ReceivedEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(9, rest.count), using: &random)
                events += parser.feed(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(events == Self.expected, "seed \(seed)")
        }
    }
}
