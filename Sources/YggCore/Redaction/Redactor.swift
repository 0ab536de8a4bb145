/// Takes secrets out of a stream of bytes that comes in pieces, wherever it is cut.
///
/// A pure value, one for each stream. Whatever could be the beginning of a secret is held back until it is known to be
/// none, and nothing else: as a rule a line that has ended is given out as a whole. Occurrences that overlap are taken
/// out together. What is given out is the same for every cutting of the same bytes.
///
/// A line break does not hide what base64 wraps: behind 60 of its characters in a row a break that no secret goes on
/// with is passed over.
package struct Redactor: Sendable {
    /// Bytes that are not told, by their places in `held`.
    private struct Covered {
        var start: Int
        var end: Int
        var owner: Int
        /// Its mark is given out, and its beginning is no longer held.
        var isMarked = false
    }

    /// Fewer than any program puts into a line that it wraps.
    private static let wrapped = 60

    private let patterns: SecretPatterns
    private var node: Int32 = 0
    /// What is not given out yet, and what of it will not be.
    private var held: [UInt8] = []
    private var covered: [Covered] = []
    /// Places in `held` of line breaks that were passed over.
    private var skipped: [Int] = []
    /// A carriage return was passed over, and nothing has come since.
    private var isInBreak = false
    /// How many characters of base64 came last, before `held` is appended to; at most `wrapped`.
    private var run = 0

    package init(_ patterns: SecretPatterns) { self.patterns = patterns }

    /// The next bytes of the stream without secrets, as far as that is known.
    package mutating func append(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard !patterns.isEmpty else { return Array(bytes) }
        let seen = held.count
        held += bytes
        read(from: seen)
        run = runLength(endingAt: held.count, from: seen)
        return give(upTo: start(of: patterns.depth(node), endingAt: held.count))
    }

    /// What was held back: nothing more comes. Afterwards it is as if new.
    package mutating func finish() -> [UInt8] {
        let rest = give(upTo: held.count)
        self = Redactor(patterns)
        return rest
    }

    private mutating func read(from first: Int) {
        var index = first
        let count = held.count
        while index < count {
            if node == 0 {
                while index < count, patterns.first[Int(held[index])] == 0 { index += 1 }
                if index == count { return }
            }
            let byte = held[index]
            if byte == 0x0A || byte == 0x0D, node != 0, passesOver(byte, at: index, from: first) {
                skipped.append(index)
            } else {
                isInBreak = false
                node = patterns.next(node, byte)
                if let match = patterns.match(node) {
                    cover(start(of: match.length, endingAt: index + 1), index + 1, by: match.owner)
                }
            }
            index += 1
        }
    }

    private mutating func passesOver(_ byte: UInt8, at index: Int, from first: Int) -> Bool {
        guard patterns.child(of: node, byte) == nil else { return false }
        let passes = isInBreak && byte == 0x0A || runLength(endingAt: index, from: first) >= Self.wrapped
        isInBreak = passes && byte == 0x0D
        return passes
    }

    /// How many characters of base64 end before `end`, where `run` of them came before `first`.
    private func runLength(endingAt end: Int, from first: Int) -> Int {
        var count = 0
        while count < Self.wrapped, end - count > first, Self.isBase64(held[end - count - 1]) { count += 1 }
        return end - count == first ? min(Self.wrapped, count + run) : count
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Where the last `length` bytes before `end` begin, without those that were passed over.
    private func start(of length: Int, endingAt end: Int) -> Int {
        var start = end - length
        for place in skipped.reversed() {
            guard place >= start else { break }
            start -= 1
        }
        return start
    }

    private mutating func cover(_ start: Int, _ end: Int, by owner: Int) {
        var new = Covered(start: start, end: end, owner: owner)
        while let last = covered.last, new.start < last.end {
            covered.removeLast()
            // Of those that begin at one place the longest, which is found last, gives the name.
            if last.isMarked || last.start < new.start {
                new = Covered(start: last.start, end: end, owner: last.owner, isMarked: last.isMarked)
            }
        }
        covered.append(new)
    }

    /// Gives out what stands before `end`, where no secret that is still to be found can begin.
    private mutating func give(upTo end: Int) -> [UInt8] {
        if covered.isEmpty, end == held.count {
            defer { forget(end) }
            return held
        }
        var given: [UInt8] = []
        given.reserveCapacity(end)
        var place = 0
        var open: [Covered] = []
        for var cover in covered {
            guard cover.isMarked || cover.start < end else {
                open.append(cover)
                continue
            }
            if !cover.isMarked {
                given += held[place..<cover.start]
                given += patterns.marks[cover.owner]
                cover.isMarked = true
            }
            place = min(cover.end, end)
            if cover.end > end {
                cover.start = end
                open.append(cover)
            }
        }
        if place < end { given += held[place..<end] }
        covered = open.map { Covered(start: $0.start - end, end: $0.end - end, owner: $0.owner, isMarked: $0.isMarked) }
        forget(end)
        return given
    }

    private mutating func forget(_ count: Int) {
        if count == held.count { held = [] } else { held.removeFirst(count) }
        if !skipped.isEmpty { skipped = skipped.filter { $0 >= count }.map { $0 - count } }
    }
}
