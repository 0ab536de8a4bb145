/// What a file system has, as this process may use it.
package struct DiskSpace: Sendable, Hashable {
    /// A directory on it.
    package var path: String
    package var free: Int64
    package var total: Int64

    package init(path: String, free: Int64, total: Int64) {
        self.path = path
        self.free = free
        self.total = total
    }

    /// Blocks as bytes. A file system without an end says that it has as many as there are numbers.
    package static func bytes(_ blocks: UInt64, of size: UInt64) -> Int64 {
        let (product, overflows) = blocks.multipliedReportingOverflow(by: size)
        return overflows ? .max : Int64(clamping: product)
    }
}

/// Whether the disks have room for new work. Below the floor they have none, so that there is always room for the
/// results of old work.
package struct DiskGuard: Sendable {
    /// Bytes that must be free; 0 asks for none. A change counts from the next look on.
    package var floor: Int64
    /// The disks as they were last seen.
    package private(set) var spaces: [DiskSpace] = []
    /// The disk that is too full; nil while all have room.
    package private(set) var shortage: DiskSpace?

    package init(floor: Int64) { self.floor = floor }

    package var isLow: Bool { shortage != nil }

    /// The disks were looked at. A disk that was too full has room again only somewhat above the floor, so that one
    /// log line more or less does not turn work away and take it again by the second.
    /// - Returns: whether that changed whether there is room.
    package mutating func measured(_ spaces: [DiskSpace]) -> Bool {
        let before = isLow
        self.spaces = spaces
        let needed = before ? floor + floor / 8 : floor
        shortage = spaces.filter { $0.free < needed }.min { $0.free < $1.free }
        return isLow != before
    }

    /// One sentence for people; nil while there is room.
    package var sentence: String? {
        shortage.map { space in
            "The disk of \(space.path) has \(Self.text(space.free)) free, and \(Self.text(floor)) are kept for the "
                + "results of work that is under way."
        }
    }

    /// Whole MiB, or KiB where there is less.
    package static func text(_ bytes: Int64) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
