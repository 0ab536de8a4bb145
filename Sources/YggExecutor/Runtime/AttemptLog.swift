import YggCore
import YggProtocol

/// Numbers what one attempt says and encodes it once, as it is spooled and sent. Output that finds no room becomes one
/// gap that says how much is missing.
struct AttemptLog: Sendable {
    /// An encoded entry.
    struct Line: Sendable {
        var n: Int64
        var isFinal: Bool
        var bytes: [UInt8]
    }

    /// A request may be this long twice over. Output and handlers' results are bounded to far less; what is longer all
    /// the same would be refused for ever.
    static let maxLineBytes = 512 << 10

    private let key: LeaseKey
    private var n: Int64 = 0
    private var omittedEvents: Int64 = 0
    private var omittedBytes = 0

    init(key: LeaseKey) { self.key = key }

    /// The lines that `draft` becomes: none where it is left out, two where a gap ends before it.
    mutating func lines(for draft: EventDraft, isFull: (Int) -> Bool) -> [Line] {
        let line = encoded(.event(draft), isFinal: false)
        if line.bytes.count > Self.maxLineBytes {
            let gap = Self.gap(events: 1, bytes: line.bytes.count, reason: "The entry was too long.", at: draft.at)
            return lines(for: gap, isFull: isFull)
        }
        if draft.type == .output || draft.type == .progress, isFull(line.bytes.count) {
            omittedEvents += 1
            omittedBytes += line.bytes.count
            return []
        }
        guard let gap = takeGap(at: draft.at) else {
            n = line.n
            return [line]
        }
        n += 1
        return [gap, take(.event(draft), isFinal: false)]
    }

    /// The lines that end the attempt.
    mutating func lines(endingWith word: ReportEntry.Body, at time: Timestamp) -> [Line] {
        var lines: [Line] = []
        if let gap = takeGap(at: time) {
            n += 1
            lines.append(gap)
        }
        let whole = encoded(word, isFinal: true)
        let isTooLong = whole.bytes.count > Self.maxLineBytes
        lines.append(isTooLong ? encoded(word.shortened(to: Self.maxLineBytes / 2), isFinal: true) : whole)
        n += 1
        return lines
    }

    /// What is said in the place of an entry that the coordinator rejects, under the same number.
    static func substitute(for entry: Outbox.Entry, at time: Timestamp) -> Line {
        let reason = "The coordinator rejected what was said here, in \(entry.size) bytes, as malformed or too long."
        let error = TaskError(code: "report-rejected", detail: reason, retryable: false)
        let body: ReportEntry.Body =
            entry.isFinal
            ? .final(FinalReport(ending: .finished(.failed), error: error))
            : .event(gap(events: 1, bytes: entry.size, reason: reason, at: time))
        let bytes = ReportEntry(key: entry.key, n: entry.n, body: body).json.bytes
        return Line(n: entry.n, isFinal: entry.isFinal, bytes: bytes)
    }

    private static func gap(events: Int64, bytes: Int, reason: String, at time: Timestamp) -> EventDraft {
        EventDraft(
            at: time,
            type: .gap,
            data: ["events": .int(events), "bytes": .int(Int64(bytes)), "reason": .string(reason)]
        )
    }

    private mutating func takeGap(at time: Timestamp) -> Line? {
        guard omittedEvents > 0 else { return nil }
        defer {
            omittedEvents = 0
            omittedBytes = 0
        }
        let reason = "The executor's spool was full."
        return encoded(
            .event(Self.gap(events: omittedEvents, bytes: omittedBytes, reason: reason, at: time)),
            isFinal: false
        )
    }

    private mutating func take(_ body: ReportEntry.Body, isFinal: Bool) -> Line {
        let line = encoded(body, isFinal: isFinal)
        n = line.n
        return line
    }

    private func encoded(_ body: ReportEntry.Body, isFinal: Bool) -> Line {
        Line(n: n + 1, isFinal: isFinal, bytes: ReportEntry(key: key, n: n + 1, body: body).json.bytes)
    }
}
