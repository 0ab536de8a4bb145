import Glibc
import Synchronization
package import YggCore

/// What one run of `bd` left behind: its exit, and both of its outputs.
package struct BeadsReply: Sendable {
    package let exitCode: Int32
    package let stdout: [UInt8]
    package let stderr: String
    private let parsed = Parsed()

    /// Standard output is parsed once, however often it is asked for: it may be megabytes.
    private final class Parsed: Sendable {
        let reading = Mutex<Reading?>(nil)
    }

    private struct Reading: Sendable {
        var json: JSON?
        /// Whether there was nothing around it.
        var isWhole: Bool
    }

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
    package var payload: JSON? { reading.json.map(Self.unwrapped) }

    private var reading: Reading {
        parsed.reading.withLock { known in
            if let known { return known }
            let reading: Reading
            if let json = try? JSON(parsing: stdout) {
                reading = Reading(json: json, isWhole: true)
            } else {
                reading = Reading(json: Self.json(in: stdout), isWhole: false)
            }
            known = reading
            return reading
        }
    }

    /// Where an array is due, and nothing else will do. What of it cannot be read is left out: one issue with a monster in its
    /// metadata is no reason to see none of the others.
    package var array: [JSON]? {
        if !reading.isWhole, let elements = Self.elements(in: stdout[...]) { return elements }
        return payload?.arrayValue
    }

    /// Where it may be an array or the one object that would be in it.
    package var list: [JSON]? {
        if let array { return array }
        guard case .object(let object)? = payload, Self.error(in: object) == nil else { return nil }
        return [.object(object)]
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

    /// The objects of the array that begins at the first line which begins one, each read by itself.
    /// - Returns: nil where there is no such array, or something else is in it.
    private static func elements(in bytes: ArraySlice<UInt8>) -> [JSON]? {
        var rest = bytes
        for _ in 0..<mostTries {
            guard let start = lineStart(in: rest, with: bracket) else { return nil }
            if let found = ranges(ofObjectsIn: bytes[(start + 1)...]) {
                return found.compactMap { try? JSON(parsing: bytes[$0]) }
            }
            rest = bytes[(start + 1)...]
        }
        return nil
    }

    /// The first byte of a line that is this one, but for spaces before it.
    private static func lineStart(in bytes: ArraySlice<UInt8>, with wanted: UInt8) -> Int? {
        var isAtStart = bytes.startIndex == 0 || bytes.first == wanted
        for index in bytes.indices {
            let byte = bytes[index]
            if isAtStart, byte == wanted { return index }
            isAtStart = byte == newline || isAtStart && byte == space
        }
        return nil
    }

    /// Where the objects are of an array whose bracket stands before this. Without recursion, whatever is nested in them.
    private static func ranges(ofObjectsIn bytes: ArraySlice<UInt8>) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        var (depth, start) = (0, 0)
        var (isInString, isEscaped) = (false, false)
        for index in bytes.indices {
            let byte = bytes[index]
            if isInString {
                isInString = isEscaped || byte != quote
                isEscaped = !isEscaped && byte == backslash
                continue
            }
            switch byte {
            case quote where depth > 0: isInString = true
            case brace, bracket:
                if depth == 0 {
                    guard byte == brace else { return nil }
                    start = index
                }
                depth += 1
            case closingBracket where depth == 0: return ranges
            case closingBrace, closingBracket:
                depth -= 1
                guard depth >= 0 else { return nil }
                if depth == 0 { ranges.append(start..<index + 1) }
            default:
                let isBetween = byte == space || byte == newline || byte == comma || byte == tab || byte == carriage
                guard depth > 0 || isBetween else { return nil }
            }
        }
        return nil
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
            if let json = try? JSON(parsing: rest) { return json }
            rest = rest.dropLast()
        }
        return nil
    }

    private static let mostTries = 16
    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let tab = UInt8(ascii: "\t")
    private static let carriage = UInt8(ascii: "\r")
    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let brace = UInt8(ascii: "{")
    private static let bracket = UInt8(ascii: "[")
    private static let closingBrace = UInt8(ascii: "}")
    private static let closingBracket = UInt8(ascii: "]")
}
