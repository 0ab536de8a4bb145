/// Text from files, commands and names, made fit for a model and for whoever reads along at a terminal.
enum VisibleText {
    /// The text with every control character spelled out, line feed and tab excepted. A carriage return before a line
    /// feed is left out.
    static func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 || $0 == 0x7F || $0 == 0xC2 }) else {
            return text
        }
        var clean = ""
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            if scalar == "\r", next == "\n" { continue }
            clean += isControl(scalar) && scalar != "\n" && scalar != "\t" ? spelled(scalar) : String(scalar)
        }
        return clean
    }

    /// A name as it is, or in quotes and with escapes where it holds what would break a line, a terminal or a reader's
    /// idea of where it ends.
    static func quoted(_ name: String) -> String {
        let isPlain = name.unicodeScalars.allSatisfy { !isControl($0) && $0 != "\"" && $0 != "\\" && $0 != " " }
        guard !isPlain || name.isEmpty else { return name }
        var quoted = "\""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where isControl(scalar): quoted += spelled(scalar)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// What a terminal shows of a program's output: without colours and cursor movements, and of a line that was
    /// rewritten in place, such as a progress bar, its last form.
    static func printed(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x1B || $0 == 0x0D || $0 == 0x08 }) else { return clean(text) }
        let plain = withoutEscapes(text)
        let lines = plain.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\r", omittingEmptySubsequences: true).last ?? ""
        }
        return clean(lines.joined(separator: "\n"))
    }

    /// The text cut to `limit` bytes, with the number of bytes that are missing.
    static func cut(_ line: String, to limit: Int) -> String {
        guard line.utf8.count > limit else { return line }
        var end = line.utf8.index(line.startIndex, offsetBy: limit)
        while end.samePosition(in: line.unicodeScalars) == nil { end = line.utf8.index(before: end) }
        return "\(line[..<end])… [\(line.utf8[end...].count) more bytes in this line]"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static func spelled(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\x\(digits.count == 1 ? "0" : "")\(digits)"
    }

    /// Without ANSI sequences: `ESC [ … letter`, `ESC ] … BEL`, and other sequences of two.
    private static func withoutEscapes(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            // A carriage return before a line feed ends the line, and rewrites nothing.
            if scalar == "\r", rest.first == "\n" { continue }
            guard scalar == "\u{1B}" else {
                plain.append(scalar)
                continue
            }
            switch rest.popFirst() {
            case "[": while let next = rest.popFirst(), !(0x40...0x7E).contains(next.value) {}
            case "]":
                while let next = rest.popFirst(), next != "\u{07}", next != "\n" {
                    if next == "\u{1B}" {
                        _ = rest.popFirst()
                        break
                    }
                }
            default: break
            }
        }
        return String(plain)
    }
}
