/// What compilers, linters, type checkers and formatters complain of: by file and rule, so that a complaint is the same
/// one when lines move. Two of a kind in one file are two.
enum Findings {
    struct Finding: Sendable, Hashable {
        /// File and rule.
        var name: String
        /// The line of the output that says it.
        var line: String
    }

    /// - Parameter root: the workspace; its path is taken off the files' names.
    static func read(_ output: String, root: String) -> [Finding] {
        var found: [Finding] = []
        // ESLint names a file above its findings, rustc below what it found.
        var file: Substring?
        var pending: (rule: String, line: Substring)?
        for line in output.split(whereSeparator: \.isNewline) where line.utf8.count < 4096 {
            if let place = rustPlace(line), let said = pending {
                found.append(.init(name: "\(path(place, root)): \(said.rule)", line: "\(said.line) (\(place))"))
                pending = nil
            } else if let placed = placed(line) {
                found.append(.init(name: "\(path(placed.file, root)): \(placed.rule)", line: clean(line)))
            } else if let rule = rustRule(line) {
                pending = (rule, line)
            } else if let rule = stylish(line), let file {
                found.append(.init(name: "\(path(file, root)): \(rule)", line: "\(path(file, root)) \(clean(line))"))
            } else if let unformatted = unformatted(line) {
                found.append(.init(name: "\(path(unformatted, root)): format", line: clean(line)))
            } else if !line.hasPrefix(" "), line.contains("."), !line.contains(": ") {
                file = line
            }
        }
        return found
    }

    /// Files alone, one a line, as `gofmt -l` says them.
    static func files(_ output: String, root: String) -> [Finding] {
        output.split(whereSeparator: \.isNewline).filter { !$0.contains(" ") }
            .map { .init(name: "\(path($0, root)): format", line: clean($0)) }
    }

    private static func clean(_ line: Substring) -> String { VisibleText.cut(VisibleText.clean(String(line)), to: 300) }

    private static func path(_ file: Substring, _ root: String) -> String {
        var file = file
        if file.hasPrefix(root + "/") { file = file.dropFirst(root.count + 1) }
        if file.hasPrefix("./") { file = file.dropFirst(2) }
        return VisibleText.quoted(String(file))
    }

    // MARK: - One finding a line

    /// `a.py:3:5: F401 …`, `a.py:3: error: … [code]`, `a.ts(3,5): error TS2322: …`, `A.swift:3:5: warning: [Rule] …`.
    private static func placed(_ line: Substring) -> (file: Substring, rule: String)? {
        var rest: Substring
        let file: Substring
        if let open = line.firstIndex(of: "("), let close = line[open...].firstRange(of: "): "),
            line[open..<close.lowerBound].dropFirst().allSatisfy({ $0.isNumber || $0 == "," }), open != line.startIndex
        {
            file = line[..<open]
            rest = line[close.upperBound...]
        } else {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
            file = line[..<colon]
            rest = line[colon...].dropFirst()
            let number = rest.prefix(while: \.isNumber)
            guard !number.isEmpty else { return nil }
            rest = rest.dropFirst(number.count)
            while rest.first == ":" || rest.first?.isNumber == true { rest = rest.dropFirst() }
            guard rest.first == " " || rest.first == "\t" else { return nil }
            rest = rest.drop { $0 == " " || $0 == "\t" }
        }
        // A URL, a time, a sentence: no file.
        guard !file.contains(" "), file.contains(".") || file.contains("/"), !file.hasSuffix("http"), !rest.isEmpty
        else { return nil }
        // What belongs to the finding before it.
        if rest.hasPrefix("note:") { return nil }
        return (file, rule(rest))
    }

    /// The rule's own name where the message has one, else the message without what is different each time.
    private static func rule(_ message: Substring) -> String {
        if message.last == "]", let open = message.lastIndex(of: "[") {
            let code = message[open...].dropFirst().dropLast()
            if isCode(code) { return String(code) }
        }
        var words = message.split(separator: " ")
        if let level = words.first, ["error:", "warning:", "error", "warning", "note", "fatal"].contains(level) {
            words.removeFirst()
        }
        if let first = words.first {
            let code = first.filter { !"[]:".contains($0) }
            if first.hasPrefix("["), first.contains("]"), isCode(code[...]) { return code }
            // `F401`, `TS2322`, `E0425`.
            let letters = code.prefix { $0.isASCII && $0.isUppercase }
            let digits = code.dropFirst(letters.count)
            if !letters.isEmpty, !digits.isEmpty, digits.allSatisfy(\.isNumber) { return code }
        }
        return String(words.joined(separator: " ").prefix(120))
    }

    private static func isCode(_ text: Substring) -> Bool {
        !text.isEmpty && text.count <= 60 && text.allSatisfy { $0.isLetter || $0.isNumber || "-_/@.#".contains($0) }
    }

    // MARK: - Findings of several lines, and files

    /// `error[E0425]: cannot find …`, `warning: unused variable: …`.
    private static func rustRule(_ line: Substring) -> String? {
        for level in ["error", "warning"] where line.hasPrefix(level) {
            let rest = line.dropFirst(level.count)
            if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
                return String(rest[..<close].dropFirst())
            }
            if rest.hasPrefix(": ") { return String(rest.dropFirst(2).prefix(120)) }
        }
        return nil
    }

    /// `  --> src/main.rs:2:5`, and ruff's the same.
    private static func rustPlace(_ line: Substring) -> Substring? {
        let text = line.drop { $0 == " " }
        guard text.hasPrefix("--> ") else { return nil }
        return text.dropFirst("--> ".count).prefix { $0 != ":" }
    }

    /// `  1:5  error  'x' is not defined  no-undef`.
    private static func stylish(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard line.hasPrefix(" "), words.count >= 3, words[1] == "error" || words[1] == "warning", let last = words.last
        else { return nil }
        let place = words[0].split(separator: ":")
        return place.count == 2 && place.allSatisfy { Int($0) != nil } ? String(last) : nil
    }

    /// `would reformat a.py`, `Would reformat: a.py`, `[warn] a.js`, `Diff in /work/src/main.rs:3:`.
    private static func unformatted(_ line: Substring) -> Substring? {
        for head in ["would reformat ", "Would reformat: ", "[warn] "] where line.hasPrefix(head) {
            let file = line.dropFirst(head.count)
            return file.contains(" ") ? nil : file
        }
        guard line.hasPrefix("Diff in ") else { return nil }
        let words = line.split(separator: " ")
        return words.count > 2 ? words[2].prefix { $0 != ":" } : nil
    }
}
