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

    private let key: LeaseKey
    private var n: Int64 = 0
    private var omittedEvents: Int64 = 0
    private var omittedBytes: Int64 = 0

    init(key: LeaseKey) { self.key = key }

    /// The lines that `draft` becomes: none where it is left out, two where a gap ends before it.
    mutating func lines(for draft: EventDraft, isFull: (Int) -> Bool) -> [Line] {
        let line = encoded(.event(draft), isFinal: false)
        if draft.type == .output || draft.type == .progress, isFull(line.bytes.count) {
            omittedEvents += 1
            omittedBytes += Int64(line.bytes.count)
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
    mutating func lines(for report: FinalReport, at time: Timestamp) -> [Line] {
        var lines: [Line] = []
        if let gap = takeGap(at: time) {
            n += 1
            lines.append(gap)
        }
        lines.append(take(.final(report), isFinal: true))
        return lines
    }

    private mutating func takeGap(at time: Timestamp) -> Line? {
        guard omittedEvents > 0 else { return nil }
        defer {
            omittedEvents = 0
            omittedBytes = 0
        }
        return encoded(
            .event(
                EventDraft(
                    at: time,
                    type: .gap,
                    data: [
                        "events": .int(omittedEvents), "bytes": .int(omittedBytes),
                        "reason": "The executor's spool was full.",
                    ]
                )
            ),
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
