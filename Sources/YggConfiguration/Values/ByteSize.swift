/// A number of bytes, as people write it: `2GiB`.
package struct ByteSize: Sendable, Hashable, Comparable {
    package let bytes: Int64

    package init(bytes: Int64) { self.bytes = bytes }

    package static func mebibytes(_ count: Int64) -> ByteSize { ByteSize(bytes: count << 20) }
    package static func gibibytes(_ count: Int64) -> ByteSize { ByteSize(bytes: count << 30) }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    private static let units: [(suffix: String, shift: Int64)] = [
        ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0),
    ]

    /// Powers of 1024 only: a `GB` means two things, and the wrong one fills a disk.
    package init?(parsing text: String) {
        for unit in ByteSize.units where text.hasSuffix(unit.suffix) {
            let number = text.dropLast(unit.suffix.count)
            guard let count = Int64(number), count >= 0, count <= Int64.max >> unit.shift else { return nil }
            self.init(bytes: count << unit.shift)
            return
        }
        return nil
    }

    /// The shortest exact form that `init(parsing:)` reads.
    package var text: String {
        for unit in ByteSize.units where bytes != 0 && bytes % (1 << unit.shift) == 0 {
            return "\(bytes >> unit.shift)\(unit.suffix)"
        }
        return "0B"
    }
}
