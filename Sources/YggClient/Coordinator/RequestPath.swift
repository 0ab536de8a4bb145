/// A path with its query, every part percent-encoded (RFC 3986).
package struct RequestPath: Sendable, CustomStringConvertible {
    package private(set) var description: String
    private var hasQuery = false

    /// - Parameter segments: each becomes one segment, whatever it contains.
    package init(_ segments: String...) {
        description = segments.map { "/\(percentEncoded($0))" }.joined()
    }

    /// Adds a member to the query where there is a value.
    package func query(_ name: String, _ value: String?) -> RequestPath {
        guard let value else { return self }
        var path = self
        path.description += "\(hasQuery ? "&" : "?")\(percentEncoded(name))=\(percentEncoded(value))"
        path.hasQuery = true
        return path
    }
}

private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: ":"):
            out.append(byte)
        default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: out, as: UTF8.self)
}
