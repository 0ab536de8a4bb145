/// The ways in which programs write a secret down.
enum SecretEncodings {
    /// Every text that gives `value` away: as it is, in base64 at any place of a longer text, percent-encoded as URLs and
    /// forms are, and inside a string of JSON. Of one with several lines each line too, as what indents or quotes them
    /// would show it.
    static func all(of value: String) -> Set<[UInt8]> {
        let bytes = Array(value.utf8)
        var all: Set = [bytes]
        all.formUnion(lines(of: bytes))
        for alphabet in [base64, urlBase64] {
            for offset in 0..<3 { all.insert(inBase64(bytes, behind: offset, alphabet)) }
        }
        for kept in keptInURLs {
            for digits in [upperDigits, lowerDigits] {
                all.insert(percentEncoded(bytes, keeping: kept, digits))
            }
        }
        for digits in [upperDigits, lowerDigits] {
            all.insert(percentEncoded(bytes, keeping: unreserved, digits, spaceIsPlus: true))
            all.insert(percentEncoded(bytes, keeping: formKept, digits, spaceIsPlus: true))
        }
        for style in JSONStyle.all { all.insert(inJSON(value, style)) }
        return all.filter { $0.count >= Secret.minBytes }
    }

    private static let upperDigits = Array("0123456789ABCDEF".utf8)
    private static let lowerDigits = Array("0123456789abcdef".utf8)
    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    // MARK: Lines

    /// The frame of a key in PEM says nothing.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
        guard bytes.contains(where: isBreak) else { return [] }
        return bytes.split(whereSeparator: isBreak).map(Array.init).filter { !$0.starts(with: Array("-----".utf8)) }
    }

    // MARK: Base64

    private static let base64 = Array("\(letters)+/".utf8)
    private static let urlBase64 = Array("\(letters)-_".utf8)

    /// The characters that `bytes` alone decide where `offset` bytes, modulo three, stand before them. The ones at both
    /// ends that depend on the neighbours hold less than a byte.
    private static func inBase64(_ bytes: [UInt8], behind offset: Int, _ alphabet: [UInt8]) -> [UInt8] {
        let all = [UInt8](repeating: 0, count: offset) + bytes
        let first = (offset * 8 + 5) / 6
        let end = all.count * 8 / 6
        return (first..<end).map { place in
            let bit = place * 6
            let high = UInt16(all[bit / 8]) << 8
            let low = bit / 8 + 1 < all.count ? UInt16(all[bit / 8 + 1]) : 0
            return alphabet[Int((high | low) >> UInt16(10 - bit % 8) & 0x3F)]
        }
    }

    // MARK: URLs and forms

    private static let unreserved = Set("\(letters)-._~".utf8)
    private static let formKept = Set("\(letters)*-._".utf8)

    /// What encoders leave as it is: nothing, what RFC 3986 names, that and slashes, and what `encodeURIComponent` and
    /// `encodeURI` leave.
    private static let keptInURLs: [Set<UInt8>] = [
        [], unreserved, unreserved.union("/".utf8), unreserved.union("!'()*".utf8),
        unreserved.union("!'()*;,/?:@&=+$#".utf8),
    ]

    private static func percentEncoded(
        _ bytes: [UInt8],
        keeping kept: Set<UInt8>,
        _ digits: [UInt8],
        spaceIsPlus: Bool = false
    ) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            if kept.contains(byte) { return [byte] }
            if spaceIsPlus, byte == UInt8(ascii: " ") { return [UInt8(ascii: "+")] }
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    // MARK: JSON

    /// What a writer escapes besides what it must.
    private struct JSONStyle {
        var slash = false
        var markup = false
        var beyondASCII = false

        static let all = [
            JSONStyle(), JSONStyle(slash: true), JSONStyle(markup: true), JSONStyle(beyondASCII: true),
            JSONStyle(slash: true, beyondASCII: true),
        ]
    }

    private static func inJSON(_ value: String, _ style: JSONStyle) -> [UInt8] {
        var text: [UInt8] = []
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += Array("\\\"".utf8)
            case "\\": text += Array("\\\\".utf8)
            case "\n": text += Array("\\n".utf8)
            case "\r": text += Array("\\r".utf8)
            case "\t": text += Array("\\t".utf8)
            case "/" where style.slash: text += Array("\\/".utf8)
            case "<" where style.markup, ">" where style.markup, "&" where style.markup: text += escaped(scalar)
            case _ where scalar.value < 0x20 || style.beyondASCII && !scalar.isASCII: text += escaped(scalar)
            default: text += Array(String(scalar).utf8)
            }
        }
        return text
    }

    /// `\u00fc`, beyond the basic plane as two halves.
    private static func escaped(_ scalar: Unicode.Scalar) -> [UInt8] {
        String(scalar).utf16.flatMap { unit in
            Array("\\u".utf8) + [12, 8, 4, 0].map { lowerDigits[Int(unit >> UInt16($0) & 15)] }
        }
    }
}
