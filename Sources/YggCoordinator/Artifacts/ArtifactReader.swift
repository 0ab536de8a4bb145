#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The bytes of one artifact, a chunk at a time: they stay readable while they are removed.
package final class ArtifactReader: Sendable {
    private static let chunkSize = 256 << 10

    /// In bytes.
    package let size: Int64
    private let descriptor: Int32
    private let disk: DiskQueue

    /// Waits for the disk.
    /// - Returns: nil where there is no such file.
    init?(path: String, disk: DiskQueue) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fileFailure(to: "open \(path)")
        }
        self.disk = disk
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            // The error first: closing may set another one.
            let failure = fileFailure(to: "look at \(path)")
            close(descriptor)
            throw failure
        }
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// What follows what was read last; nil at the end.
    package func next() async throws -> [UInt8]? {
        try await disk.run { [self] in
            var chunk = [UInt8](repeating: 0, count: Self.chunkSize)
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw fileFailure(to: "read an artifact") }
            chunk.removeLast(chunk.count - count)
            return chunk.isEmpty ? nil : chunk
        }
    }
}
