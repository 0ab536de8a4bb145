package import YggCore
package import YggStorage

/// What a backup says of itself. It is written last, so what has one is whole.
package struct BackupManifest: Sendable, Hashable {
    /// The form of backups that this version makes. Whoever reads a newer one leaves it alone.
    static let format: Int64 = 1
    static let fileName = "manifest.json"

    /// A file of the backup. Artifacts are none: their names are their hashes, and the database has their names.
    package struct File: Sendable, Hashable {
        /// Below the backup's directory.
        package var path: String
        package var size: Int64
        package var sha256: String
    }

    /// The version of the program that made it.
    package var program: String
    package var madeAt: Timestamp
    package var host: String
    /// Where the configuration file was.
    package var configuration: String?
    package var contents: StoreContents
    package var files: [File]
    /// Artifacts that tasks name and that were not there any more, or damaged.
    package var missing: [String]
}

extension BackupManifest {
    package var json: JSONObject {
        var object: JSONObject = [
            "format": .int(Self.format), "program": .string(program), "madeAt": .string(madeAt.description),
            "host": .string(host),
        ]
        object.append("configuration", .optional(configuration))
        object.append("contents", .object(contents.json))
        object.append(
            "files",
            .array(files.map { ["path": .string($0.path), "size": .int($0.size), "sha256": .string($0.sha256)] })
        )
        if !missing.isEmpty { object.append("missing", .array(missing.map(JSON.string))) }
        return object
    }

    init(_ bytes: [UInt8]) throws {
        var reader = try ObjectReader(JSON(parsing: bytes))
        // A later version of the same form may tell more.
        reader.ignoresUnknown = true
        _ = try reader.required("format") { $0.int("format", in: Self.format...Self.format) }
        program = try reader.required("program") { $0.string("program") }
        madeAt = try reader.required("madeAt") { $0.string("madeAt").flatMap { Timestamp(parsing: $0) } }
        host = reader.string("host") ?? ""
        configuration = reader.string("configuration")
        contents = try reader.required("contents") { $0.nested("contents", StoreContents.init(reading:)) }
        files = try reader.required("files") { $0.list("files", File.init(reading:)) }
        missing = reader.array("missing", maxCount: .max)?.compactMap(\.stringValue) ?? []
        try reader.finish()
    }
}

extension BackupManifest.File {
    fileprivate init(reading reader: inout ObjectReader) throws(InvalidInput) {
        path = try reader.required("path") { $0.string("path") }
        size = try reader.required("size") { $0.int("size") }
        sha256 = try reader.required("sha256") { $0.string("sha256") }
    }
}

extension StoreContents {
    package var json: JSONObject {
        var states = JSONObject()
        for state in TaskState.allCases { states.append(state.rawValue, .optional(tasks[state])) }
        return [
            "storeId": .string(storeID), "schema": .int(schema), "tasks": .object(states), "tokens": .int(tokens),
            "executors": .int(executors), "artifacts": .int(artifacts), "artifactBytes": .int(artifactBytes),
        ]
    }

    fileprivate init(reading reader: inout ObjectReader) throws(InvalidInput) {
        var counts: [TaskState: Int64] = [:]
        for (name, count) in reader.object("tasks")?.members ?? [] {
            if let state = TaskState(rawValue: name) { counts[state] = count.intValue }
        }
        self.init(
            storeID: try reader.required("storeId") { $0.string("storeId") },
            schema: try reader.required("schema") { $0.int("schema") },
            tasks: counts,
            tokens: try reader.required("tokens") { $0.int("tokens") },
            executors: try reader.required("executors") { $0.int("executors") },
            artifacts: try reader.required("artifacts") { $0.int("artifacts") },
            artifactBytes: try reader.required("artifactBytes") { $0.int("artifactBytes") }
        )
    }
}
