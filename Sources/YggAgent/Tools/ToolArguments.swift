import YggCore

/// The arguments of a call as its tool described them: every name known, every value of its type, none missing.
///
/// What a model writes in another type without meaning anything else is taken: `"10"` for 10, `"true"` for true, an
/// empty string where nothing need be given.
struct ToolArguments: Sendable {
    private var values: [String: JSON] = [:]

    /// - Parameter listable: parameters that may be a list of strings as well.
    /// - Throws: all that is wrong, in one refusal.
    init(_ call: ToolCall, of spec: ToolSpec, listable: Set<String> = []) throws(ToolRefusal) {
        var problems: [String] = []
        for (name, value) in call.arguments.members {
            guard let parameter = spec.parameters.first(where: { $0.name == name }) else {
                problems.append(Self.unknown(name, of: spec, given: call.arguments))
                continue
            }
            if listable.contains(name), let list = value.arrayValue, list.allSatisfy({ $0.stringValue != nil }) {
                values[name] = value
            } else if let understood = Self.value(value, as: parameter.kind) {
                if parameter.isRequired || (value != .null && value != "") { values[name] = understood }
            } else if value != .null {
                problems.append("\(name) must be \(Self.word(for: parameter.kind)), not \(value.typeName).")
            }
        }
        for parameter in spec.parameters where parameter.isRequired && values[parameter.name] == nil {
            let isWrong = call.arguments[parameter.name].map { $0 != .null } ?? false
            if !isWrong { problems.append("\(parameter.name) is missing.") }
        }
        guard problems.isEmpty else {
            throw ToolRefusal("\(problems.joined(separator: " ")) \(Self.usage(of: spec))")
        }
    }

    func string(_ name: String) -> String? { values[name]?.stringValue }
    func strings(_ name: String) -> [String]? { values[name]?.arrayValue?.compactMap(\.stringValue) }
    func bool(_ name: String) -> Bool { values[name]?.boolValue ?? false }

    /// - Throws: where the number is outside `range`.
    func int(_ name: String, in range: ClosedRange<Int>) throws(ToolRefusal) -> Int? {
        guard let value = values[name]?.intValue else { return nil }
        guard let int = Int(exactly: value), range.contains(int) else {
            throw ToolRefusal("\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
        }
        return int
    }

    /// A parameter that the specification requires.
    func required(_ name: String) throws(ToolRefusal) -> String {
        guard let value = string(name) else { throw ToolRefusal("\(name) is missing.") }
        return value
    }

    // MARK: - What is wrong

    private static func unknown(_ name: String, of spec: ToolSpec, given: JSONObject) -> String {
        let free = spec.parameters.map(\.name).filter { given[$0] == nil }
        let near = nearest(to: name, among: free) ?? synonyms[name].flatMap { $0.first(where: free.contains) }
        let advice = near.map { " Did you mean \($0)?" } ?? ""
        return "\(spec.name) has no parameter \(VisibleText.quoted(name)).\(advice)"
    }

    /// How other agents call what ours call otherwise: models have learnt those names.
    private static let synonyms: [String: [String]] = [
        "file": ["path"], "filename": ["path"], "file_path": ["path"], "filepath": ["path"], "dir": ["path"],
        "directory": ["path"], "folder": ["path"], "target_file": ["path"],
        "text": ["content", "new_text", "summary"], "contents": ["content"], "code": ["content"], "body": ["content"],
        "old_string": ["old_text"], "old_str": ["old_text"], "search": ["old_text", "pattern"], "find": ["old_text"],
        "oldString": ["old_text"], "newString": ["new_text"],
        "new_string": ["new_text"], "new_str": ["new_text"], "replace": ["new_text"], "replacement": ["new_text"],
        "query": ["pattern"], "regex": ["pattern"], "include": ["glob"], "cmd": ["command"], "argv": ["command"],
        "args": ["command"], "cwd": ["directory"], "workdir": ["directory"], "timeout": ["timeout_seconds"],
        "offset": ["start_line"], "start": ["start_line"], "line_start": ["start_line"], "end": ["end_line"],
        "line_end": ["end_line"], "limit": ["end_line", "count"], "n": ["count"], "message": ["summary"],
        "result": ["summary"], "answer": ["summary"], "cached": ["staged"],
    ]

    private static func usage(of spec: ToolSpec) -> String {
        guard !spec.parameters.isEmpty else { return "\(spec.name) takes no parameters." }
        let parameters = spec.parameters.map { "\($0.name) (\($0.kind.rawValue)\($0.isRequired ? ", required" : ""))" }
        return "\(spec.name) takes \(parameters.joined(separator: ", "))."
    }

    private static func word(for kind: ToolSpec.Parameter.Kind) -> String {
        switch kind {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "true or false"
        }
    }

    /// nil where `value` cannot mean one of this kind.
    private static func value(_ value: JSON, as kind: ToolSpec.Parameter.Kind) -> JSON? {
        switch (kind, value) {
        case (.string, .string), (.integer, .int), (.boolean, .bool): value
        case (.string, .int(let int)): .string("\(int)")
        case (.integer, .double(let double)): Int64(exactly: double).map(JSON.int)
        case (.integer, .string(let text)): text.isEmpty ? .null : Int64(text).map(JSON.int)
        case (.boolean, .string(let text)):
            switch text.lowercased() {
            case "true": true
            case "false", "": false
            default: nil
            }
        default: nil
        }
    }
}
