/// One typed parameter of a kind.
package struct ParameterSpec: Sendable, Hashable {
    package enum ValueType: Sendable, Hashable {
        /// - Parameters:
        ///   - pattern: a regular expression that the whole value must match.
        ///   - choices: the only values allowed; empty allows all.
        case string(pattern: String?, choices: [String])
        case integer(min: Int64, max: Int64)
        case number(min: Double, max: Double)
        case boolean
        /// An object of JSON, or its text.
        case object
        /// A path that must lie inside `root`, symbolic links included.
        case path(root: String)
        /// A repository: a path under one of the executor's roots, or a URL.
        case repository
        /// Several values, each checked like a string: an array of JSON, or the text of one of strings; any other text is the
        /// only one of them.
        case strings
        /// The name of one of `choices`, whose value the command finds in a variable or in a file that it names. Without
        /// choices none may be named.
        case secret(choices: [String], variable: String, asFile: Bool)
    }

    package var name: String
    package var type: ValueType
    package var isRequired: Bool
    package var fallback: JSON?
    /// Whether a value may begin with `-`, and so be read as an option by the command it is handed to.
    package var allowDash: Bool
    package var description: String

    package init(
        _ name: String,
        _ type: ValueType,
        required: Bool = false,
        default fallback: JSON? = nil,
        allowDash: Bool = false,
        description: String = ""
    ) {
        self.name = name
        self.type = type
        isRequired = required
        self.fallback = fallback
        self.allowDash = allowDash
        self.description = description
    }

    /// The value in its own type, or what is wrong with it. A string is accepted where it spells the type: values
    /// from a command line have no other.
    package func check(_ value: JSON, at pointer: String) throws(InvalidInput) -> JSON {
        switch type {
        case .string(let pattern, let choices):
            let text = try text(value, pointer)
            guard choices.isEmpty || choices.contains(text) else {
                throw InvalidInput(pointer, "must be one of \(choices.joined(separator: ", ")), not \"\(text)\"")
            }
            if let pattern, !matchesWhole(text, pattern) {
                throw InvalidInput(pointer, "\"\(text)\" does not match the pattern \(pattern)")
            }
            return .string(text)
        case .integer(let min, let max):
            guard let number = value.intValue ?? value.stringValue.flatMap({ Int64($0) }) else {
                throw InvalidInput(pointer, "must be an integer, not \(value.typeName)")
            }
            guard number >= min, number <= max else {
                throw InvalidInput(pointer, "must be from \(min) to \(max), not \(number)")
            }
            return .int(number)
        case .number(let min, let max):
            guard let number = value.numberValue ?? value.stringValue.flatMap({ Double($0) }), number.isFinite else {
                throw InvalidInput(pointer, "must be a number, not \(value.typeName)")
            }
            guard number >= min, number <= max else {
                throw InvalidInput(pointer, "must be from \(JSON.double(min).text) to \(JSON.double(max).text)")
            }
            return value.intValue.map(JSON.int) ?? .double(number)
        case .object:
            if value.objectValue != nil { return value }
            guard let text = value.stringValue, let read = try? JSON(parsing: text, maxDepth: JSON.Depth.value),
                read.objectValue != nil
            else {
                throw InvalidInput(pointer, "must be an object of JSON, not \(value.typeName)")
            }
            return read
        case .boolean:
            if let flag = value.boolValue { return .bool(flag) }
            switch value.stringValue {
            case "true": return .bool(true)
            case "false": return .bool(false)
            default: throw InvalidInput(pointer, "must be true or false, not \(value.typeName)")
            }
        case .path, .repository:
            let text = try text(value, pointer)
            guard !text.isEmpty else { throw InvalidInput(pointer, "must not be empty") }
            return .string(text)
        case .strings:
            let values = value.arrayValue ?? value.stringValue.map { Self.strings(in: $0) ?? [.string($0)] }
            guard let values else { throw InvalidInput(pointer, "must be an array of strings, not \(value.typeName)") }
            var texts: [JSON] = []
            for (index, value) in values.enumerated() { texts.append(.string(try text(value, "\(pointer)/\(index)"))) }
            return .array(texts)
        case .secret(let choices, _, _):
            // What was given is not repeated: it may be the secret itself.
            guard let name = value.stringValue, choices.contains(name) else {
                throw InvalidInput(
                    pointer,
                    choices.isEmpty
                        ? "names a secret, and neither the kind nor its route allows one"
                        : "must be the name of a secret that the kind or its route allows: "
                            + choices.joined(separator: ", ")
                )
            }
            return .string(name)
        }
    }

    private static func strings(in text: String) -> [JSON]? {
        guard text.hasPrefix("["), let array = try? JSON(parsing: text, maxDepth: JSON.Depth.value).arrayValue else {
            return nil
        }
        return array.allSatisfy { $0.stringValue != nil } ? array : nil
    }

    private func text(_ value: JSON, _ pointer: String) throws(InvalidInput) -> String {
        let text: String
        switch value {
        case .string(let string): text = string
        case .int(let number): text = String(number)
        default: throw InvalidInput(pointer, "must be a string, not \(value.typeName)")
        }
        guard !text.utf8.contains(0) else { throw InvalidInput(pointer, "contains a NUL byte") }
        guard allowDash || !text.hasPrefix("-") else {
            throw InvalidInput(pointer, "begins with a dash, which a command could take for an option")
        }
        guard text.utf8.count <= 65_536 else { throw InvalidInput(pointer, "is longer than 65536 bytes") }
        return text
    }

    /// The type in a word or two, for messages and tables.
    package var summary: String {
        switch type {
        case .string(let pattern, let choices):
            if !choices.isEmpty {
                "one of \(choices.joined(separator: ", "))"
            } else if let pattern {
                "string matching \(pattern)"
            } else {
                "string"
            }
        case .integer(let min, let max):
            switch (min, max) {
            case (Int64.min, Int64.max): "integer"
            case (_, Int64.max): "integer from \(min)"
            case (Int64.min, _): "integer up to \(max)"
            default: "integer from \(min) to \(max)"
            }
        case .number(let min, let max):
            min.isFinite && max.isFinite
                ? "number from \(JSON.double(min).text) to \(JSON.double(max).text)" : "number"
        case .boolean: "true or false"
        case .object: "object of JSON"
        case .path(let root): "path inside \(root)"
        case .repository: "repository: a path or a URL"
        case .strings: "strings"
        case .secret(let choices, let variable, let asFile):
            choices.isEmpty
                ? "name of a secret; none is allowed"
                : "name of a secret: \(choices.joined(separator: ", ")); "
                    + "\(variable) holds \(asFile ? "the path of its file" : "its value")"
        }
    }
}

/// Whether the whole of `text` matches. A pattern that does not compile matches nothing; declarations are checked
/// with `patternProblem` when they are read.
package func matchesWhole(_ text: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return (try? regex.wholeMatch(in: text)) != nil
}

/// Why a pattern cannot be used, nil where it can.
package func patternProblem(_ pattern: String) -> String? {
    do {
        _ = try Regex(pattern)
        return nil
    } catch {
        return "\(error)"
    }
}
