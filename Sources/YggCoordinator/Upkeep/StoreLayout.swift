import Glibc
package import YggStorage

/// What a coordinator keeps in its data directory, and where.
package struct StoreLayout: Sendable, Hashable {
    package var directory: String

    package init(directory: String) { self.directory = directory }

    static let databaseName = "ygg.sqlite"
    /// What a backup calls the configuration file.
    static let configurationName = "yggdrasil.yaml"

    package var database: String { "\(directory)/\(Self.databaseName)" }
    package var artifacts: String { "\(directory)/artifacts" }

    /// What opens this household to its holder: its name below the data directory, which a backup keeps, and the file.
    var keys: [(name: String, file: String)] {
        ["admin.token", "executor/key.json"].map { ($0, "\(directory)/\($0)") }
    }

    /// Held by a running coordinator.
    package func lock() throws -> FileLock { try FileLock(path: "\(database).lock") }

    /// A name beside the database that is not taken.
    func free(_ suffix: String) -> String {
        let name = "\(database).\(suffix)"
        guard access(name, F_OK) == 0 else { return name }
        var number = 2
        while access("\(name)-\(number)", F_OK) == 0 { number += 1 }
        return "\(name)-\(number)"
    }
}

/// Why the upkeep of a store did not happen: what is wrong, and what to do next.
package struct UpkeepError: Error, Sendable, CustomStringConvertible {
    package var detail: String
    package var next: String

    package var description: String { "\(detail) \(next)" }
}
