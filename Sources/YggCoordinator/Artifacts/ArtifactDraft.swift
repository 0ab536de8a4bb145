import Crypto
import Synchronization
import YggStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Bytes on their way into the store, under a name that nobody looks for.
///
/// Its calls wait for the disk, and come one after the other.
final class ArtifactDraft: Sendable {
    private struct State {
        var hasher = SHA256()
        var size: Int64 = 0
    }

    private let temporary: String
    private let descriptor: Int32
    private let state = Mutex(State())

    /// - Parameter path: the name that the bytes are to have.
    init(for path: String) throws {
        temporary = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fileFailure(to: "create \(temporary)") }
    }

    deinit { close(descriptor) }

    func append(_ chunk: [UInt8]) throws {
        state.withLock { state in
            state.hasher.update(data: chunk)
            state.size += Int64(chunk.count)
        }
        var rest = chunk[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fileFailure(to: "write an artifact") }
            rest = rest.dropFirst(count)
        }
    }

    /// Gives the bytes their name durably, where they have the hash.
    /// - Returns: how many they are; nil where they have another hash.
    func keep(as hash: String, at path: String, in folder: String) throws -> Int64? {
        let (digest, size) = state.withLock { ($0.hasher.finalize(), $0.size) }
        guard hexadecimal(digest) == hash else {
            discard()
            return nil
        }
        guard fsync(descriptor) == 0 else { throw fileFailure(to: "sync \(temporary)") }
        guard rename(temporary, path) == 0 else { throw fileFailure(to: "rename \(temporary)") }
        try syncDirectory(folder)
        return size
    }

    func discard() { unlink(temporary) }
}
