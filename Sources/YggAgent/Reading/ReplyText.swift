/// The bytes of an answer with the few ways to look at them that the readers need.
struct ReplyText {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var end: Int { bytes.count }

    subscript(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func starts(with word: String, at index: Int) -> Bool {
        let word = word.utf8
        return index + word.count <= end && bytes[index..<index + word.count].elementsEqual(word)
    }

    /// The first place of `word` from `start` on. Its first byte should be rare.
    func first(_ word: String, from start: Int, to limit: Int? = nil) -> Int? {
        let limit = limit ?? end
        guard let first = word.utf8.first else { return nil }
        var index = start
        while index < limit, let found = bytes[index..<limit].firstIndex(of: first) {
            if found + word.utf8.count <= limit, starts(with: word, at: found) { return found }
            index = found + 1
        }
        return nil
    }

    func isSpace(at index: Int) -> Bool { [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) }

    func skippingSpace(from start: Int, to limit: Int? = nil) -> Int {
        var index = start
        while index < limit ?? end, isSpace(at: index) { index += 1 }
        return index
    }

    func isBlank(_ range: Range<Int>) -> Bool {
        skippingSpace(from: range.lowerBound, to: range.upperBound) >= range.upperBound
    }

    /// Where the line ends that `index` stands in: at its line break, or at the end of the text.
    func lineEnd(from index: Int) -> Int { bytes[index...].firstIndex(of: 0x0A) ?? end }
}
