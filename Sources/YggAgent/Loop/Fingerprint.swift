import YggCore

/// What something was, in eight bytes: to see whether it comes again without keeping it.
struct Fingerprint: Sendable, Hashable {
    private var value: UInt64 = 0xCBF2_9CE4_8422_2325

    private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    init(_ text: String) { for byte in text.utf8 { mix(byte) } }

    /// Arguments in another order are the same.
    init(_ call: ToolCall) {
        for byte in call.name.utf8 { mix(byte) }
        mix(0)
        for byte in JSON.object(call.arguments).canonicalBytes { mix(byte) }
    }

    /// Numbers do not count: every run of a command says another time, and another number of its process.
    init(result: String) {
        for byte in result.utf8 where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { mix(byte) }
    }
}
