import Glibc
import YggStorage

/// Copies a store while its coordinator goes on.
package enum StoreBackup {
    package struct Result: Sendable {
        package var path: String
        package var schema: Int64
        /// How many artifacts were copied; nil where the database alone was wanted.
        package var artifacts: Int?
        /// Artifacts that a task names and that are not there, or are damaged.
        package var missing: [String] = []
    }

    /// Copies the database alone into one file.
    package static func database(of layout: StoreLayout, to file: String) throws -> Result {
        guard access(file, F_OK) != 0 else {
            throw UpkeepError(detail: "\(file) is there already.", next: "Choose another name; nothing was changed.")
        }
        try SQLiteFile.copy(layout.database, to: file)
        return Result(path: file, schema: try SQLiteFile.schema(of: file) ?? 0)
    }

    /// Copies database and artifacts into a directory, which is made and must not be there.
    ///
    /// The database first: artifacts are only ever added before the row that names them, so whatever the copy names was
    /// there. What retention removes meanwhile is removed from the copy as well.
    package static func everything(of layout: StoreLayout, to directory: String) async throws -> Result {
        guard mkdir(directory, 0o700) == 0 else {
            let reason = String(cString: strerror(errno))
            throw UpkeepError(detail: "\(directory) cannot be made: \(reason).", next: "Choose another place.")
        }
        let target = StoreLayout(directory: directory)
        try SQLiteFile.copy(layout.database, to: target.database)
        let transfer = try await ArtifactTransfer.run(
            from: layout.artifacts,
            to: target.artifacts,
            namedBy: target.database
        )
        var missing: [String] = []
        for hash in transfer.missing {
            let isStillNamed = try SQLiteFile.read(layout.database) { try ArtifactIndex.isReferenced(hash, in: $0) }
            if isStillNamed {
                missing.append(hash)
            } else {
                try SQLiteFile.write(target.database) { try ArtifactIndex.remove(hash, in: $0) }
            }
        }
        try SQLiteFile.makeDurable(directory)
        return Result(
            path: directory,
            schema: try SQLiteFile.schema(of: target.database) ?? 0,
            artifacts: transfer.count,
            missing: missing
        )
    }
}

/// Copies the artifacts that a database names from one directory to another.
enum ArtifactTransfer {
    /// - Parameter source: nil where there is none: then only what the target has already is counted.
    /// - Returns: how many the target has now, and which are nowhere.
    static func run(
        from source: String?,
        to target: String,
        namedBy database: String
    ) async throws -> (count: Int, missing: [String]) {
        let destination = ArtifactStore(directory: target)
        var origin: ArtifactStore?
        if let source, access(source, F_OK) == 0 { origin = ArtifactStore(directory: source) }
        var (count, missing) = (0, [String]())
        var after = ""
        while true {
            let page = try SQLiteFile.read(database) { try ArtifactIndex.page(after: after, limit: 500, in: $0) }
            guard let last = page.last else { return (count, missing) }
            after = last.sha256
            for (hash, size) in page {
                if try await destination.complaint(about: hash, size: size) == nil {
                    count += 1
                } else if let bytes = try await origin?.load(hash), try await destination.save(bytes, as: hash) {
                    count += 1
                } else {
                    missing.append(hash)
                }
            }
        }
    }
}
