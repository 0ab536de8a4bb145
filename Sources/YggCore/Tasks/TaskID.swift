/// The name of a task: `[A-Za-z0-9._-]{1,64}`. Made by us, it sorts by time; given by a client, it is the client's.
package struct TaskID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// nil where the text is not a valid id. `.` and `..` are refused, because ids become path components.
    package init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text != ".", text != "..", text.utf8.allSatisfy(isIDByte) else {
            return nil
        }
        rawValue = text
    }

    /// For ids that come out of our own store or maker.
    package init(trusted text: String) { rawValue = text }

    package var description: String { rawValue }

    package static func < (left: TaskID, right: TaskID) -> Bool { left.rawValue < right.rawValue }
}

func isIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}

/// Makes ids that sort by time: 48 bits of milliseconds and 80 random ones in Crockford's base 32, lower case.
///
/// Within one millisecond, and when the clock goes back, the random part counts up, so that the ids of one
/// maker never run backwards.
package struct TaskIDMaker: Sendable {
    private var lastTime: UInt64 = 0
    private var high: UInt16 = 0
    private var low: UInt64 = 0

    package init() {}

    package mutating func next(at time: Timestamp, random: inout some RandomNumberGenerator) -> TaskID {
        let now = UInt64(max(0, time.milliseconds)) & 0xFFFF_FFFF_FFFF
        if now > lastTime {
            lastTime = now
            high = random.next() & 0x7FFF
            low = random.next()
        } else {
            low &+= 1
            if low == 0 { high &+= 1 }
        }
        return TaskID(trusted: text)
    }

    private var text: String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in 0..<10 { buffer[index] = alphabet[Int(lastTime >> UInt64(45 - 5 * index)) & 31] }
            let random = UInt128(high) << 64 | UInt128(low)
            for index in 0..<16 {
                buffer[10 + index] = alphabet[Int(truncatingIfNeeded: random >> UInt128(75 - 5 * index)) & 31]
            }
            return 26
        }
    }
}
