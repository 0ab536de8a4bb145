import YggCore
import YggProcess

/// What the commands of one attempt say: to the task's log as it comes, to its result in short.
///
/// Bytes are gathered into chunks worth an event each and bounded; the beginning and the end are kept for
/// `result.output`. Chunks are handed on one at a time and in order. ``append(_:_:)`` returns only when what it made
/// ready is handed on, so a command waits for a log that is slow.
actor Transcript {
    /// With the line about what is missing, what is kept stays below 64 KiB.
    private static let keptHead = 16 << 10
    private static let keptTail = 47 << 10
    /// How much of a long text is taken at once: as much as a command writes, so that nothing has to hold all of it.
    private static let pieceOfText = 32 << 10

    private let emit: @Sendable (EventType, JSONObject) async -> Void
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var coalescer = OutputCoalescer()
    private var cap = TranscriptCap()
    private var kept = HeadTailBuffer(head: keptHead, tail: keptTail)
    private var lastLines: [OutputStream: String] = [:]
    /// Says that there may be a deadline where there was none.
    private let armed: AsyncStream<Void>
    private let arm: AsyncStream<Void>.Continuation
    private var isHandingOn = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(emit: @escaping @Sendable (EventType, JSONObject) async -> Void) {
        self.emit = emit
        started = clock.now
        (armed, arm) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes output of a command.
    func append(_ stream: OutputStream, _ bytes: ArraySlice<UInt8>) async {
        await inTurn { $0.coalescer.append(stream, bytes, now: $0.now) }
        if coalescer.deadline != nil { arm.yield() }
    }

    /// Takes text of our own: what a handler has to say in the place of a command. It becomes chunks as a command's
    /// output does, because an entry as long as a whole listing could be more than a spool or a request takes.
    func say(_ text: String) async {
        await endCommand()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.pieceOfText)
            rest = rest.dropFirst(piece.count)
            await append(.stdout, piece)
        }
        await endCommand()
    }

    /// Hands on whatever a command left without an end of line: it has ended.
    func endCommand() async {
        await inTurn { $0.coalescer.finish() }
    }

    /// Hands on the rest. Nothing may be appended afterwards.
    func finish() async {
        await inTurn { $0.coalescer.finish() }
        await takeTurn()
        for chunk in cap.finish() { await emit(.output, chunk.json) }
        endTurn()
        arm.finish()
    }

    /// Hands on what has waited long enough, for as long as the attempt lasts: a command may fall silent in the middle
    /// of a line. Returns when it is cancelled or the transcript is finished.
    func flushWhenDue() async {
        for await _ in armed {
            while let due = coalescer.deadline {
                do { try await clock.sleep(until: started + due) } catch { return }
                await inTurn { $0.coalescer.flush(now: $0.now) }
            }
        }
    }

    /// Beginning and end of all that was said; nil where nothing was.
    var output: String? { kept.total == 0 ? nil : kept.text }

    /// The last line that is not blank, cut to a length that fits into a sentence: of the errors where there are some.
    var lastWords: String? { (lastLines[.stderr] ?? lastLines[.stdout]).map { String($0.prefix(300)) } }

    private var now: Duration { started.duration(to: clock.now) }

    /// One at a time, in the order of arrival: an actor alone would let chunks overtake each other while it waits.
    private func inTurn(_ ready: (isolated Transcript) -> [OutputChunk]) async {
        await takeTurn()
        for chunk in ready(self) {
            kept.append(Array(chunk.text.utf8)[...])
            remember(chunk)
            if let admitted = cap.admit(chunk) { await emit(.output, admitted.json) }
        }
        endTurn()
    }

    private func remember(_ chunk: OutputChunk) {
        for line in chunk.text.suffix(4096).split(whereSeparator: \.isNewline).reversed() {
            let words = line.trimmed
            guard !words.isEmpty else { continue }
            lastLines[chunk.stream] = words
            return
        }
    }

    private func takeTurn() async {
        if isHandingOn {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isHandingOn = true
        }
    }

    private func endTurn() {
        if waiting.isEmpty { isHandingOn = false } else { waiting.removeFirst().resume() }
    }
}

extension OutputChunk {
    fileprivate var json: JSONObject { ["stream": .string(stream.rawValue), "text": .string(text)] }
}
