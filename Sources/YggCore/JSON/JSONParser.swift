/// Why bytes are not JSON, and where.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// Offset of the offending byte from the start of the text.
    package let offset: Int
    package let reason: String

    package var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

extension JSON {
    /// How deep arrays and objects may nest. Whoever keeps a value or passes it on wraps it in levels of their own, so each
    /// reads deeper than the one before: else something could be taken that nobody can read again.
    package enum Depth {
        /// A value that is handed in: parameters, or what a service answers.
        package static let value = 64
        /// A request with such values.
        package static let request = 128
        /// What was kept, and what a peer says of it. No stack ends here.
        package static let kept = 256
    }

    /// Parses one JSON text (RFC 8259): strict, UTF-8, no duplicate keys.
    ///
    /// Bodies come from anywhere, so nesting is bounded before the stack is.
    /// - Parameter maxDepth: how deep arrays and objects may nest.
    package init(parsing bytes: some Sequence<UInt8>, maxDepth: Int = Depth.kept) throws(JSONSyntaxError) {
        self = try JSON(parsing: Array(bytes), maxDepth: maxDepth)
    }

    package init(parsing bytes: [UInt8], maxDepth: Int = Depth.kept) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBufferPointer { Self.parsed($0, maxDepth) }.get()
    }

    /// A line of a stream is parsed where it lies.
    package init(parsing bytes: ArraySlice<UInt8>, maxDepth: Int = Depth.kept) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBufferPointer { Self.parsed($0, maxDepth) }.get()
    }

    private static func parsed(_ bytes: UnsafeBufferPointer<UInt8>, _ maxDepth: Int) -> Result<JSON, JSONSyntaxError> {
        var parser = JSONParser(bytes: bytes, maxDepth: maxDepth)
        do throws(JSONSyntaxError) {
            return .success(try parser.document())
        } catch {
            return .failure(error)
        }
    }

    package init(parsing text: String, maxDepth: Int = Depth.kept) throws(JSONSyntaxError) {
        self = try JSON(parsing: Array(text.utf8), maxDepth: maxDepth)
    }
}

/// A recursive-descent parser over one buffer.
///
/// Written by hand because it is on the path of every task, and because `JSONDecoder` accepts duplicate keys and cannot
/// say where an error is.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let maxDepth: Int
    var position = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    mutating func document() throws(JSONSyntaxError) -> JSON {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw error("something follows the end of the value") }
        return value
    }

    private func error(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, reason: reason) }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSON {
        skipSpace()
        guard position < bytes.count else { throw error("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("no value begins with this byte")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { throw error("an unfinished word") }
        for offset in 0..<word.utf8CodeUnitCount where bytes[position + offset] != word.utf8Start[offset] {
            throw error("an unknown word")
        }
        position = end
        return value
    }

    private mutating func enter() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= maxDepth else { throw error("nested deeper than \(maxDepth) levels") }
        position += 1
        skipSpace()
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        if take(UInt8(ascii: "}")) { return JSONObject() }
        var object = JSONObject(minimumCapacity: 4)
        var seen: Set<String> = []
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("a key should be here")
            }
            let key = try string()
            // A hash table pays only for the large objects that nobody sends in earnest.
            let isDuplicate: Bool
            if object.count < 16 {
                isDuplicate = object.members.contains { $0.key == key }
            } else {
                if seen.isEmpty { seen = Set(object.keys) }
                isDuplicate = !seen.insert(key).inserted
            }
            guard !isDuplicate else { throw error("the key \"\(key)\" appears twice") }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("a colon should follow the key") }
            object.append(key, try value())
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return object }
            throw error("a comma or the end of the object should be here")
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSON] {
        try enter()
        defer { depth -= 1 }
        var values: [JSON] = []
        if take(UInt8(ascii: "]")) { return values }
        while true {
            values.append(try value())
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "]")) { return values }
            throw error("a comma or the end of the array should be here")
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        let firstDigit = position
        var magnitude: UInt64 = 0
        var fits = true
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { fits = false }
            magnitude = sum
            position += 1
        }
        guard position > firstDigit else { throw error("a digit should be here") }
        guard position == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw error("a number has no leading zero")
        }
        let isInteger = !isNumberTail()
        if isInteger, fits {
            if !negative, let value = Int64(exactly: magnitude) { return .int(value) }
            if negative, magnitude <= UInt64(Int64.max) + 1 { return .int(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        try skipFractionAndExponent()
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw error("the number \(text.prefix(40)) is out of range")
        }
        return .double(value)
    }

    private func isNumberTail() -> Bool {
        guard position < bytes.count else { return false }
        return [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position])
    }

    private mutating func skipFractionAndExponent() throws(JSONSyntaxError) {
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONSyntaxError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw error("a digit should be here") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        // Of everything so far, together: what is below 0x80 needs no second look.
        var bits: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(UnsafeBufferPointer(rebasing: bytes[start..<position]), isASCII: bits < 0x80)
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw error("a control character in a string must be escaped")
            default:
                bits |= byte
                position += 1
            }
        }
        throw error("a string without an end")
    }

    /// Not by `String(validating:)`, which is generic and asks the runtime for types at each call.
    private func text(_ utf8: UnsafeBufferPointer<UInt8>, isASCII: Bool) throws(JSONSyntaxError) -> String {
        let text = String(unsafeUninitializedCapacity: utf8.count) { room in
            // A short text is given more room than it asked for.
            _ = room.initialize(fromContentsOf: utf8)
            return utf8.count
        }
        // What is not UTF-8 was repaired, and is not what was there.
        guard isASCII || text.utf8.elementsEqual(utf8) else { throw error("a string that is not UTF-8") }
        return text
    }

    private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                var result: Result<String, JSONSyntaxError> = .success("")
                unescaped.withUnsafeBufferPointer { utf8 in
                    do throws(JSONSyntaxError) {
                        result = .success(try text(utf8, isASCII: false))
                    } catch {
                        result = .failure(error)
                    }
                }
                position += 1
                return try result.get()
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            case 0..<0x20: throw error("a control character in a string must be escaped")
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw error("a string without an end")
    }

    private mutating func escape(into unescaped: inout [UInt8]) throws(JSONSyntaxError) {
        position += 1
        guard position < bytes.count else { throw error("an unfinished escape") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"): unescaped.append(contentsOf: try unicodeEscape().utf8)
        default: throw error("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try hexQuad()
        var value = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), case let second = try hexQuad(),
                (0xDC00..<0xE000).contains(second)
            else { throw error("half of a surrogate pair") }
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexQuad() throws(JSONSyntaxError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw error("an unfinished escape") }
        var value: UInt16 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error("four hexadecimal digits should be here")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
