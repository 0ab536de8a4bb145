import Glibc
import YggStorage

/// Copies the artifacts that a database names from one directory to another.
package struct ArtifactTransfer: Sendable {
    /// How many of them the target has now.
    package private(set) var count = 0
    package private(set) var bytes: Int64 = 0
    /// Those of them that take no space of their own.
    package private(set) var shared = 0
    /// Those that are nowhere, or damaged everywhere.
    package private(set) var missing: [String] = []

    /// What is there already, whole, is not copied again. Whatever is counted was read to its end and has its hash.
    /// - Parameters:
    ///   - source: nil where there is none: then only what the target has already is counted.
    ///   - previous: an earlier copy on the target's own file system. What it has is given a second name.
    static func run(
        from source: String?,
        to target: String,
        namedBy database: String,
        sharingWith previous: String? = nil,
        progress: @Sendable (ArtifactTransfer) -> Void = { _ in }
    ) async throws -> ArtifactTransfer {
        let disk = DiskQueue()
        let destination = ArtifactStore(directory: target)
        let origin = store(at: source)
        let earlier = store(at: previous)
        var transfer = ArtifactTransfer()
        var after = ""
        while true {
            let page = try await disk.run { [after] in
                try SQLiteFile.read(database) { try ArtifactIndex.page(after: after, limit: 500, in: $0) }
            }
            guard let last = page.last else { break }
            after = last.sha256
            for (hash, size) in page {
                try Task.checkCancellation()
                if let earlier, try await destination.share(hash, with: earlier),
                    try await destination.complaint(about: hash, size: size) == nil
                {
                    transfer.shared += 1
                    transfer.add(size)
                } else if try await destination.complaint(about: hash, size: size) == nil {
                    transfer.add(size)
                } else if let reader = try await origin?.reader(of: hash),
                    try await destination.save(as: hash, { try await reader.next() }) != nil
                {
                    transfer.add(size)
                } else {
                    transfer.missing.append(hash)
                }
                progress(transfer)
            }
        }
        try await destination.makeDurable()
        return transfer
    }

    private static func store(at directory: String?) -> ArtifactStore? {
        directory.flatMap { access($0, F_OK) == 0 ? ArtifactStore(directory: $0) : nil }
    }

    private mutating func add(_ size: Int64) {
        count += 1
        bytes += size
    }

    /// Nobody names them any more: they are not missed.
    mutating func forget(_ hashes: Set<String>) { missing.removeAll { hashes.contains($0) } }
}
