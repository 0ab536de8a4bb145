/// Whole files in an answer: a line with a path, then the content between fences. What models without tools are asked for.
enum FencedFiles {
    struct File: Sendable, Hashable {
        var path: String
        var content: String
    }

    enum Reading: Sendable, Hashable {
        case files([File])
        /// What the model is told instead.
        case unreadable(String)
    }

    /// - Parameter known: the files that the model was shown, by path.
    static func read(_ answer: String, known: [String: String]) -> Reading {
        let lines = answer.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        var files: [File] = []
        var nameless = 0
        var index = 0
        while index < lines.count {
            guard let fence = Fence(opening: lines[index]) else {
                index += 1
                continue
            }
            let path = path(before: index, in: lines) ?? path(fence.info)
            guard let end = fence.end(from: index + 1, in: lines, isMarkdown: path?.hasSuffix(".md") ?? false) else {
                return .unreadable("A file has no closing fence. Answer again with complete files, and with less text.")
            }
            let content = lines[(index + 1)..<end].map { $0 + "\n" }.joined()
            // One file without a name can only be the one that was shown.
            let only = files.isEmpty && nameless == 0 && known.count == 1 ? known.keys.first : nil
            if let path = path ?? only {
                files.removeAll { $0.path == path }
                files.append(File(path: path, content: content))
            }
            if path == nil { nameless += 1 }
            index = end + 1
        }
        guard !files.isEmpty else {
            return .unreadable(
                nameless > 0
                    ? "There is no path before the fence. Write the path of the file on the line before it."
                    : "There is no file in your answer. Write the path on a line, then the complete content between ``` and ```."
            )
        }
        for file in files {
            guard let elision = Elision.added(by: file.content, to: known[file.path] ?? "") else { continue }
            return .unreadable(
                "\(file.path) leaves something out: the line \(VisibleText.quoted(elision.line)). Nothing is filled in for it. Answer again with the complete file."
            )
        }
        return .files(files)
    }

    private struct Fence {
        let mark: Character
        let length: Int
        let info: Substring

        init?(opening line: Substring) {
            let text = line.drop { $0 == " " }
            guard let first = text.first, first == "`" || first == "~" else { return nil }
            length = text.prefix { $0 == first }.count
            guard length >= 3 else { return nil }
            mark = first
            info = text.dropFirst(length)
            guard !info.contains(first) else { return nil }
        }

        /// Fences within Markdown look like its end, so there the last one counts.
        func end(from start: Int, in lines: [Substring], isMarkdown: Bool) -> Int? {
            var found: Int?
            for index in start..<max(start, lines.count) where closes(lines[index]) {
                if !isMarkdown { return index }
                found = index
            }
            return found
        }

        private func closes(_ line: Substring) -> Bool {
            let text = line.drop { $0 == " " }
            let marks = text.prefix { $0 == mark }.count
            return marks >= length && text.dropFirst(marks).allSatisfy(\.isWhitespace)
        }
    }

    /// The path on the last line before a fence that is not empty.
    private static func path(before fence: Int, in lines: [Substring]) -> String? {
        var index = fence - 1
        while index >= 0, lines[index].allSatisfy(\.isWhitespace) { index -= 1 }
        guard index >= 0, fence - index <= 2 else { return nil }
        return path(lines[index])
    }

    /// The path that a line is, without what models decorate it with.
    private static func path(_ line: Substring) -> String? {
        var text = line.drop { " \t#*`>-".contains($0) }
        for word in ["File:", "file:", "Path:", "path:", "path=", "Filename:", "filename:"] where text.hasPrefix(word) {
            text = text.dropFirst(word.count).drop { " `*\"".contains($0) }
        }
        // As in ```python:src/a.py
        if let colon = text.firstIndex(of: ":"), text.index(after: colon) < text.endIndex, !text.contains(" ") {
            text = text[text.index(after: colon)...]
        }
        if let space = text.lastIndex(of: " "), text[text.index(after: space)...].hasPrefix("path=") {
            text = text[space...].dropFirst(6)
        }
        while let last = text.last, " \t*`:\"".contains(last) { text.removeLast() }
        if text.hasPrefix("./") { text = text.dropFirst(2) }
        return isPath(text) ? String(text) : nil
    }

    static func isPath(_ text: Substring) -> Bool {
        guard (1...200).contains(text.utf8.count),
            !text.contains(where: { $0.isWhitespace || "`<>|\"'(){};,".contains($0) }),
            let name = text.split(separator: "/").last
        else { return false }
        // A word is no path; one with a suffix, or below a directory, is.
        return text.contains("/") || name.dropFirst().contains(".") && !name.hasSuffix(".")
            || ["Makefile", "Dockerfile", "README", "LICENSE"].contains(String(name))
    }
}
