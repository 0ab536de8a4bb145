import GRDB

extension SQLiteDatabase: StoreUpkeep {
    /// 1 MiB of pages of the usual size.
    private static let pagesPerStep = 256

    package func footprint() async throws -> StoreFootprint {
        try await read { tx in
            func pragma(_ name: String) throws -> Int64 { try tx.first("PRAGMA \(name)", []) { $0.integer(0) } ?? 0 }
            let size = try pragma("page_size")
            let free = try pragma("freelist_count")
            return StoreFootprint(used: (try pragma("page_count") - free) * size, unused: free * size)
        }
    }

    /// Cuts free pages off the end of the file, which a database has been made for from its first page on
    /// (`auto_vacuum=INCREMENTAL`).
    package func giveBack() async throws {
        _ = try await write { tx in try tx.execute("PRAGMA incremental_vacuum(\(Self.pagesPerStep))", []) }
    }
}
