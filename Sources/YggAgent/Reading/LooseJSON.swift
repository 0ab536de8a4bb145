import YggCore

/// Reads one JSON object or array as small models write them.
///
/// It forgives what can have one meaning only: raw line breaks and tabs in strings, escapes that do not exist (`\d` of a
/// regular expression), a comma before a closing bracket. Everything else is left to the strict parser, which has the
/// last word. One pass without recursion, so its time is linear and no depth brings it down.
enum LooseJSON {
    enum Reading: Hashable {
        /// - end: the index after the last byte.
        case value(JSON, end: Int)
        /// The text ends inside of it.
        case truncated
        case broken(String)
    }

    private static let maxDepth = 64

    /// - Parameters:
    ///   - start: where `{` or `[` stands.
    ///   - limit: where the text ends.
    ///   - mayBeClosedByTag: whether a closing tag ends it too. The model has then said that the call is whole, and what
    ///     is missing are brackets: many forget the last one.
    static func read(_ bytes: [UInt8], from start: Int, to limit: Int, mayBeClosedByTag: Bool = false) -> Reading {
        var out: [UInt8] = []
        var closers: [UInt8] = []
        var index = start
        while index < limit {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                out.append(byte)
                guard let end = copyString(bytes, from: index, to: limit, into: &out) else { return .truncated }
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                out.append(byte)
                closers.append(byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                if closers.count > maxDepth { return .broken("it is nested too deep") }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closers.popLast() == byte else { return .broken("its brackets do not match") }
                dropTrailingComma(&out)
                out.append(byte)
                if closers.isEmpty { return parsed(out, end: index) }
            case UInt8(ascii: "<") where mayBeClosedByTag && index < limit && bytes[index] == UInt8(ascii: "/"):
                dropTrailingComma(&out)
                return parsed(out + closers.reversed(), end: index - 1)
            default: out.append(byte)
            }
        }
        return .truncated
    }

    private static func parsed(_ bytes: [UInt8], end: Int) -> Reading {
        do {
            return .value(try JSON(parsing: bytes, maxDepth: maxDepth), end: end)
        } catch {
            return .broken(error.reason)
        }
    }

    private static func dropTrailingComma(_ out: inout [UInt8]) {
        var last = out.endIndex
        while last > 0, [0x20, 0x0A, 0x0D, 0x09].contains(out[last - 1]) { last -= 1 }
        if last > 0, out[last - 1] == UInt8(ascii: ",") { out.removeSubrange((last - 1)...) }
    }

    /// Copies the rest of a string with its closing quote. Returns the index after it, nil where there is none.
    private static func copyString(_ bytes: [UInt8], from start: Int, to limit: Int, into out: inout [UInt8]) -> Int? {
        var index = start
        while index < limit {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                out.append(byte)
                return index
            case UInt8(ascii: "\\"):
                guard index < limit else { return nil }
                index = copyEscape(bytes, at: index, to: limit, into: &out)
            case 0x0A: out += "\\n".utf8
            case 0x0D: out += "\\r".utf8
            case 0x09: out += "\\t".utf8
            // Other control characters have no meaning in a call.
            case 0..<0x20: break
            default: out.append(byte)
            }
        }
        return nil
    }

    /// - Parameter index: of the byte after the backslash.
    private static func copyEscape(_ bytes: [UInt8], at index: Int, to limit: Int, into out: inout [UInt8]) -> Int {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            out += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "'"): out.append(byte)
        case UInt8(ascii: "u") where isHexQuad(bytes, at: index + 1, to: limit):
            out += [UInt8(ascii: "\\"), byte]
        case 0x0A: out += "\\n".utf8
        default:
            // The backslash itself was meant.
            out += "\\\\".utf8
            return index
        }
        return index + 1
    }

    private static func isHexQuad(_ bytes: [UInt8], at start: Int, to limit: Int) -> Bool {
        start + 4 <= limit && bytes[start..<start + 4].allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
}
