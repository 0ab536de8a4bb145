/// A command line taken apart into plain words, as a shell would, where no shell is needed to know what it means.
///
/// Everything that only a shell can do is refused, with what to do instead: there is no shell, and a model that is told
/// so once does better than one whose `&&` was quietly taken for an argument.
struct PlainWords: Sendable, Hashable {
    var words: [String]

    /// The longest command line, in bytes.
    private static let longest = 16_384

    init(_ line: String) throws(ToolRefusal) {
        guard line.utf8.count <= Self.longest else {
            throw ToolRefusal(
                "The command is longer than \(Self.longest) bytes. Write long text into a file with write_file."
            )
        }
        guard !line.utf8.contains(0) else { throw ToolRefusal("The command contains a NUL byte. Give plain words.") }
        var reader = Reader(Self.trimmed(line).unicodeScalars[...])
        words = try reader.read()
        guard let first = words.first, !first.isEmpty else {
            throw ToolRefusal("The command is empty. Give a program and its arguments, such as pytest -q.")
        }
    }

    /// Without the space around it, the prompt that is often copied along, and the redirection that changes nothing,
    /// because both streams are shown as one.
    private static func trimmed(_ line: String) -> String {
        var text = line[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        if text.hasPrefix("$ ") { text.removeFirst(2) }
        for _ in 0..<2 {
            while text.last?.isWhitespace == true { text.removeLast() }
            if text.hasSuffix(" 2>&1") { text.removeLast(5) }
        }
        return String(text)
    }

    private struct Reader {
        private var rest: Substring.UnicodeScalarView
        private var words: [String] = []
        private var word: String?

        init(_ text: Substring.UnicodeScalarView) { rest = text }

        mutating func read() throws(ToolRefusal) -> [String] {
            while let scalar = rest.popFirst() {
                switch scalar {
                case " ", "\t": endWord()
                case "'": try singleQuoted()
                case "\"": try doubleQuoted()
                case "\\":
                    guard let next = rest.popFirst(), next != "\n" else {
                        throw refusal("a line that goes on", Self.oneLine)
                    }
                    append(next)
                case "\n", "\r": throw refusal("several lines", Self.oneLine)
                case "|", "&", ";", "<", ">", "(", ")", "`": throw operatorRefusal(scalar)
                case "$": try dollar()
                default: append(scalar)
                }
            }
            endWord()
            return words
        }

        private mutating func append(_ scalar: Unicode.Scalar) {
            var text = word ?? ""
            text.unicodeScalars.append(scalar)
            word = text
        }

        private mutating func endWord() {
            if let word { words.append(word) }
            word = nil
        }

        private mutating func singleQuoted() throws(ToolRefusal) {
            word = word ?? ""
            while let scalar = rest.popFirst() {
                if scalar == "'" { return }
                append(scalar)
            }
            throw ToolRefusal("A ' in the command has no end. Close the quotes.")
        }

        private mutating func doubleQuoted() throws(ToolRefusal) {
            word = word ?? ""
            while let scalar = rest.popFirst() {
                switch scalar {
                case "\"": return
                case "\\":
                    // Inside quotes a backslash means itself unless one of these follows.
                    if let next = rest.first, ["\"", "\\", "$", "`"].contains(next) {
                        rest.removeFirst()
                        append(next)
                    } else {
                        append(scalar)
                    }
                case "`": throw operatorRefusal(scalar)
                case "$": try dollar()
                default: append(scalar)
                }
            }
            throw ToolRefusal("A \" in the command has no end. Close the quotes.")
        }

        /// A dollar that would be replaced by something; else it is one, as at the end of a regular expression.
        private mutating func dollar() throws(ToolRefusal) {
            if let next = rest.first {
                if next == "(" { throw refusal("$( )", Self.noSubstitution) }
                if next == "{" || next == "_" || next.properties.isAlphabetic || ("0"..."9").contains(next)
                    || "@*#?$!'".unicodeScalars.contains(next)
                {
                    throw refusal(
                        "a variable ($)",
                        "Write its value, or put a $ that is meant as such in single quotes."
                    )
                }
            }
            append("$")
        }

        private func operatorRefusal(_ scalar: Unicode.Scalar) -> ToolRefusal {
            switch scalar {
            case "|" where rest.first == "|", "&" where rest.first == "&":
                refusal("\(scalar)\(scalar)", Self.oneCommand)
            case ";": refusal(";", Self.oneCommand)
            case "|":
                refusal(
                    "|",
                    "The output is cut to its beginning and end anyway: run the first command alone, or use search_files."
                )
            case "&": refusal("&", "Run it in the foreground, or give a larger timeout_seconds.")
            case ">": refusal(">", "The output is shown to you; write files with write_file.")
            case "<":
                refusal("<", "Commands read nothing. Name the file as an argument, or write text with write_file.")
            case "`": refusal("` `", Self.noSubstitution)
            default: refusal("\(scalar)", "Give plain words, and put text with brackets in quotes.")
            }
        }

        private func refusal(_ what: String, _ advice: String) -> ToolRefusal {
            ToolRefusal("There is no shell here, so \(what) in a command means nothing. \(advice)")
        }

        private static let oneLine = "Give one command in one line."
        private static let oneCommand = "Give one command a call; in place of cd, use the parameter directory."
        private static let noSubstitution = "Run the inner command first and write what it says."
    }
}
