/// Bounds the output of one attempt: its beginning passes through, its end is kept, and a line between them says how
/// much is missing. So a command in a loop can fill neither a disk nor the Outbox, and the error at its end is seen.
///
/// A pure value. Chunks from ``admit(_:)`` go on at once; when the attempt ends, ``finish()`` gives the rest.
package struct TranscriptCap: Sendable {
    private let limit: Int
    private let headLimit: Int
    private let tailLimit: Int
    private var passed = 0
    /// The newest chunks, oldest first from `firstHeld` on; the ones before it are dropped and cleared away in bulk.
    private var held: [OutputChunk] = []
    private var firstHeld = 0
    private var heldBytes = 0
    private var isHolding = false
    /// Bytes that were dropped between head and tail.
    package private(set) var missing = 0

    /// - Parameters:
    ///   - limit: Bytes of text in all. Default 64 MiB.
    ///   - tail: How many of them are kept for the end, in memory. Default 1 MiB.
    package init(limit: Int = 64 << 20, tail: Int = 1 << 20) {
        precondition(tail >= 0 && tail <= limit, "The tail is a part of the limit.")
        self.limit = limit
        headLimit = limit - tail
        tailLimit = tail
    }

    /// The chunk, if it may go on now; nil if it is kept for the end.
    package mutating func admit(_ chunk: OutputChunk) -> OutputChunk? {
        let size = chunk.text.utf8.count
        if !isHolding, passed + size <= headLimit {
            passed += size
            return chunk
        }
        // From the first chunk that does not fit, all are held: a smaller one must not overtake it.
        isHolding = true
        held.append(chunk)
        heldBytes += size
        while heldBytes > tailLimit { dropOldest() }
        return nil
    }

    /// The note, if something is missing, and the end of the output. The cap is used up then.
    package mutating func finish() -> [OutputChunk] {
        let end = Array(held[firstHeld...])
        held = []
        firstHeld = 0
        heldBytes = 0
        guard missing > 0 else { return end }
        let note = "[\(missing) bytes of output are missing here: an attempt may write \(limit)]\n"
        return [OutputChunk(stream: end.first?.stream ?? .stderr, text: note)] + end
    }

    private mutating func dropOldest() {
        let size = held[firstHeld].text.utf8.count
        held[firstHeld].text = ""
        firstHeld += 1
        heldBytes -= size
        missing += size
        guard firstHeld > 1024, firstHeld > held.count / 2 else { return }
        held.removeFirst(firstHeld)
        firstHeld = 0
    }
}
