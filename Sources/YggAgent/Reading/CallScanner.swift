import YggCore

/// Finds what looks like a call in the words of an answer, and where.
///
/// It goes through the text once, line by line. What it tries to read is bounded in number, so no text costs more than
/// a few passes over it.
struct CallScanner {
    /// A stretch of the text that looks like calls.
    struct Piece {
        enum Kind {
            /// In one of the forms that models were trained on, such as `<tool_call>`.
            case marked
            /// JSON in a code fence, or as lines of its own.
            case plain
        }

        enum Content {
            case calls([CallShape])
            case broken(String)
            case unfinished
        }

        var kind: Kind
        var content: Content
        /// All of it, with marks and fences.
        var range: Range<Int>
        /// What was written in them.
        var core: Range<Int>
        /// Nothing but space, or pieces that began the line, stands before it.
        var startsLine: Bool
    }

    /// More calls than any answer has.
    static let maxAttempts = 32
    /// What a model writes once it has begun to invent what its tools answer: nothing after that is meant.
    private static let inventions = ["<tool_response>", "<tool_result", "<function_results>", "<observation>"]

    let text: ReplyText
    var attempts = 0

    init(_ text: ReplyText) { self.text = text }

    mutating func pieces() -> [Piece] {
        var pieces: [Piece] = []
        var index = 0
        // The end of the line in whose middle the last piece began: what follows on it has words before it.
        var wordsUntil = 0
        while index < text.end, attempts < Self.maxAttempts {
            let lineEnd = text.lineEnd(from: index)
            let start = text.skippingSpace(from: index, to: lineEnd)
            if start == lineEnd {
                index = lineEnd + 1
                continue
            }
            if Self.inventions.contains(where: { text.starts(with: $0, at: start) }) { break }
            let startsLine = start >= wordsUntil
            if startsLine, let (piece, end) = fence(at: start) {
                if let piece { pieces.append(piece) }
                index = max(end, start + 1)
            } else if startsLine, let (piece, end) = bare(at: start) {
                if let piece { pieces.append(piece) }
                index = end
            } else if let piece = marked(from: start, to: lineEnd, atLineStart: startsLine) {
                pieces.append(piece)
                index = max(piece.range.upperBound, start + 1)
                if !piece.startsLine { wordsUntil = text.lineEnd(from: index) }
            } else {
                index = lineEnd + 1
            }
        }
        return pieces
    }

    // MARK: - JSON without a mark

    private mutating func bare(at start: Int) -> (piece: Piece?, end: Int)? {
        guard text.opensJSON(at: start), !text.starts(with: "[TOOL_CALLS]", at: start) else { return nil }
        let (content, end) = values(from: start, to: text.end, isTagged: false)
        guard end > start else { return nil }
        let piece = content.map {
            Piece(kind: .plain, content: $0, range: start..<end, core: start..<end, startsLine: true)
        }
        return (piece, end)
    }

    /// The fence that opens here, with what in it looks like a call, and where it ends.
    private mutating func fence(at start: Int) -> (piece: Piece?, end: Int)? {
        let mark = text.bytes[start]
        guard mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
        let width = text.bytes[start...].prefix { $0 == mark }.count
        guard width >= 3 else { return nil }
        let lineEnd = text.lineEnd(from: start)
        let info = text[start + width..<lineEnd].lowercased().filter { !$0.isWhitespace }
        guard !info.contains("`") else { return nil }
        let inside = text.skippingSpace(from: lineEnd)
        let holdsData = ["", "json", "jsonc", "json5", "tool_call", "tool_calls", "tool", "xml", "text"].contains(info)
        if holdsData, inside < text.end {
            var piece: Piece?
            if text.opensJSON(at: inside) {
                // Read before the end of the fence is looked for: strings may contain fences, and the closing one often
                // stands right behind the last bracket.
                let (content, end) = values(from: inside, to: text.end, isTagged: false)
                piece = content.map {
                    Piece(kind: .plain, content: $0, range: start..<end, core: inside..<end, startsLine: true)
                }
            } else if let found = marked(from: inside, to: text.lineEnd(from: inside), atLineStart: true),
                found.startsLine
            {
                piece = found
            }
            if let end = piece.map({ text.skippingSpace(from: $0.range.upperBound) }) {
                let closing = text.bytes[min(end, text.end)...].prefix { $0 == mark }.count
                if closing >= width || end >= text.end {
                    piece?.kind = .plain
                    piece?.range = start..<min(end + closing, text.end)
                    return (piece, min(end + closing, text.end))
                }
            }
        }
        return (nil, endOfFence(mark, width, from: lineEnd))
    }

    private func endOfFence(_ mark: UInt8, _ width: Int, from lineEnd: Int) -> Int {
        var index = lineEnd + 1
        while index < text.end {
            let end = text.lineEnd(from: index)
            let start = text.skippingSpace(from: index, to: end)
            let closing = text.bytes[start..<end].prefix { $0 == mark }.count
            if closing >= width, text.isBlank(start + closing..<end) { return end }
            index = end + 1
        }
        return text.end
    }

    /// JSON values one after another, and where they end.
    /// - Returns: no content where it is JSON of another kind, which ends at `end`, or nothing that can be read as JSON or
    ///   call, which has no end.
    mutating func values(from start: Int, to limit: Int, isTagged: Bool) -> (content: Piece.Content?, end: Int) {
        var calls: [CallShape] = []
        var index = start
        while attempts < Self.maxAttempts {
            attempts += 1
            let isLikely = isTagged || looksLikeCall(at: index)
            switch LooseJSON.read(text.bytes, from: index, to: limit, mayBeClosedByTag: isTagged) {
            case .value(let json, let end):
                guard let found = CallShape.calls(in: json) else {
                    return calls.isEmpty ? (nil, end) : (.calls(calls), index)
                }
                calls += found
                index = end
            case .truncated: return isLikely ? (.unfinished, limit) : (nil, start)
            case .broken(let reason):
                return isLikely ? (.broken(reason), endOfBroken(from: index, isTagged)) : (nil, start)
            }
            var next = text.skippingSpace(from: index, to: limit)
            if next < limit, [UInt8(ascii: ","), UInt8(ascii: ";")].contains(text.bytes[next]) {
                next = text.skippingSpace(from: next + 1, to: limit)
            }
            guard next < limit, text.opensJSON(at: next) else { break }
            index = next
        }
        return (calls.isEmpty ? nil : .calls(calls), index)
    }

    private func endOfBroken(from start: Int, _ isTagged: Bool) -> Int {
        if isTagged, let tag = text.first("</", from: start) { return tag }
        // Without a mark nobody knows where it was to end, except that a paragraph ends everything.
        return isTagged ? text.end : text.first("\n\n", from: start) ?? text.end
    }

    /// Whether the beginning of something that is no JSON has the words of a call.
    private func looksLikeCall(at start: Int) -> Bool {
        let beginning = text[start..<min(start + 300, text.end)]
        return ["\"name\"", "\"tool\"", "\"function\"", "\"tool_name\""].contains { beginning.contains($0) }
            && ["\"arguments\"", "\"parameters\"", "\"args\"", "\"input\""].contains { beginning.contains($0) }
    }
}

extension ReplyText {
    func opensJSON(at index: Int) -> Bool {
        index < end && (bytes[index] == UInt8(ascii: "{") || bytes[index] == UInt8(ascii: "["))
    }
}
