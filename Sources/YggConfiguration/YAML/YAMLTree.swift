import Yams
package import YggCore

/// A YAML text as JSON, and where in the text each value stands.
///
/// Everything is read from JSON with pointers into it; this is what turns a pointer back into a line, so that a
/// complaint can be found with an editor. JSON is YAML, and so accepted.
package struct YAMLTree: Sendable {
    /// Counted from 1.
    package struct Place: Sendable, Hashable {
        package let line: Int
        package let column: Int
    }

    /// The one document; an empty text is an empty object.
    package let root: JSON
    /// By JSON pointer: where a member's key, or an element of an array, begins.
    private let places: [String: Place]

    /// No file a person writes comes near these; they bound what an alias inside an alias can grow into.
    package static let maxValues = 100_000
    package static let maxDepth = 64
    package static let maxBytes = 4 << 20

    /// - Parameter maxAliases: how many of its values may be aliases. Where each stands for several of the next, a line or
    ///   two grow into more than anybody has time for, and they are compared before they can be counted: whoever reads
    ///   what strangers wrote allows few.
    package init(parsing text: String, maxAliases: Int = .max) throws(YAMLError) {
        guard text.utf8.count <= YAMLTree.maxBytes else {
            throw YAMLError(place: nil, reason: "is larger than \(YAMLTree.maxBytes >> 20) MiB")
        }
        guard maxAliases == .max || YAMLAliases.count(in: text) <= maxAliases else {
            throw YAMLError(place: nil, reason: "has more than \(maxAliases) aliases; write their values out")
        }
        do throws(YAMLError) {
            var builder = Builder()
            root = try builder.document(text)
            places = builder.places
        } catch {
            // What only JSON can spell (half of an emoji as \ud83d) has no place in YAML, and needs none to be read.
            guard let json = try? JSON(parsing: text, maxDepth: YAMLTree.maxDepth) else { throw error }
            root = json
            places = [:]
        }
    }

    /// Where the value at `pointer` stands; for one that is missing, the nearest that contains it.
    package func place(of pointer: String) -> Place? {
        var pointer = pointer[...]
        while true {
            if let place = places[String(pointer)] { return place }
            guard let slash = pointer.lastIndex(of: "/") else { return nil }
            pointer = pointer[..<slash]
        }
    }
}

/// Why a text is no YAML that we read, and where.
package struct YAMLError: Error, Hashable {
    package let place: YAMLTree.Place?
    package let reason: String

    init(place: YAMLTree.Place?, reason: String) {
        self.place = place
        self.reason = reason
    }

    fileprivate init(_ mark: Mark?, _ reason: String) {
        self.init(place: mark.map(YAMLTree.Place.init), reason: reason)
    }
}

extension YAMLTree.Place {
    fileprivate init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

/// Walks the nodes of a document once, expanding aliases as it goes.
private struct Builder {
    var places: [String: YAMLTree.Place] = [:]
    private var count = 0

    mutating func document(_ text: String) throws(YAMLError) -> JSON {
        guard let node = try compose(text) else { return .object(JSONObject()) }
        let json = try value(node, at: "", depth: 1)
        return json == .null ? .object(JSONObject()) : json
    }

    private func compose(_ text: String) throws(YAMLError) -> Node? {
        do {
            // The default encoding would be asked of the environment. No rules: what a plain scalar means is
            // decided here, by YAML 1.2, where `no` is a word and `010` is ten.
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw YAMLError(error)
        } catch {
            throw YAMLError(place: nil, reason: "\(error)")
        }
    }

    private mutating func value(_ node: Node, at pointer: String, depth: Int) throws(YAMLError) -> JSON {
        count += 1
        guard count <= YAMLTree.maxValues else {
            throw YAMLError(
                node.mark,
                "has more than \(YAMLTree.maxValues) values once its aliases are expanded"
            )
        }
        guard depth <= YAMLTree.maxDepth else {
            throw YAMLError(node.mark, "is nested deeper than \(YAMLTree.maxDepth) levels")
        }
        if places[pointer] == nil, let mark = node.mark { places[pointer] = .init(mark) }
        switch node {
        case .scalar(let scalar): return try plainValue(of: scalar)
        case .sequence(let sequence):
            var values: [JSON] = []
            for (index, element) in sequence.enumerated() {
                values.append(try value(element, at: "\(pointer)/\(index)", depth: depth + 1))
            }
            return .array(values)
        case .mapping(let mapping): return .object(try object(mapping, at: pointer, depth: depth))
        case .alias(let alias): throw YAMLError(alias.mark, "names an anchor that does not exist")
        }
    }

    private mutating func object(
        _ mapping: Node.Mapping,
        at pointer: String,
        depth: Int
    ) throws(YAMLError) -> JSONObject {
        var object = JSONObject()
        var seen: Set<String> = []
        for (keyNode, valueNode) in mapping {
            let key = try key(keyNode)
            guard seen.insert(key).inserted else {
                throw YAMLError(keyNode.mark, "the key \"\(key)\" appears twice")
            }
            let path = ObjectReader(JSONObject(), at: pointer).path(key)
            places[path] = keyNode.mark.map(YAMLTree.Place.init)
            object.append(key, try value(valueNode, at: path, depth: depth + 1))
        }
        return object
    }

    private func key(_ node: Node) throws(YAMLError) -> String {
        guard case .scalar(let scalar) = node else {
            throw YAMLError(node.mark, "a key must be a string, not \(node.sequence == nil ? "an object" : "an array")")
        }
        guard scalar.style == .plain else { return scalar.string }
        guard scalar.string != "<<" else {
            throw YAMLError(scalar.mark, "merging with << is not supported; use an alias for the whole value")
        }
        let value = plainScalar(scalar.string)
        guard value.stringValue != nil else {
            throw YAMLError(
                scalar.mark,
                "a key must be a string, not \(value.typeName); write \"\(scalar.string)\" in quotes"
            )
        }
        return scalar.string
    }

    private func plainValue(of scalar: Node.Scalar) throws(YAMLError) -> JSON {
        switch scalar.tag.rawValue {
        case Tag.Name.implicit.rawValue:
            let value = plainScalar(scalar.string)
            if case .double(let number) = value, !number.isFinite {
                throw YAMLError(scalar.mark, "\(scalar.string) is not a number that can be used here")
            }
            return value
        case Tag.Name.str.rawValue, Tag.Name.nonSpecific.rawValue: return .string(scalar.string)
        default: throw YAMLError(scalar.mark, "the tag \(scalar.tag.rawValue) is not supported")
        }
    }
}

extension YAMLError {
    /// In our words: those of the library come with a copy of the file.
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let context = context.map { " \($0.text) (line \($0.mark.line))" } ?? ""
            self.init(mark, "is not valid YAML:\(context) \(problem)")
        case .composer(_, let problem, let mark, _) where problem.contains("another document"):
            self.init(mark, "a second document begins here; one file holds one")
        case .composer(_, _, let mark, _): self.init(mark, "an alias (*) here names an anchor (&) that does not exist")
        case .reader(let problem, let offset, _, let text):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            self.init(place: line.map { .init(line: $0, column: 1) }, reason: "is not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let keys = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            self.init(context.mark, "the key \(keys) appears twice")
        default: self.init(place: nil, reason: "is not valid YAML: \(error)")
        }
    }
}
