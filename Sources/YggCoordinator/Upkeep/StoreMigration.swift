import YggStorage

/// Brings a store to the schema of this version, with a copy of what was there before.
package enum StoreMigration {
    package struct Result: Sendable {
        package var from: Int64
        package var to: Int64
        /// The copy of the store as it was; nil where nothing had to be done.
        package var copy: String?
    }

    /// Keeps a copy of a store of an older schema. Nothing is kept of one that is new or empty.
    ///
    /// Whoever calls it has the store's lock.
    /// - Returns: the schema that was found, and the copy's path.
    @discardableResult
    package static func keepCopy(of layout: StoreLayout) throws -> (schema: Int64, copy: String?) {
        guard let schema = try SQLiteFile.schema(of: layout.database), schema > 0 else { return (0, nil) }
        guard schema < Migrator.newest else { return (schema, nil) }
        let copy = "\(layout.database).schema-\(schema)"
        try SQLiteFile.copy(layout.database, to: copy)
        return (schema, copy)
    }

    /// Migrates a store that no coordinator uses.
    package static func run(_ layout: StoreLayout) async throws -> Result {
        guard try SQLiteFile.schema(of: layout.database) != nil else {
            throw UpkeepError(
                detail: "\(layout.database) is no store of Yggdrasil.",
                next: "Name the data directory with --data-dir."
            )
        }
        let database = try SQLiteDatabase(path: layout.database)
        do {
            let (schema, copy) = try keepCopy(of: layout)
            try await Migrator.migrate(database)
            await database.close()
            return Result(from: schema, to: Migrator.newest, copy: copy)
        } catch {
            await database.close()
            throw error
        }
    }
}
