/// A token itself: a word that says what it is, then 256 random bits. The word lets tools that look for leaked secrets
/// find it.
package enum TokenSecret {
    package static let prefix = "ygg_"

    /// - Parameter random: of a generator that cannot be foreseen.
    package static func make(_ role: AccessRole, random: inout some RandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            var word = random.next() as UInt64
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return "\(prefix)\(role.rawValue)_\(base64URL(bytes))"
    }

    /// Characters below which a token that a person chose could be guessed, by whoever may try often enough.
    package static let leastLength = 32

    /// Whether others could find the token by trying. Only what a person chose can be: ours are longer.
    package static func isGuessable(_ token: String) -> Bool { token.utf8.count < leastLength }

    /// A name for a token that tells it from others.
    package static func identifier(random: inout some RandomNumberGenerator) -> TokenID {
        let digits = String(random.next() as UInt64 >> 16, radix: 32)
        return TokenID("tok-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits)
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var rest: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            rest = rest << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(rest >> bits & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(rest << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
