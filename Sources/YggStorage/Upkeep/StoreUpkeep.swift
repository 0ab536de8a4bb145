/// What a store that keeps files of its own can say and do about their size.
package protocol StoreUpkeep: Sendable {
    func footprint() async throws -> StoreFootprint

    /// Gives some of the unused space inside the files back to the file system: a step, short enough to stand between
    /// two commits of others.
    func giveBack() async throws
}

/// How large a store is.
package struct StoreFootprint: Sendable, Hashable {
    /// Bytes that hold something.
    package var used: Int64
    /// Bytes inside the files that hold nothing and are used again before the files grow.
    package var unused: Int64

    package init(used: Int64, unused: Int64) {
        self.used = used
        self.unused = unused
    }

    /// Whether there is more unused space than the next hours are likely to need: some is kept, so that the files do
    /// not shrink and grow by turns.
    package var hasTooMuchUnused: Bool { unused > max(1 << 20, used / 16) }
}
