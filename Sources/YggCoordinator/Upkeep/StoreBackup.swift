import Glibc
import YggStorage

/// Copies the database of a store into one file while its coordinator goes on. `HouseholdBackup` copies everything.
package enum StoreBackup {
    package struct Result: Sendable {
        package var path: String
        package var schema: Int64
    }

    package static func database(of layout: StoreLayout, to file: String) throws -> Result {
        guard access(file, F_OK) != 0 else {
            throw UpkeepError(detail: "\(file) is there already.", next: "Choose another name; nothing was changed.")
        }
        try SQLiteFile.copy(layout.database, to: file)
        return Result(path: file, schema: try SQLiteFile.schema(of: file) ?? 0)
    }
}
