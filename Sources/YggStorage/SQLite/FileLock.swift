#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An advisory lock on a file for the life of the value: one process at a time.
///
/// The kernel gives it back when the process ends, however it ends.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `StorageError` naming the process that holds the lock.
    package init(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(.cannotOpen, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.contents(of: descriptor)
            // `deinit` closes it, here too: by now the value is whole.
            throw StorageError(
                .cannotOpen,
                "\(path) is locked by another process\(holder.isEmpty ? "" : " (pid \(holder))"): stop that one first, or choose another data directory."
            )
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())"
        _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
    }

    /// Gives the lock up. Closing the descriptor would not be enough: a child between fork and exec has it too.
    package func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }

    private static func contents(of descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
