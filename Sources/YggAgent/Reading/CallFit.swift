import YggCore

/// Holds what a model wrote against the tools that it was offered.
struct CallFit {
    enum Fit: Hashable {
        /// - unknown: arguments that the tool does not have; they are left in for it to judge.
        case ready(name: String, arguments: JSONObject, unknown: [String])
        case unknownTool(String)
        case wrongArguments(name: String, String)
    }

    private static let longestName = 80

    let tools: [ToolSpec]

    func fit(_ shape: CallShape) -> Fit {
        guard let tool = tool(named: shape.name) else { return .unknownTool(unknownTool(shape.name)) }
        guard let given = object(shape.arguments) else {
            return .wrongArguments(name: tool.name, "The arguments of \(tool.name) must be an object: \(usage(tool)).")
        }
        var arguments = ArgumentNames.renamed(given, for: tool)
        for parameter in tool.parameters {
            guard let value = arguments[parameter.name] else { continue }
            if value == .null {
                arguments[parameter.name] = nil
            } else if let better = parameter.converted(value) {
                arguments[parameter.name] = better
            }
        }
        let missing = tool.parameters.filter { $0.isRequired && arguments[$0.name] == nil }.map(\.name)
        let unknown = arguments.keys.filter { key in !tool.parameters.contains { $0.name == key } }
        guard missing.isEmpty else {
            let extra = unknown.isEmpty ? "" : " It does not know \(unknown.joined(separator: ", "))."
            let text = "\(tool.name) needs \(missing.joined(separator: ", ")).\(extra) Call it as \(usage(tool))."
            return .wrongArguments(name: tool.name, text)
        }
        return .ready(name: tool.name, arguments: arguments, unknown: unknown)
    }

    /// The tool that is meant beyond doubt: by its name, in another spelling, with the prefix or index that some models
    /// put around it, or by the end of a longer name.
    func tool(named name: String) -> ToolSpec? {
        guard name.utf8.count <= Self.longestName else { return nil }
        if let tool = tools.first(where: { $0.name == name }) { return tool }
        var word = name[...]
        if let colon = word.lastIndex(of: ":"), word[colon...].dropFirst().allSatisfy(\.isNumber) {
            word = word[..<colon]
        }
        if let separator = word.lastIndex(where: { ".:/".contains($0) }) {
            word = word[word.index(after: separator)...]
        }
        let plain = plainName(word)
        let matches = tools.filter { plainName($0.name) == plain }
        return matches.count == 1 ? matches.first : nil
    }

    private func unknownTool(_ name: String) -> String {
        let name = String(name.prefix(Self.longestName))
        let names = tools.map(\.name)
        let guess = nearest(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
        return "There is no tool \(name).\(guess) The tools are \(names.joined(separator: ", "))."
    }

    private func usage(_ tool: ToolSpec) -> String {
        let arguments = tool.parameters.filter { $0.isRequired || tool.parameters.count <= 3 }
            .map { "\"\($0.name)\": \($0.kind.rawValue)\($0.isRequired ? "" : "?")" }
        return "{\"name\": \"\(tool.name)\", \"arguments\": {\(arguments.joined(separator: ", "))}}"
    }

    /// Arguments as an object, also out of the string that holds it, and none for nothing.
    private func object(_ json: JSON) -> JSONObject? {
        switch json {
        case .object(let object): return object
        case .null: return JSONObject()
        case .string(let text):
            let text = ReplyText(text)
            let start = text.skippingSpace(from: 0)
            if start == text.end { return JSONObject() }
            guard case .value(let value, let end) = LooseJSON.read(text.bytes, from: start, to: text.end),
                text.isBlank(end..<text.end)
            else { return nil }
            return value.objectValue
        default: return nil
        }
    }
}

/// A name without what spellings differ in: `readFile`, `read-file` and `READ_FILE` are one.
func plainName(_ name: some StringProtocol) -> String {
    String(name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " })
}
