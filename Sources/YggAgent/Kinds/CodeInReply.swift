import YggCore

/// Finds the code in what a model says. Small models are asked for one fenced block and give one, several, one that does
/// not end, none, a JSON object, or an apology.
enum CodeInReply {
    /// - Returns: the code with one line feed at its end; nil where there is none.
    static func find(in reply: String, language: CodeLanguage?) -> String? {
        let text = withoutThoughts(reply.replacing("\r\n", with: "\n")[...])
        let blocks = fenced(text)
        if !blocks.isEmpty {
            let named = blocks.filter { block in
                guard let label = block.label else { return false }
                return language.map { CodeLanguage.named(label)?.name == $0.name } ?? true
            }
            let unnamed = blocks.filter { $0.label == nil }
            let candidates = !named.isEmpty ? named : !unnamed.isEmpty ? unnamed : blocks
            // Usage examples and commands to run are shorter than what they are about.
            let longest = candidates.max { $0.code.utf8.count < $1.code.utf8.count }
            return longest.flatMap { finished($0.code) }
        }
        if let code = inJSON(text) { return finished(code) }
        return bare(text)
    }

    private static func finished(_ code: String) -> String? {
        var code = code[...]
        while let first = code.firstIndex(of: "\n"), code[..<first].allSatisfy(\.isWhitespace) {
            code = code[code.index(after: first)...]
        }
        while let last = code.last, last.isWhitespace { code.removeLast() }
        return code.isEmpty ? nil : code + "\n"
    }

    private static func withoutThoughts(_ reply: Substring) -> Substring {
        let text = reply.drop(while: \.isWhitespace)
        guard text.hasPrefix("<think>"), let end = text.firstRange(of: "</think>") else { return text }
        return text[end.upperBound...]
    }

    // MARK: - Fences

    private struct Block {
        var label: String?
        var code: String
    }

    private static func fenced(_ text: Substring) -> [Block] {
        var blocks: [Block] = []
        var open: (mark: Character, count: Int, indentation: Int, label: String?)?
        var lines: [Substring] = []
        // Fences in the code itself, as in a docstring with an example.
        var depth = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indentation = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(indentation)
            let mark = rest.first
            let count = rest.prefix { $0 == mark }.count
            let label = rest.dropFirst(count)
            let isFence = (mark == "`" || mark == "~") && count >= 3
            guard let current = open else {
                if isFence {
                    let word = label.prefix { !$0.isWhitespace && $0 != "{" && $0 != ":" && $0 != "," }
                    open = (mark ?? "`", count, indentation, word.isEmpty ? nil : String(word))
                    lines = []
                    depth = 0
                }
                continue
            }
            if isFence, mark == current.mark, count >= current.count {
                let isBare = label.allSatisfy(\.isWhitespace)
                if !isBare, label.allSatisfy({ $0.isLetter || $0.isNumber || "+#-_ ".contains($0) }) {
                    depth += 1
                } else if isBare, depth > 0 {
                    depth -= 1
                } else if isBare {
                    blocks.append(Block(label: current.label, code: code(lines, current.indentation)))
                    open = nil
                    continue
                }
            }
            lines.append(line)
        }
        // The end was cut off, or forgotten.
        if let current = open { blocks.append(Block(label: current.label, code: code(lines, current.indentation))) }
        return blocks
    }

    /// Without the indentation that the fence itself had, in a list for example.
    private static func code(_ lines: [Substring], _ indentation: Int) -> String {
        lines.map { line in
            let own = min(indentation, line.prefix { $0 == " " }.count)
            return line.dropFirst(own)
        }.joined(separator: "\n")
    }

    // MARK: - No fence

    private static func inJSON(_ text: Substring) -> String? {
        guard text.first == "{", let json = try? JSON(parsing: String(text)) else { return nil }
        return ["code", "output", "content", "result"].lazy.compactMap { json[$0]?.stringValue }.first
    }

    private static let apologies = [
        "i'm sorry", "i am sorry", "sorry,", "i cannot", "i can't", "as an ai", "unfortunately",
    ]

    /// The answer itself, without a sentence in front of it and behind it.
    private static func bare(_ text: Substring) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let first = lines.first, first.allSatisfy(\.isWhitespace) || isSentence(first) { lines.removeFirst() }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) || isSentence(last) { lines.removeLast() }
        guard let first = lines.first else { return nil }
        let beginning = first.lowercased()
        if apologies.contains(where: beginning.hasPrefix) { return nil }
        return finished(lines.joined(separator: "\n"))
    }

    /// Prose for a person: words, and an end such as a sentence has. No line of code begins with a capital letter, holds
    /// five words and ends like that, but one of a comment, which begins with something else.
    private static func isSentence(_ line: Substring) -> Bool {
        guard let first = line.first, first.isUppercase, let last = line.last, ".:!?".contains(last) else {
            return false
        }
        let words = line.split(separator: " ")
        return words.count >= 3 && !line.contains("(") && !line.contains("=") && !line.contains(";")
            || line.hasPrefix("Here") || line.hasPrefix("Sure") || line.hasPrefix("Certainly")
    }
}
