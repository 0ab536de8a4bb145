import YggCore

/// Puts arguments under the names that a tool declares, where only one can be meant.
enum ArgumentNames {
    /// Words that models use for each other.
    private static let families: [Set<String>] = [
        ["path", "file", "filename", "filepath", "file_path", "target_file", "directory", "dir", "folder"],
        ["command", "cmd", "argv", "command_line", "script"],
        ["content", "contents", "text", "code", "body", "data", "file_content", "new_content"],
        ["old", "old_text", "old_string", "old_str", "search", "find", "original"],
        ["new", "new_text", "new_string", "new_str", "replace", "replacement"],
        ["pattern", "query", "regex", "search_term", "search"],
        ["summary", "message", "result", "answer", "text"],
        ["first", "start", "start_line", "from", "line_start", "offset"],
        ["last", "end", "end_line", "to", "line_end"],
    ].map { Set($0.map { plainName($0) }) }

    static func renamed(_ given: JSONObject, for tool: ToolSpec) -> JSONObject {
        var arguments = given
        for member in given.members where !tool.parameters.contains(where: { $0.name == member.key }) {
            guard let name = meant(by: member.key, for: tool, given: arguments) else { continue }
            arguments[member.key] = nil
            arguments[name] = member.value
        }
        return arguments
    }

    private static func meant(by key: String, for tool: ToolSpec, given: JSONObject) -> String? {
        let plain = plainName(key.prefix(80))
        let free = tool.parameters.map(\.name).filter { given[$0] == nil }
        if let name = free.first(where: { plainName($0) == plain }) { return name }
        let families = families.filter { $0.contains(plain) }
        let related = free.filter { name in families.contains { $0.contains(plainName(name)) } }
        return related.count == 1 ? related.first : nil
    }
}

extension ToolSpec.Parameter {
    /// The value in the parameter's own kind, where it can be seen what it is. nil leaves it as it is, for the tool to
    /// refuse.
    func converted(_ value: JSON) -> JSON? {
        switch (kind, value) {
        case (.string, .int(let value)): .string("\(value)")
        case (.string, .double(let value)): .string("\(value)")
        case (.string, .bool(let value)): .string("\(value)")
        case (.string, .array(let values)): joined(values)
        case (.string, .object): .string(value.text)
        case (.integer, .string(let text)): Int64(text.filter { !$0.isWhitespace }).map { .int($0) }
        case (.integer, .double(let value)): Int64(exactly: value).map { .int($0) }
        case (.boolean, .string(let text)):
            switch text.lowercased() {
            case "true", "yes", "1": true
            case "false", "no", "0": false
            default: nil
            }
        case (.boolean, .int(let value)) where value == 0 || value == 1: .bool(value == 1)
        default: nil
        }
    }

    /// A list of strings for one: the lines of a text, or the words of a command, quoted where they have to be.
    private func joined(_ values: [JSON]) -> JSON? {
        let strings = values.compactMap(\.stringValue)
        guard strings.count == values.count else { return nil }
        guard name.contains("command") || name.contains("argv") else {
            return .string(strings.joined(separator: "\n"))
        }
        let words = strings.map { word in
            let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,@%+".contains($0) }
            return isPlain
                ? word : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#))'"
        }
        return .string(words.joined(separator: " "))
    }
}
