/// Puts one text in the place of another that is in a file exactly once.
///
/// What a model gives as the old text is often not quite what stands there. The steps below are tried one after the
/// other, from the strictest to the most forgiving, and each counts only if what it finds is the only such place: a step
/// that finds two ends the search, because the next would find them, too.
struct Replacement: Sendable, Hashable {
    /// How the old text was understood.
    enum Step: String, Sendable, CaseIterable {
        case exact
        /// Spaces at the ends of lines do not count.
        case trailingSpace = "without regard to space at the ends of lines"
        /// Empty lines around the text do not count.
        case blankEdges = "without the empty lines around it"
        /// All lines are indented by the same amount more, or less; the new text is shifted with them.
        case indentation = "with its indentation moved"
        /// The line numbers of read_file were copied along.
        case lineNumbers = "without line numbers"
        /// `\n`, `\t` and `\"` were written out.
        case escapes = "with its escapes read"
    }

    /// The whole text after it.
    var text: String
    var step: Step
    /// The lines of the new text that were put in, counted from 1; empty for a deletion.
    var lines: Range<Int>

    /// What becomes of `text`.
    /// - Throws: why nothing was changed, with the nearest text where there is any.
    init(_ old: String, with new: String, in text: String, name: String) throws(ToolRefusal) {
        let bytes = Array(text.utf8)
        let attempts: [(Step, () -> Finding)] = [
            (.exact, { Self.exact(old, new, in: bytes) }),
            (.trailingSpace, { LineMatch(old, new)?.find(in: bytes, .trailingSpace) ?? .nothing }),
            (.blankEdges, { LineMatch(old, new)?.withoutBlankEdges?.find(in: bytes, .trailingSpace) ?? .nothing }),
            (.indentation, { LineMatch(old, new)?.withoutBlankEdges?.find(in: bytes, .indentation) ?? .nothing }),
            (
                .lineNumbers,
                {
                    guard let old = Self.withoutLineNumbers(old) else { return .nothing }
                    let new = Self.withoutLineNumbers(new) ?? new
                    return LineMatch(old, new)?.withoutBlankEdges?.find(in: bytes, .trailingSpace) ?? .nothing
                }
            ),
            (
                .escapes,
                {
                    guard let old = Self.unescaped(old) else { return .nothing }
                    let new = Self.unescaped(new) ?? new
                    let exact = Self.exact(old, new, in: bytes)
                    guard case .nothing = exact else { return exact }
                    return LineMatch(old, new)?.withoutBlankEdges?.find(in: bytes, .indentation) ?? .nothing
                }
            ),
        ]
        for (step, find) in attempts {
            switch find() {
            case .nothing: continue
            case .several(let lines): throw .ambiguous(lines, name: name)
            case .one(let range, let replacement):
                let after = bytes[..<range.lowerBound] + replacement + bytes[range.upperBound...]
                guard Array(after) != bytes else { throw .emptyEdit(name) }
                self.text = String(decoding: after, as: UTF8.self)
                self.step = step
                let first = bytes[..<range.lowerBound].count { $0 == lineFeed } + 1
                let breaks = replacement.count { $0 == lineFeed } - (replacement.last == lineFeed ? 1 : 0)
                self.lines = first..<(replacement.isEmpty ? first : first + breaks + 1)
                return
            }
        }
        throw NearestText(to: old, in: bytes).refusal(name: name)
    }

    enum Finding {
        case nothing
        /// The bytes that are replaced, and by what.
        case one(Range<Int>, [UInt8])
        /// The lines at which it was found.
        case several([Int])
    }

    private static func exact(_ old: String, _ new: String, in bytes: [UInt8]) -> Finding {
        let old = Array(old.utf8)
        guard !old.isEmpty, old.count <= bytes.count else { return .nothing }
        let found = Occurrences.of(old, in: bytes, atMost: 11)
        guard let only = found.first else { return .nothing }
        guard found.count == 1 else {
            return .several(found.map { place in bytes[..<place].count { $0 == lineFeed } + 1 })
        }
        return .one(only..<(only + old.count), Array(new.utf8))
    }

    /// Without the number and the tab in front of every line, as ``ReadFile`` shows them. nil where a line has none.
    private static func withoutLineNumbers(_ text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var plain: [Substring] = []
        for line in lines {
            let number = line.drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber }
            let rest = line[number.endIndex...]
            if !number.isEmpty, rest.hasPrefix("\t") {
                plain.append(rest.dropFirst())
            } else if line.allSatisfy(\.isWhitespace) {
                plain.append(line)
            } else {
                return nil
            }
        }
        return plain == lines ? nil : plain.joined(separator: "\n")
    }

    /// With `\n`, `\t`, `\r`, `\"`, `\'` and `\\` read. nil where there are none.
    private static func unescaped(_ text: String) -> String? {
        var plain = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        var found = false
        while let scalar = rest.popFirst() {
            let meaning: Unicode.Scalar? =
                switch (scalar, rest.first) {
                case ("\\", "n"): "\n"
                case ("\\", "t"): "\t"
                case ("\\", "r"): "\r"
                case ("\\", "\""): "\""
                case ("\\", "'"): "'"
                case ("\\", "\\"): "\\"
                default: nil
                }
            plain.append(meaning ?? scalar)
            if meaning != nil {
                found = true
                rest.removeFirst()
            }
        }
        return found ? String(plain) : nil
    }
}

let lineFeed = UInt8(ascii: "\n")

/// Where bytes stand in others.
enum Occurrences {
    /// The offsets, overlapping ones too, at most `limit`.
    static func of(_ needle: [UInt8], in bytes: [UInt8], atMost limit: Int) -> [Int] {
        guard let head = needle.first, needle.count <= bytes.count else { return [] }
        var found: [Int] = []
        for start in 0...(bytes.count - needle.count) where bytes[start] == head {
            if bytes[start..<(start + needle.count)].elementsEqual(needle) {
                found.append(start)
                if found.count == limit { break }
            }
        }
        return found
    }
}

extension ToolRefusal {
    static func ambiguous(_ lines: [Int], name: String) -> ToolRefusal {
        let most = 10
        let shown =
            lines.prefix(most).map(String.init).joined(separator: ", ") + (lines.count > most ? " and more" : "")
        return ToolRefusal(
            "old_text is \(lines.count > most ? "more than \(most)" : "\(lines.count)") times in \(VisibleText.quoted(name)), at lines \(shown). Nothing was changed. Add the lines before or after it to old_text and to new_text, so that it is there once."
        )
    }

    static func emptyEdit(_ name: String) -> ToolRefusal {
        ToolRefusal(
            "old_text and new_text are the same, so nothing in \(VisibleText.quoted(name)) would change. Give the text as it shall be in new_text, or go on if it is right already."
        )
    }
}
