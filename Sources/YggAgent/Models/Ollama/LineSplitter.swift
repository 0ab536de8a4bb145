/// Cuts a stream of bytes into lines at 0x0A and nowhere else, wherever the network cut it.
///
/// The bytes of a line are decoded by its reader once the line is whole, so a character that came in two pieces is none
/// the worse for it. U+2028 and its like are legal inside JSON and no ends of lines here.
package struct LineSplitter: Sendable {
    package struct LineTooLong: Error {}

    /// The longest line that is put together.
    private let limit: Int
    /// The beginning of a line whose end has not come.
    private var pending: [UInt8] = []

    package init(limit: Int) { self.limit = limit }

    /// The lines that these bytes complete, without their ends; empty lines are left out.
    package mutating func feed(_ bytes: [UInt8]) throws(LineTooLong) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let piece = bytes[start..<end]
            start = end + 1
            guard pending.count + piece.count <= limit else { throw LineTooLong() }
            if !pending.isEmpty {
                lines.append((pending + piece)[...])
                pending.removeAll(keepingCapacity: true)
            } else if !piece.isEmpty {
                lines.append(piece)
            }
        }
        guard pending.count + bytes.count - start <= limit else { throw LineTooLong() }
        pending += bytes[start...]
        return lines
    }

    /// What came after the last end of a line. It is a line too once the stream is over.
    package mutating func rest() -> ArraySlice<UInt8>? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending[...]
    }
}
