import Testing

@testable import YggProcess

struct HeadTailBufferTests {
    private func buffer(_ head: Int, _ tail: Int, _ pieces: [String]) -> HeadTailBuffer {
        var buffer = HeadTailBuffer(head: head, tail: tail)
        for piece in pieces { buffer.append(Array(piece.utf8)[...]) }
        return buffer
    }

    @Test(arguments: [
        (4, 4, ["abcd", "efgh"], "abcdefgh", 0),
        (4, 4, [], "", 0),
        (4, 4, ["abc\nefghij"], "abc\n[2 bytes are missing here]\nghij", 2),
        (4, 4, ["abcdefghij"], "abcd\n[2 bytes are missing here]\nghij", 2),
        (0, 2, ["abc"], "[1 bytes are missing here]\nbc", 1),
        (2, 0, ["abc"], "ab\n[1 bytes are missing here]\n", 1),
        (4, 4, ["ab€cd€ef"], "ab\n[8 bytes are missing here]\nef", 4),
        (2, 3, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "ab\n[5 bytes are missing here]\nhij", 5),
    ])
    func `head and tail stay`(head: Int, tail: Int, pieces: [String], text: String, missing: Int) {
        let buffer = buffer(head, tail, pieces)
        #expect(buffer.text == text)
        #expect(buffer.missing == missing)
        #expect(buffer.total == pieces.joined().utf8.count)
    }

    @Test(arguments: seeds(100))
    func `how the bytes are cut makes no difference`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let head = Int.random(in: 0...50, using: &generator)
        let tail = Int.random(in: 0...50, using: &generator)
        var pieces = HeadTailBuffer(head: head, tail: tail)
        var whole = HeadTailBuffer(head: head, tail: tail)
        var all: [UInt8] = []
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
            let piece = (0..<Int.random(in: 0...30, using: &generator)).map { _ in UInt8.random(in: 97...122) }
            all += piece
            pieces.append(piece[...])
        }
        whole.append(all[...])
        #expect(pieces.text == whole.text)
        #expect(pieces.missing == max(0, all.count - head - tail))
    }
}

struct TranscriptCapTests {
    private func feed(_ cap: inout TranscriptCap, _ texts: [String]) -> [String] {
        texts.compactMap { cap.admit(OutputChunk(stream: .stdout, text: $0))?.text }
    }

    @Test
    func `what fits passes through and needs no note`() {
        var cap = TranscriptCap(limit: 10, tail: 4)
        #expect(feed(&cap, ["abc", "def"]) == ["abc", "def"])
        #expect(feed(&cap, ["gh", "ij"]) == [])
        #expect(cap.finish().map(\.text) == ["gh", "ij"])
        #expect(cap.missing == 0)
    }

    @Test
    func `the middle of too much is missing, and a note says so`() {
        var cap = TranscriptCap(limit: 10, tail: 4)
        #expect(feed(&cap, ["abcdef", "1", "22", "333", "4", "55"]) == ["abcdef"])
        #expect(cap.missing == 6)
        let end = cap.finish()
        #expect(
            end.map(\.text) == ["[6 bytes of output are missing here: an attempt may write 10]\n", "4", "55"]
        )
    }

    @Test
    func `a small chunk does not overtake a large one`() {
        var cap = TranscriptCap(limit: 10, tail: 5)
        #expect(feed(&cap, ["abcd", "efg", "h"]) == ["abcd"])
        #expect(cap.finish().map(\.text) == ["efg", "h"])
    }

    @Test
    func `a transcript that never ends is held within its bound`() {
        var cap = TranscriptCap(limit: 1000, tail: 100)
        var passed = 0
        for number in 0..<100_000 {
            passed += cap.admit(OutputChunk(stream: .stdout, text: "\(number % 10)"))?.text.utf8.count ?? 0
        }
        let end = cap.finish()
        #expect(passed == 900)
        #expect(cap.missing == 99_000)
        #expect(end.count == 101)
        #expect(end.dropFirst().map(\.text).joined().hasSuffix("0123456789"))
    }
}
