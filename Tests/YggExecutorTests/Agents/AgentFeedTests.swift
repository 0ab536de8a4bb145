import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

struct AgentFeedTests {
    private func events(_ feed: AgentFeed, from number: Int64 = 1) -> [ReceivedEvent] {
        var parser = ServerSentEventParser()
        return parser.feed(feed.read(from: number).frames)
    }

    @Test func `everybody hears everything in order, from where they begin`() async {
        let feed = AgentFeed()
        feed.say("message", ["text": "one"])
        let middle = feed.now
        feed.say("progress", ["text": "two"])
        feed.end(["outcome": "succeeded"])
        #expect(events(feed).map(\.name) == ["message", "progress", "end"])
        #expect(events(feed, from: middle).map(\.name) == ["progress", "end"])
        #expect(feed.read(from: middle).isEnd)
        let listener = AgentListener(feed, from: 1)
        #expect(await !listener.read().frames.isEmpty)
        #expect(await listener.read().frames.isEmpty)
    }

    @Test func `a listener is told of news until the end, also one that comes after it`() async {
        let feed = AgentFeed()
        let signals = feed.signals()
        feed.say("message", ["text": "one"])
        feed.end([:])
        var count = 0
        for await _ in signals { count += 1 }
        #expect(count == 1)
        for await _ in feed.signals() { Issue.record("nothing is new after the end") }
    }

    @Test func `what is not kept any more is a gap, and the end always is`() {
        let feed = AgentFeed()
        let text = String(repeating: "x", count: 10_000)
        for _ in 0..<500 { feed.say("message", ["text": .string(text)]) }
        feed.end(["outcome": "succeeded", "diff": .string(String(repeating: "y", count: 3 << 20))])
        let heard = events(feed)
        #expect(heard.first?.name == "gap" && heard.last?.name == "end")
        #expect(heard.first?.data.hasPrefix("{\"from\":1,\"to\":") == true)
    }
}
