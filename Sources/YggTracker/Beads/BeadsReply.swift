import Glibc
package import YggCore

/// What one run of `bd` left behind: its exit, and both of its outputs.
package struct BeadsReply: Sendable {
    package var exitCode: Int32
    package var stdout: [UInt8]
    package var stderr: String

    package init(exitCode: Int32, stdout: [UInt8], stderr: String) {
        self.exitCode = exitCode
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Whether it succeeded with these bytes.
    func isSame(as known: [UInt8]?) -> Bool {
        guard exitCode == 0, let known, known.count == stdout.count else { return false }
        return known.withUnsafeBytes { known in
            stdout.withUnsafeBytes { stdout in
                guard let left = known.baseAddress, let right = stdout.baseAddress else { return true }
                return memcmp(left, right, known.count) == 0
            }
        }
    }

    /// The payload, whichever way this version wraps it: an array, an object, `{"data": …}` or `{"items": […]}`, with lines
    /// of other things before or after it.
    package var payload: JSON? { Self.json(in: stdout).map(Self.unwrapped) }

    /// Arrays as they are; an object is an array of one.
    package var list: [JSON]? {
        switch payload {
        case .array(let values)?: values
        case .object(let object)? where Self.error(in: object) == nil: [.object(object)]
        default: nil
        }
    }

    /// Why it failed, in the words of `bd`, from whichever of its three channels has them: JSON on standard output, JSON on
    /// standard error, or plain lines there. What stands on standard error of a call that succeeded is no failure.
    package var error: String? {
        // The one thing on standard error that is worse than it looks: the database is not the one that was there before.
        if let line = stderr.split(whereSeparator: \.isNewline).first(where: { $0.contains("into empty database") }) {
            return String(line)
        }
        if case .object(let object)? = payload, let error = Self.error(in: object) { return error }
        guard exitCode != 0 else { return nil }
        var plain: [String] = []
        var told: String?
        for line in stderr.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("{"), let json = try? JSON(parsing: Array(line.utf8)), case .object(let object) = json {
                told = told ?? Self.error(in: object)
            } else {
                plain.append(String(line))
            }
        }
        if told == nil, case .object(let object)? = Self.json(in: Array(stderr.utf8)) {
            told = Self.error(in: object)
        }
        // A line about the one issue says more than the count in the JSON after it.
        let line = plain.first { Self.isError($0) } ?? plain.last { !$0.hasPrefix("Warning") && !$0.hasPrefix("Usage") }
        if let told, !told.contains("failed to update") { return told }
        if let line { return line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : line }
        return told ?? "bd ended with \(exitCode) and said nothing"
    }

    private static func isError(_ line: String) -> Bool {
        line.hasPrefix("Error") || line.hasPrefix("cannot ") || line.hasPrefix("issue ")
            || line.contains("exclusive lock")
    }

    private static func error(in object: JSONObject) -> String? {
        let object = unwrapped(.object(object)).objectValue ?? object
        guard object["id"] == nil, let error = object["error"]?.stringValue else { return nil }
        return object["hint"]?.stringValue.map { "\(error) (\($0))" } ?? error
    }

    private static func unwrapped(_ json: JSON) -> JSON {
        guard case .object(let object) = json, object["id"] == nil else { return json }
        if let data = object["data"], object.keys.allSatisfy({ ["data", "schema_version"].contains($0) }) {
            return unwrapped(data)
        }
        if case .array? = object["items"], let items = object["items"] { return items }
        return json
    }

    /// The value that begins at the first line which begins one; nil where there is none.
    static func json(in bytes: [UInt8]) -> JSON? {
        if let json = try? JSON(parsing: bytes) { return json }
        var start = 0
        var tries = 0
        while start < bytes.count, tries < mostTries {
            let end = bytes[start...].firstIndex(of: newline) ?? bytes.endIndex
            if let first = bytes[start..<end].first(where: { $0 != space }), first == brace || first == bracket {
                tries += 1
                if let json = value(in: bytes[start...], opening: first) { return json }
            }
            start = end + 1
        }
        return nil
    }

    /// What begins here and ends with the last line that begins or ends with the matching bracket.
    private static func value(in bytes: ArraySlice<UInt8>, opening: UInt8) -> JSON? {
        let closing = opening == brace ? closingBrace : closingBracket
        var rest = bytes
        for _ in 0..<mostTries {
            guard let last = rest.lastIndex(of: closing) else { return nil }
            rest = rest[...last]
            if let json = try? JSON(parsing: Array(rest)) { return json }
            rest = rest.dropLast()
        }
        return nil
    }

    private static let mostTries = 16
    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let brace = UInt8(ascii: "{")
    private static let bracket = UInt8(ascii: "[")
    private static let closingBrace = UInt8(ascii: "}")
    private static let closingBracket = UInt8(ascii: "]")
}
