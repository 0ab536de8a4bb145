/// A file as lines of text.
struct TextFile: Sendable, Hashable {
    /// With line feeds alone.
    var text: String
    /// Every line of the file ends with CR LF. Files where only some do are taken as they are.
    var hasCarriageReturns: Bool

    /// - Parameter name: for the refusal.
    init(_ bytes: [UInt8], name: String) throws(ToolRefusal) {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw ToolRefusal("\(VisibleText.quoted(name)) is a binary file (\(bytes.count) bytes): it holds no text.")
        }
        let (all, bare) = Self.lineFeeds(bytes)
        hasCarriageReturns = all > 0 && bare == 0
        guard hasCarriageReturns else {
            self.text = text
            return
        }
        self.text = String(decoding: Self.withoutCarriageReturns(bytes), as: UTF8.self)
    }

    /// The bytes of the file with this text in it, which is ``plain(_:)``.
    func bytes(of text: String) -> [UInt8] {
        guard hasCarriageReturns else { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\r")) }
            bytes.append(byte)
        }
        return bytes
    }

    /// A text as it would be in ``text``: what a model is shown of a file ends lines with line feeds, but not every
    /// model writes them so.
    func plain(_ text: String) -> String {
        guard hasCarriageReturns else { return text }
        return String(decoding: Self.withoutCarriageReturns(Array(text.utf8)), as: UTF8.self)
    }

    /// The lines; an end of line at the end of the file begins none.
    var lines: [Substring.UTF8View] { Self.lines(of: text) }

    static func lines(of text: String) -> [Substring.UTF8View] {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func lineFeeds(_ bytes: [UInt8]) -> (all: Int, bare: Int) {
        var all = 0
        var bare = 0
        var before: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                all += 1
                if before != UInt8(ascii: "\r") { bare += 1 }
            }
            before = byte
        }
        return (all, bare)
    }

    /// Without the carriage return before each line feed, and with every other.
    private static func withoutCarriageReturns(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == UInt8(ascii: "\r"), next == UInt8(ascii: "\n") { continue }
            plain.append(byte)
        }
        return plain
    }
}

/// Lines as a model is shown them: the number, a tab, the line.
enum NumberedLines {
    /// - Parameter first: the number of the first line.
    static func text(_ lines: some Sequence<Substring.UTF8View>, first: Int, lineBytes: Int) -> String {
        zip(lines, first...).map { line, number in
            "\(number)\t\(VisibleText.cut(VisibleText.clean(String(Substring(line))), to: lineBytes))"
        }.joined(separator: "\n")
    }
}
