import YggCore

/// Calls in the forms that models were trained on.
extension CallScanner {
    /// What opens a call.
    private static let marks = [
        "<tool_call>", "<tool_calls>", "<tools>", "<function_call>", "<function_calls>", "<|tool_call|>",
        "<|python_tag|>", "[TOOL_CALLS]",
    ]
    private static let functionMarks = ["<function=", "<invoke name="]
    /// What may stand behind one and belongs to it.
    private static let closers = [
        "</tool_call>", "</tool_calls>", "</tools>", "</function_call>", "</function_calls>", "</function>",
        "</invoke>",
        "<|/tool_call|>", "[/TOOL_CALLS]", "<|eom_id|>", "<|eot_id|>", "<|im_end|>",
    ]
    private static let longestName = 80
    private static let maxParameters = 64

    /// The first call with a mark on this line. A mark that opens nothing is a word like any other.
    /// - Parameter atLineStart: whether nothing but space, or pieces that began the line, stands before `start`.
    mutating func marked(from start: Int, to lineEnd: Int, atLineStart: Bool) -> Piece? {
        var index = start
        while index < lineEnd, attempts < Self.maxAttempts {
            let byte = text.bytes[index]
            guard byte == UInt8(ascii: "<") || byte == UInt8(ascii: "[") else {
                index += 1
                continue
            }
            let startsLine = atLineStart && index == start
            if let (content, core, end) = call(at: index, lineEnd, startsLine: startsLine),
                startsLine || content.isReadable
            {
                return Piece(kind: .marked, content: content, range: index..<end, core: core, startsLine: startsLine)
            }
            index += 1
        }
        return nil
    }

    private mutating func call(
        at index: Int,
        _ lineEnd: Int,
        startsLine: Bool
    ) -> (content: Piece.Content, core: Range<Int>, end: Int)? {
        if Self.functionMarks.contains(where: { text.starts(with: $0, at: index) }) {
            let (content, end) = functions(at: index)
            return (content, index..<end, closed(from: end))
        }
        guard let mark = Self.marks.first(where: { text.starts(with: $0, at: index) }) else { return nil }
        // A mark in the middle of a line is a word, unless its call begins right behind it: what stands on the next line
        // may be a fence, and whoever takes that for a part of the call takes what is quoted in it for meant.
        let afterMark = index + mark.utf8.count
        var inside = text.skippingSpace(from: afterMark, to: startsLine ? nil : lineEnd)
        let isFenced = startsLine && text.starts(with: "```", at: inside)
        if isFenced { inside = text.skippingSpace(from: text.lineEnd(from: inside)) }
        if text.opensJSON(at: inside), !text.starts(with: "[TOOL_CALLS]", at: inside) {
            let (content, end) = values(from: inside, to: text.end, isTagged: true)
            if isFenced, content?.isReadable != true { return nil }
            // JSON that is no call, or that nobody can read, stands in a place for calls only.
            return (content ?? .broken("it has no name and arguments"), inside..<end, closed(from: end, isFenced))
        }
        if Self.functionMarks.contains(where: { text.starts(with: $0, at: inside) }) {
            let (content, end) = functions(at: inside)
            return (content, inside..<end, closed(from: end, isFenced))
        }
        if let (content, end) = named(at: inside) { return (content, inside..<end, closed(from: end, isFenced)) }
        // Prose about marks has them too, but not at the beginning of a line with an end behind.
        guard startsLine else { return nil }
        if inside >= text.end { return (.unfinished, inside..<text.end, text.end) }
        attempts += 1
        guard mark.hasPrefix("<"), !mark.hasPrefix("<|"),
            let end = text.first("</" + mark.dropFirst(), from: inside)
        else { return nil }
        return (.broken("it holds no object"), inside..<end, closed(from: end))
    }

    /// - Parameter isFenced: whether a code fence was opened inside the mark.
    private func closed(from start: Int, _ isFenced: Bool = false) -> Int {
        let closers = isFenced ? Self.closers + ["```"] : Self.closers
        var end = start
        while true {
            let next = text.skippingSpace(from: end)
            guard let closer = closers.first(where: { text.starts(with: $0, at: next) }) else { return end }
            end = next + closer.utf8.count
        }
    }

    /// `name{…}`, `name[ARGS]{…}`, or the name on a line of its own before the object.
    private mutating func named(at start: Int) -> (content: Piece.Content, end: Int)? {
        let name = text.bytes[start...].prefix(Self.longestName).prefix {
            Character(Unicode.Scalar($0)).isASCIIWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
        guard !name.isEmpty else { return nil }
        var inside = name.endIndex
        if text.starts(with: "[ARGS]", at: inside) { inside += "[ARGS]".utf8.count }
        inside = text.skippingSpace(from: inside)
        guard inside < text.end, text.bytes[inside] == UInt8(ascii: "{") else { return nil }
        attempts += 1
        switch LooseJSON.read(text.bytes, from: inside, to: text.end, mayBeClosedByTag: true) {
        case .value(let arguments, let end):
            let name = String(decoding: name, as: UTF8.self)
            return (.calls([CallShape(name: name, arguments: arguments, isStrict: true)]), end)
        case .truncated: return (.unfinished, text.end)
        case .broken(let reason): return (.broken(reason), text.first("</", from: inside) ?? text.end)
        }
    }

    // MARK: - XML

    /// `<function=name><parameter=key>value</parameter></function>`, one after another, and the same with `invoke`.
    private mutating func functions(at start: Int) -> (content: Piece.Content, end: Int) {
        var calls: [CallShape] = []
        var index = start
        repeat {
            attempts += 1
            switch function(at: index) {
            case .success(let found):
                calls.append(found.call)
                index = found.end
            case .failure(let problem): return (problem.content, problem.end)
            }
            let next = text.skippingSpace(from: index)
            guard Self.functionMarks.contains(where: { text.starts(with: $0, at: next) }) else { break }
            index = next
        } while attempts < Self.maxAttempts
        return (.calls(calls), index)
    }

    private struct Problem: Error {
        var content: Piece.Content
        var end: Int
    }

    private func function(at start: Int) -> Result<(call: CallShape, end: Int), Problem> {
        guard let (name, after) = attribute(of: Self.functionMarks, at: start) else {
            return .failure(Problem(content: .unfinished, end: text.lineEnd(from: start)))
        }
        var index = text.skippingSpace(from: after)
        var arguments = JSONObject()
        if index < text.end, text.bytes[index] == UInt8(ascii: "{") {
            // <function=name>{…}</function>
            switch LooseJSON.read(text.bytes, from: index, to: text.end, mayBeClosedByTag: true) {
            case .value(let json, let end):
                return .success((CallShape(name: name, arguments: json, isStrict: true), closedFunction(from: end)))
            case .truncated: return .failure(Problem(content: .unfinished, end: text.end))
            case .broken(let reason): return .failure(Problem(content: .broken(reason), end: text.end))
            }
        }
        while let (key, after) = attribute(of: ["<parameter=", "<parameter name="], at: index) {
            guard let end = text.first("</parameter>", from: after) else {
                return .failure(Problem(content: .unfinished, end: text.end))
            }
            guard arguments[key] == nil, arguments.count < Self.maxParameters else {
                return .failure(Problem(content: .broken("the parameter \(key) appears twice"), end: end))
            }
            arguments.append(key, .string(value(after..<end)))
            index = text.skippingSpace(from: end + "</parameter>".utf8.count)
        }
        let end = closedFunction(from: index)
        let call = CallShape(name: name, arguments: .object(arguments), isStrict: true)
        if end > index || text.starts(with: "</", at: index) { return .success((call, end)) }
        // One that only stops may have lost parameters, and one that goes on is something else.
        let isCut = index >= text.end
        return .failure(
            Problem(
                content: isCut ? .unfinished : .broken("other text stands between its parameters"),
                end: isCut ? text.end : text.lineEnd(from: index)
            )
        )
    }

    private func closedFunction(from start: Int) -> Int {
        let index = text.skippingSpace(from: start)
        for closer in ["</function>", "</invoke>"] where text.starts(with: closer, at: index) {
            return index + closer.utf8.count
        }
        return start
    }

    /// `<function=name>` or `<invoke name="name">`: the name, and where its tag ends.
    private func attribute(of openings: [String], at index: Int) -> (name: String, after: Int)? {
        guard let opening = openings.first(where: { text.starts(with: $0, at: index) }) else { return nil }
        let start = index + opening.utf8.count
        let limit = min(start + Self.longestName + 3, text.end)
        guard let end = text.bytes[start..<limit].firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let name = text[start..<end].filter { $0 != "\"" && $0 != "'" && !$0.isWhitespace }
        return name.isEmpty ? nil : (name, end + 1)
    }

    /// A value without the line breaks that only set it apart from its tags.
    private func value(_ range: Range<Int>) -> String {
        var (start, end) = (range.lowerBound, range.upperBound)
        if start < end, text.bytes[start] == 0x0A { start += 1 }
        if start < end, text.bytes[end - 1] == 0x0A { end -= 1 }
        return text[start..<end]
    }
}

extension CallScanner.Piece.Content {
    fileprivate var isReadable: Bool { if case .calls = self { true } else { false } }
}

extension Character {
    fileprivate var isASCIIWord: Bool { isASCII && (isLetter || isNumber || self == "_") }
}
