import YggCore

/// A call as somebody wrote it: nothing is known yet of its tool.
struct CallShape: Hashable {
    var name: String
    /// An object, or the string that holds one, or whatever else was written there.
    var arguments: JSON
    /// Whether it has both name and arguments, and nothing that a call has not. Other JSON rarely looks so by chance.
    var isStrict: Bool

    private static let nameKeys = ["name", "tool", "tool_name", "function", "function_name", "action"]
    private static let argumentKeys = [
        "arguments", "parameters", "args", "input", "params", "tool_input", "action_input", "kwargs",
    ]
    /// What models write beside a call.
    private static let otherKeys: Set<String> = ["id", "type", "index", "thought", "thinking", "reasoning"]

    /// The calls that a JSON value is, nil where it is something else.
    static func calls(in json: JSON) -> [CallShape]? {
        switch json {
        case .object(let object):
            if case .array(let calls)? = object["tool_calls"] {
                return calls.isEmpty ? nil : Self.calls(in: .array(calls))
            }
            if let function = object["function"], function.objectValue != nil { return calls(in: function) }
            return call(in: object).map { [$0] }
        case .array(let values):
            var calls: [CallShape] = []
            for value in values {
                guard case .object(let object) = value else { return nil }
                let inner = object["function"]?.objectValue ?? object
                guard let call = call(in: inner) else { return nil }
                calls.append(call)
            }
            return calls.isEmpty ? nil : calls
        default: return nil
        }
    }

    private static func call(in object: JSONObject) -> CallShape? {
        guard let nameKey = nameKeys.first(where: { object[$0]?.stringValue != nil }),
            let name = object[nameKey]?.stringValue
        else {
            // {"read_file": {"path": "a"}}
            guard object.count == 1, let member = object.members.first, member.value.objectValue != nil else {
                return nil
            }
            return CallShape(name: member.key, arguments: member.value, isStrict: false)
        }
        let others = object.members.filter { $0.key != nameKey && !otherKeys.contains($0.key) }
        guard let key = argumentKeys.first(where: { object[$0] != nil }), let arguments = object[key] else {
            // {"name": "read_file", "path": "a"}
            return CallShape(
                name: name,
                arguments: .object(JSONObject(others.map { ($0.key, $0.value) })),
                isStrict: false
            )
        }
        // The description of a tool, as the prompt has it, is no call of it.
        if arguments["type"] == "object", arguments["properties"] != nil { return nil }
        return CallShape(name: name, arguments: arguments, isStrict: others.count == 1)
    }
}
