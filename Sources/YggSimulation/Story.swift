package import YggCore

/// A history in words: when, who, what. Its digest covers more than is told, so that two runs of one seed can be compared.
package struct Story: Sendable, CustomStringConvertible {
    package struct Line: Sendable {
        package var time: Instant
        package var who: String
        package var what: String
    }

    package private(set) var lines: [Line] = []
    package private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ line: Line) {
        lines.append(line)
        mark(line.time, 0)
        for byte in line.who.utf8 { take(UInt64(byte)) }
        for byte in line.what.utf8 { take(UInt64(byte)) }
    }

    mutating func mark(_ time: Instant, _ number: Int64) {
        take(UInt64(bitPattern: time.nanoseconds))
        take(UInt64(bitPattern: number))
    }

    private mutating func take(_ word: UInt64) {
        digest = (digest ^ word) &* 0x100_0000_01B3
        digest ^= digest >> 29
    }

    package var description: String {
        let width = lines.map(\.who.count).max() ?? 0
        return lines.map { line in
            let milliseconds = line.time.nanoseconds / 1_000_000
            let fraction = String(milliseconds % 1000 + 1000).dropFirst()
            let seconds = "\(milliseconds / 1000).\(fraction)"
            let time = String(repeating: " ", count: max(0, 8 - seconds.count)) + seconds
            let who = line.who + String(repeating: " ", count: width - line.who.count)
            return "\(time)  \(who)  \(line.what)"
        }.joined(separator: "\n")
    }
}
