import Glibc
import YggStorage

/// Looks whether a store is what it should be, also while its coordinator goes on.
package struct StoreInspection: Sendable {
    package private(set) var problems: [String] = []
    package private(set) var schema: Int64 = 0
    package private(set) var tasks: Int64 = 0
    package private(set) var events: Int64 = 0
    package private(set) var artifacts = 0

    package init(of layout: StoreLayout) async throws {
        problems = try SQLiteFile.damage(of: layout.database)
        guard problems.isEmpty else { return }
        guard let schema = try SQLiteFile.schema(of: layout.database) else {
            problems = ["\(layout.database) is no store of Yggdrasil."]
            return
        }
        self.schema = schema
        guard schema == Migrator.newest else {
            problems = [
                "It has schema \(schema), this version writes \(Migrator.newest): ygg db migrate brings it there."
            ]
            return
        }
        let check = try SQLiteFile.read(layout.database) { try StoreCheck(in: $0) }
        (problems, tasks, events) = (check.problems, check.tasks, check.events)
        try await inspectArtifacts(of: layout)
    }

    private mutating func inspectArtifacts(of layout: StoreLayout) async throws {
        let store = access(layout.artifacts, F_OK) == 0 ? ArtifactStore(directory: layout.artifacts) : nil
        var after = ""
        while true {
            let page = try SQLiteFile.read(layout.database) {
                try ArtifactIndex.page(after: after, limit: 500, in: $0)
            }
            guard let last = page.last else { return }
            after = last.sha256
            for (hash, size) in page {
                artifacts += 1
                let complaint =
                    if let store { try await store.complaint(about: hash, size: size) } else {
                        "Artifact \(hash) is missing."
                    }
                // Retention may have removed it since the page was read.
                guard let complaint,
                    try SQLiteFile.read(layout.database, { try ArtifactIndex.isReferenced(hash, in: $0) })
                else { continue }
                problems.append(complaint)
            }
        }
    }
}
