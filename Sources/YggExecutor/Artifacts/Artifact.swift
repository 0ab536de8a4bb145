import Crypto
import SystemPackage

/// Bytes that an attempt leaves behind, found by their sha256.
package struct Artifact: Sendable, Hashable {
    package let sha256: String
    package let size: Int64

    package init(sha256: String, size: Int64) {
        self.sha256 = sha256
        self.size = size
    }
}

/// A file that is read in pieces, each short enough that nobody waits for it.
final class FilePieces: Sendable {
    static let size = 256 << 10

    private let file: FileDescriptor

    /// - Throws: `Errno`. A link is not followed.
    init(_ path: String) throws {
        file = try FileDescriptor.open(
            FilePath(path),
            .readOnly,
            options: [.closeOnExec, .noFollow, .nonBlocking]
        )
    }

    deinit { try? file.close() }

    /// The next piece; nil at the end.
    func next() throws -> [UInt8]? {
        let piece = try [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return piece.isEmpty ? nil : piece
    }
}

/// Counts and hashes bytes as they pass.
struct ArtifactMeasure {
    private var hash = SHA256()
    private var size: Int64 = 0

    mutating func update(_ bytes: [UInt8]) {
        hash.update(data: bytes)
        size += Int64(bytes.count)
    }

    var artifact: Artifact { Artifact(sha256: hexadecimal(hash.finalize()), size: size) }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
}
