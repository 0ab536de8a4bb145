import Synchronization
import YggCore
import YggProtocol

/// What one run of a session says, for whoever listens, at their own pace. It keeps the latest of it, so a listener that
/// is slow, or none at all, costs a bounded amount of memory and never holds up the work.
final class AgentFeed: Sendable {
    private struct State {
        /// Those that are kept, as they are sent.
        var frames: [[UInt8]] = []
        /// The number of the first of them, from 1.
        var first: Int64 = 1
        var bytes = 0
        var isOver = false
        var listeners: [Int64: AsyncStream<Void>.Continuation] = [:]
        var listenerCount: Int64 = 0

        var next: Int64 { first + Int64(frames.count) }
    }

    private static let keptBytes = 1 << 20
    private let state = Mutex(State())

    func say(_ name: String, _ data: JSONObject) { add(name, data, isLast: false) }

    /// Says the last word, which is always kept.
    func end(_ data: JSONObject) { add("end", data, isLast: true) }

    private func add(_ name: String, _ data: JSONObject, isLast: Bool) {
        let listeners = state.withLock { state in
            let frame = ServerSentEvents.frame(id: state.next, name: name, data: data)
            state.frames.append(frame)
            state.bytes += frame.count
            let surplus = Self.surplus(state.frames, state.bytes)
            state.bytes -= state.frames.prefix(surplus).reduce(0) { $0 + $1.count }
            state.frames.removeFirst(surplus)
            state.first += Int64(surplus)
            state.isOver = isLast
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.yield()
            if isLast { listener.finish() }
        }
    }

    /// How many of the oldest go so that the rest has room: half of them at once, and never the last.
    private static func surplus(_ frames: [[UInt8]], _ bytes: Int) -> Int {
        guard bytes > keptBytes else { return 0 }
        var (count, rest) = (0, bytes)
        while rest > keptBytes / 2, count < frames.count - 1 {
            rest -= frames[count].count
            count += 1
        }
        return count
    }

    /// The number of the next that is said: whoever reads from here hears only what is new.
    var now: Int64 { state.withLock { $0.next } }

    /// Says that there may be something new, until the last word was said.
    func signals() -> AsyncStream<Void> {
        let (stream, feed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (isOver, number) = state.withLock { state in
            state.listenerCount += 1
            if !state.isOver { state.listeners[state.listenerCount] = feed }
            return (state.isOver, state.listenerCount)
        }
        if isOver { feed.finish() }
        feed.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// What was said from `number` on; a gap stands for what is not kept any more.
    /// - Returns: with the number to go on from, and whether there is nothing after it.
    func read(from number: Int64) -> (frames: [UInt8], next: Int64, isEnd: Bool) {
        state.withLock { state in
            var out: [UInt8] = []
            if number < state.first {
                out += ServerSentEvents.frame(
                    id: nil,
                    name: EventType.gap.rawValue,
                    data: ["from": .int(number), "to": .int(state.first - 1)]
                )
            }
            for frame in state.frames.dropFirst(max(0, Int(number - state.first))) { out += frame }
            return (out, state.next, state.isOver)
        }
    }
}

/// One listener's place in a feed.
actor AgentListener {
    private let feed: AgentFeed
    private var next: Int64

    init(_ feed: AgentFeed, from next: Int64) {
        self.feed = feed
        self.next = next
    }

    func read() -> (frames: [UInt8], isEnd: Bool) {
        let (frames, following, isEnd) = feed.read(from: next)
        next = following
        return (frames, isEnd)
    }
}
