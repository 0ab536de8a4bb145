import YggCore

/// Reads what a model answered: the one place that knows how small models write their calls.
///
/// A call is run, so the rule is: better none than one that was not there. A call that the server handed over as such
/// is one. So is one in a mark that models are trained on, at the beginning of a line or at the end of the answer, and
/// outside of code. JSON without a mark is one only if it is the whole answer, or ends it and is to the letter a call of
/// a tool that was offered. What stands word for word in something the model was given to read is none: a repository's
/// README may hold calls, and a model that quotes it has not decided anything. Nothing that is cut off is completed.
package struct ReplyReader: Sendable {
    /// A quotation is recognised from this length on; shorter calls are alike by chance.
    private static let shortestQuotation = 24

    package var tools: [ToolSpec]
    /// What the model was given to read lately and did not say itself: results of tools, above all.
    package var heard: [String]

    package init(tools: [ToolSpec], heard: [String] = []) {
        self.tools = tools
        self.heard = heard
    }

    /// - Parameter ids: for the calls that came as text.
    package func read(_ reply: ModelReply, ids: inout CallIDs) -> ReadReply {
        var (words, thinking) = Self.apart(reply.text)
        if !reply.thinking.isEmpty { thinking = reply.thinking + thinking }
        let text = ReplyText(words)
        var read = ReadReply(text: text.trimmed(0..<text.end), thinking: thinking, content: .prose)
        if reply.end == .length, !tools.isEmpty || read.text.isEmpty {
            read.content = .unreadable(.cutOff)
        } else if !reply.calls.isEmpty {
            read.content = .calls(reply.calls.map { fitted($0) })
        } else if read.text.isEmpty {
            read.content = .unreadable(silence(reply, thinking: thinking))
        } else if !tools.isEmpty {
            let (content, ranges) = content(of: text, &ids)
            read.content = content
            if case .calls = content { read.text = text.without(ranges) }
        }
        return read
    }

    private func silence(_ reply: ModelReply, thinking: String) -> Unreadable {
        if !thinking.isEmpty { return .onlyThought }
        return (reply.usage.outputTokens ?? 0) > 0 && !tools.isEmpty ? .swallowed : .empty
    }

    /// Thoughts that a model wrote into its answer, apart from the rest. They come first, or they are none.
    private static func apart(_ text: String) -> (words: String, thinking: String) {
        guard text.utf8.contains(UInt8(ascii: "<")) else { return (text, "") }
        let reply = ReplyText(text)
        let start = reply.skippingSpace(from: 0)
        let isOpened = reply.starts(with: "<think>", at: start)
        let inside = isOpened ? start + "<think>".utf8.count : start
        guard let end = reply.first("</think>", from: inside) else {
            return isOpened ? ("", reply[inside..<reply.end]) : (text, "")
        }
        // Some prompts open the thought themselves. Calls and code may contain the word, so they are left alone.
        if !isOpened, end > start, "{[<".utf8.contains(reply.bytes[start]) || !reply.isProse(start..<end) {
            return (text, "")
        }
        return (reply[end + "</think>".utf8.count..<reply.end], reply.trimmed(inside..<end))
    }

    // MARK: - Calls in words

    private func content(of text: ReplyText, _ ids: inout CallIDs) -> (ReadReply.Content, [Range<Int>]) {
        var scanner = CallScanner(text)
        let pieces = scanner.pieces()
        let marked = pieces.filter {
            $0.kind == .marked && ($0.startsLine || text.isBlank($0.range.upperBound..<text.end))
        }
        let trailing = marked.isEmpty ? trailing(pieces.filter { $0.kind == .plain }, of: text) : []
        let chosen = marked.isEmpty ? trailing : marked
        guard let first = chosen.first else {
            return (isAnyMeant(pieces) ? .unreadable(.amongProse) : .prose, [])
        }
        if chosen.contains(where: { isQuoted(text, $0.core) }) { return (.unreadable(.quoted), []) }
        var shapes: [CallShape] = []
        for piece in chosen {
            switch piece.content {
            case .calls(let found): shapes += found
            case .broken(let reason): return (.unreadable(.brokenCall(reason)), [])
            case .unfinished: return (.unreadable(.unfinishedCall), [])
            }
        }
        if marked.isEmpty {
            let isWhole = text.isBlank(0..<first.range.lowerBound)
            guard shapes.allSatisfy({ isWhole ? isCall($0) : isCallToTheLetter($0) }) else {
                return (!isWhole && isAnyMeant(chosen) ? .unreadable(.amongProse) : .prose, [])
            }
        }
        let calls = shapes.map { shape in
            let object = shape.arguments.objectValue ?? JSONObject()
            return fitted(ToolCall(id: ids.next(), name: shape.name, arguments: object), shape)
        }
        return (.calls(calls), chosen.map(\.range))
    }

    /// The pieces that end the answer: nothing but space stands between them and behind.
    private func trailing(_ pieces: [CallScanner.Piece], of text: ReplyText) -> [CallScanner.Piece] {
        var trailing: [CallScanner.Piece] = []
        var end = text.end
        for piece in pieces.reversed() {
            guard text.isBlank(piece.range.upperBound..<end) else { break }
            trailing.insert(piece, at: 0)
            end = piece.range.lowerBound
        }
        return trailing
    }

    /// JSON that is the whole answer.
    private func isCall(_ shape: CallShape) -> Bool {
        switch CallFit(tools: tools).fit(shape) {
        case .ready(_, _, let unknown): shape.isStrict || unknown.isEmpty
        case .unknownTool: shape.isStrict
        case .wrongArguments: true
        }
    }

    /// JSON at the end of prose.
    private func isCallToTheLetter(_ shape: CallShape) -> Bool {
        guard shape.isStrict, case .ready(_, _, let unknown) = CallFit(tools: tools).fit(shape) else { return false }
        return unknown.isEmpty
    }

    /// Whether any of these names a tool: then a call may have been meant.
    private func isAnyMeant(_ pieces: [CallScanner.Piece]) -> Bool {
        pieces.contains { piece in
            guard case .calls(let shapes) = piece.content else { return false }
            return shapes.contains { $0.isStrict && CallFit(tools: tools).tool(named: $0.name) != nil }
        }
    }

    private func isQuoted(_ text: ReplyText, _ range: Range<Int>) -> Bool {
        let core = text.trimmed(range)
        guard core.utf8.count >= Self.shortestQuotation else { return false }
        let wanted = Array(core.utf8)
        // Byte by byte: results of tools are long, and characters are slow to find.
        return heard.contains { Array($0.utf8).firstRange(of: wanted) != nil }
    }

    private func fitted(_ call: ToolCall, _ shape: CallShape? = nil) -> ReadCall {
        let shape = shape ?? CallShape(name: call.name, arguments: .object(call.arguments), isStrict: true)
        switch CallFit(tools: tools).fit(shape) {
        case .ready(let name, let arguments, _):
            return .ready(ToolCall(id: call.id, name: name, arguments: arguments))
        case .unknownTool(let correction):
            var call = call
            call.name = String(call.name.prefix(80))
            return .refused(call, correction: correction)
        case .wrongArguments(let name, let correction):
            return .refused(ToolCall(id: call.id, name: name, arguments: call.arguments), correction: correction)
        }
    }
}

extension ReplyText {
    /// Whether no code fence stands in a range that ends at the beginning of a line.
    fileprivate func isProse(_ range: Range<Int>) -> Bool {
        guard range.isEmpty || bytes[range.upperBound - 1] == 0x0A else { return false }
        return first("```", from: range.lowerBound, to: range.upperBound) == nil
            && first("~~~", from: range.lowerBound, to: range.upperBound) == nil
    }

    func trimmed(_ range: Range<Int>) -> String {
        var (start, end) = (skippingSpace(from: range.lowerBound, to: range.upperBound), range.upperBound)
        while end > start, isSpace(at: end - 1) { end -= 1 }
        if start > end { start = end }
        return self[start..<end]
    }

    /// What is left beside these ranges, which are in order.
    func without(_ ranges: [Range<Int>]) -> String {
        var parts: [String] = []
        var start = 0
        for range in ranges {
            parts.append(trimmed(start..<max(start, range.lowerBound)))
            start = range.upperBound
        }
        parts.append(trimmed(start..<end))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
