/// Text as a terminal lays it out: in columns, of which a character takes none, one or two.
enum DisplayText {
    static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// The text cut to `limit` columns, with an ellipsis where something is missing.
    static func truncated(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        guard limit > 1 else { return limit == 1 ? "…" : "" }
        var cut = ""
        var used = 0
        for character in text {
            let next = width(character)
            guard used + next <= limit - 1 else { break }
            cut.append(character)
            used += next
        }
        return cut + "…"
    }

    /// One line without control characters: a title comes from anybody, and neither an escape sequence in it nor what
    /// turns the direction of text may reach the terminal. What joins signs to one, as in emoji, stays.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isControl($0) || turns($0) }) else { return text }
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !turns(scalar) { line.append(isControl(scalar) ? " " : scalar) }
        return String(line)
    }

    /// A summary in one line, in which it can be seen where each of its lines ends: they are no sentences.
    static func linesInOne(_ text: String) -> String {
        oneLine(text.split(whereSeparator: \.isNewline).joined(separator: " · "))
    }

    /// The text with every character that a terminal would obey, or would not show, written out: `^[` for an escape,
    /// `<U+202E>` for what turns the direction of a line. A person decides about what they see, so nothing may hide.
    static func visible(_ text: some StringProtocol) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "\t" || isControl($0) || isInvisible($0) }) else {
            return String(text)
        }
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09: shown += "    "
            case 0..<0x20: shown += "^\(Character(UnicodeScalar(UInt8(scalar.value) + 0x40)))"
            case 0x7F: shown += "^?"
            case _ where isControl(scalar) || isInvisible(scalar):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                shown += "<U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)>"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The lines of a text as tools count them: by line feeds alone, which a carriage return before does not hide.
    static func lines(_ text: String) -> [Substring] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The text without the emphasis that `Style` gives.
    static func withoutEmphasis(_ text: String) -> String {
        guard text.utf8.contains(0x1B) else { return text }
        var plain = String.UnicodeScalarView()
        var isInside = false
        for scalar in text.unicodeScalars {
            if scalar == "\u{1B}" { isInside = true }
            if !isInside { plain.append(scalar) }
            if scalar == "m" { isInside = false }
        }
        return String(plain)
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .format
    }

    /// Marks, embeddings, overrides and isolates of bidirectional text (Unicode TR 9).
    private static func turns(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .lineSeparator
            || scalar.properties.generalCategory == .paragraphSeparator
    }

    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: return 0
        default: break
        }
        if character.unicodeScalars.contains("\u{FE0F}") || first.properties.isEmojiPresentation { return 2 }
        return isWide(first.value) ? 2 : 1
    }

    /// East Asian Wide and Fullwidth (Unicode TR 11), by their blocks.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
