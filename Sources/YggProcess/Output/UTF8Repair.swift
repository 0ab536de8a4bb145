/// Turns bytes that come in pieces into valid UTF-8, with U+FFFD for what is none, as `String(decoding:as:)` would for
/// the whole. A scalar that is cut between two pieces is held back until the rest has come.
struct UTF8Repair: Sendable {
    /// The beginning of a scalar whose end has not come: at most three bytes.
    private(set) var held: [UInt8] = []

    /// The valid text of what has come so far, less what was returned before.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let all = held + bytes
        let cut = all.count - Self.unfinished(all)
        held = Array(all[cut...])
        return Self.repaired(all[..<cut])
    }

    /// What was held back, repaired: nothing more comes.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return Self.repaired(held[...])
    }

    private static func repaired(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// How many bytes at the end begin a scalar that a further byte could go on with.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let start = bytes.count - length
            let lead = bytes[start]
            if lead & 0b1100_0000 == 0b1000_0000 { continue }
            guard length < scalarLength(lead) else { return 0 }
            return length == 1 || isPossible(second: bytes[start + 1], after: lead) ? length : 0
        }
        return 0
    }

    /// The bytes of a scalar that begins with `lead`; 1 where it begins none.
    private static func scalarLength(_ lead: UInt8) -> Int {
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// Unicode, table 3-7: four leads narrow what may follow them (no overlong forms, surrogates or scalars past
    /// U+10FFFF).
    private static func isPossible(second: UInt8, after lead: UInt8) -> Bool {
        switch lead {
        case 0xE0: (0xA0...0xBF).contains(second)
        case 0xED: (0x80...0x9F).contains(second)
        case 0xF0: (0x90...0xBF).contains(second)
        case 0xF4: (0x80...0x8F).contains(second)
        default: true
        }
    }
}
