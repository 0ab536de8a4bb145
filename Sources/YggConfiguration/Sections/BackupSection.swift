package import YggCore

/// `backup:`, the backups that a coordinator makes by itself.
package struct BackupSection: Sendable, Hashable {
    /// The folder; without one there are none.
    package var directory: String?
    /// How many of them stay.
    package var keep: Int?
    /// From one to the next.
    package var interval: Milliseconds?

    static let keepRange: ClosedRange<Int64> = 1...10_000
    /// A day at most: a person is warned when there was none for two.
    static let intervalRange: ClosedRange<Milliseconds> = .minutes(1)...Milliseconds.days(1)

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        directory = reader.read("dir", .path)
        keep = reader.int("keep", in: Self.keepRange).map { Int($0) }
        interval = reader.read("every", .duration(Self.intervalRange))
    }
}
