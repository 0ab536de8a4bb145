/// What is wrong with somebody's input: every complaint with the place it is about.
///
/// One type for HTTP bodies, parameters and configuration, so that all of them can say all that is wrong at once.
package struct InvalidInput: Error, Hashable, CustomStringConvertible {
    package struct Issue: Sendable, Hashable {
        /// A JSON pointer (RFC 6901) to the value, "" for the whole.
        package var pointer: String
        /// One sentence: what is wrong and what is allowed.
        package var detail: String

        package init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    package var issues: [Issue]

    package init(issues: [Issue]) { self.issues = issues }
    package init(_ pointer: String, _ detail: String) { issues = [Issue(pointer: pointer, detail: detail)] }

    package var description: String {
        issues.map { $0.pointer.isEmpty ? $0.detail : "\($0.pointer): \($0.detail)" }.joined(separator: "; ")
    }
}

/// Reads the members of one object, collects what is wrong with them, and remembers which it was asked for,
/// so that `finish` can name the ones nobody knows.
package struct ObjectReader {
    package let object: JSONObject
    package let pointer: String
    /// Whether members that nobody asks for may be there, in this object and in those inside it: a peer of another
    /// version may send what we do not know, a person may not.
    package var ignoresUnknown = false
    package private(set) var issues: [InvalidInput.Issue] = []
    private var known: [String] = []

    package init(_ object: JSONObject, at pointer: String = "") {
        self.object = object
        self.pointer = pointer
    }

    /// - Throws: `InvalidInput` where `json` is not an object.
    package init(_ json: JSON, at pointer: String = "") throws(InvalidInput) {
        guard case .object(let object) = json else {
            throw InvalidInput(pointer, "must be an object, not \(json.typeName)")
        }
        self.init(object, at: pointer)
    }

    package mutating func complain(_ key: String, _ detail: String) {
        issues.append(.init(pointer: path(key), detail: detail))
    }

    /// A complaint about one element of an array.
    package mutating func complain(_ key: String, at index: Int, _ detail: String) {
        issues.append(.init(pointer: "\(path(key))/\(index)", detail: detail))
    }

    package mutating func adopt(_ error: InvalidInput) { issues += error.issues }

    package func path(_ key: String) -> String {
        let escaped =
            key.contains("~") || key.contains("/")
            ? key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
            : key
        return "\(pointer)/\(escaped)"
    }

    /// The raw value; an explicit null counts as absent.
    package mutating func value(_ key: String) -> JSON? {
        known.append(key)
        guard let value = object[key], value != .null else { return nil }
        return value
    }

    package mutating func string(_ key: String, maxLength: Int = 65_536) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.stringValue else {
            complain(key, "must be a string, not \(value.typeName)")
            return nil
        }
        guard string.utf8.count <= maxLength else {
            complain(key, "is longer than \(maxLength) bytes")
            return nil
        }
        return string
    }

    package mutating func int(_ key: String, in range: ClosedRange<Int64> = Int64.min...Int64.max) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let int = value.intValue else {
            complain(key, "must be an integer, not \(value.typeName)")
            return nil
        }
        guard range.contains(int) else {
            complain(key, "must be from \(range.lowerBound) to \(range.upperBound), not \(int)")
            return nil
        }
        return int
    }

    package mutating func number(_ key: String) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.numberValue else {
            complain(key, "must be a number, not \(value.typeName)")
            return nil
        }
        return number
    }

    package mutating func bool(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.boolValue else {
            complain(key, "must be true or false, not \(value.typeName)")
            return nil
        }
        return bool
    }

    package mutating func array(_ key: String, maxCount: Int = 1000) -> [JSON]? {
        guard let value = value(key) else { return nil }
        guard let array = value.arrayValue else {
            complain(key, "must be an array, not \(value.typeName)")
            return nil
        }
        guard array.count <= maxCount else {
            complain(key, "has more than \(maxCount) elements")
            return nil
        }
        return array
    }

    package mutating func strings(_ key: String, maxCount: Int = 1000) -> [String]? {
        guard let array = array(key, maxCount: maxCount) else { return nil }
        var strings: [String] = []
        for (index, value) in array.enumerated() {
            guard let string = value.stringValue else {
                issues.append(
                    .init(pointer: "\(path(key))/\(index)", detail: "must be a string, not \(value.typeName)")
                )
                return nil
            }
            strings.append(string)
        }
        return strings
    }

    package mutating func choice<Value: RawRepresentable & CaseIterable>(_ key: String, of type: Value.Type) -> Value?
    where Value.RawValue == String {
        guard let string = string(key) else { return nil }
        guard let value = Value(rawValue: string) else {
            complain(key, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(string)\"")
            return nil
        }
        return value
    }

    package mutating func object(_ key: String) -> JSONObject? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else {
            complain(key, "must be an object, not \(value.typeName)")
            return nil
        }
        return object
    }

    /// Reads a nested object with a reader of its own and takes over its complaints.
    package mutating func nested<Value>(
        _ key: String,
        _ read: (inout ObjectReader) throws(InvalidInput) -> Value
    ) -> Value? {
        guard let object = object(key) else { return nil }
        var reader = ObjectReader(object, at: path(key))
        reader.ignoresUnknown = ignoresUnknown
        do throws(InvalidInput) {
            let value = try read(&reader)
            try reader.finish()
            return value
        } catch {
            adopt(error)
            return nil
        }
    }

    /// Reads an array of objects, each with a reader of its own.
    package mutating func list<Value>(
        _ key: String,
        maxCount: Int = 1000,
        _ read: (inout ObjectReader) throws(InvalidInput) -> Value
    ) -> [Value]? {
        guard let array = array(key, maxCount: maxCount) else { return nil }
        var values: [Value] = []
        for (index, element) in array.enumerated() {
            do throws(InvalidInput) {
                var reader = try ObjectReader(element, at: "\(path(key))/\(index)")
                reader.ignoresUnknown = ignoresUnknown
                let value = try read(&reader)
                try reader.finish()
                values.append(value)
            } catch {
                adopt(error)
            }
        }
        return values
    }

    /// The value, or a complaint that it is missing and an error that ends the reading.
    package mutating func required<Value>(
        _ key: String,
        _ read: (inout ObjectReader) -> Value?
    ) throws(InvalidInput) -> Value {
        let before = issues.count
        if let value = read(&self) { return value }
        if issues.count == before { complain(key, "is required") }
        throw InvalidInput(issues: issues)
    }

    /// Says all that was wrong.
    package func finish() throws(InvalidInput) {
        var issues = issues
        if !ignoresUnknown {
            // Somebody is to read them.
            for key in object.keys.lazy.filter({ !known.contains($0) }).prefix(20) {
                issues.append(.init(pointer: path(key), detail: unknownKeyDetail(key)))
            }
        }
        if !issues.isEmpty { throw InvalidInput(issues: issues) }
    }

    private func unknownKeyDetail(_ key: String) -> String {
        if let near = nearest(to: key, among: known) { return "is not known; did you mean \"\(near)\"?" }
        return "is not known; allowed are \(Set(known).sorted().joined(separator: ", "))"
    }
}

/// The candidate within an edit distance of a third of the word's length, at least two changes: what a typing error
/// leaves, two letters swapped among them.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    // What is longer than any name is no typing error of one, and would take long to compare.
    guard word.utf8.count <= 100 else { return nil }
    let limit = word.count < 4 ? 1 : max(2, word.count / 3)
    return candidates.map { (name: $0, distance: editDistance(word, $0)) }
        .filter { $0.distance <= limit }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

/// Levenshtein distance.
package func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let substitution = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}
