/// Keeps the beginning and the end of a stream of bytes and counts what is missing between: errors stand at one of
/// the two. Never holds more than `head + 2 * tail` bytes.
package struct HeadTailBuffer: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    /// Grows to twice its limit before its older half is dropped, so that appending stays cheap.
    private var tail: [UInt8] = []
    /// All bytes that were appended.
    package private(set) var total = 0

    package init(head: Int, tail: Int) {
        precondition(head >= 0 && tail >= 0, "A part cannot be shorter than nothing.")
        headLimit = head
        tailLimit = tail
    }

    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        let forHead = bytes.prefix(headLimit - head.count)
        head += forHead
        tail += bytes.dropFirst(forHead.count).suffix(tailLimit)
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// How many bytes between head and tail are gone.
    package var missing: Int { total - head.count - min(tail.count, tailLimit) }

    /// What is kept, as repaired text. Where something is missing, a line of its own says how much; a scalar that is
    /// cut there counts as missing.
    package var text: String {
        let end = tail.suffix(tailLimit)
        guard missing > 0 else { return String(decoding: head + end, as: UTF8.self) }
        var repair = UTF8Repair()
        let first = repair.append(head[...])
        let last = end.drop(while: Self.isContinuation, atMost: 3)
        let gone = missing + repair.held.count + end.count - last.count
        let note = "[\(gone) bytes are missing here]\n"
        let lineEnd = first.isEmpty || first.last == UInt8(ascii: "\n") ? "" : "\n"
        return String(decoding: first, as: UTF8.self) + lineEnd + note + String(decoding: last, as: UTF8.self)
    }

    private static func isContinuation(_ byte: UInt8) -> Bool {
        byte & 0b1100_0000 == 0b1000_0000
    }
}

extension ArraySlice<UInt8> {
    /// Drops at most `limit` bytes from the beginning while they satisfy `condition`.
    fileprivate func drop(while condition: (UInt8) -> Bool, atMost limit: Int) -> ArraySlice<UInt8> {
        dropFirst(prefix(limit).prefix(while: condition).count)
    }
}
