import Glibc
import SystemPackage

/// One file of the journal. Closed when nobody uses it any more, so that it can be made durable without a lock.
final class SegmentFile: SpoolFile {
    let path: String
    private let descriptor: FileDescriptor

    init(path: String) throws(JournalError) {
        self.path = path
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw JournalError(.open, path, error)
        }
    }

    deinit {
        // Nothing can be done about a failed close: what was to be durable was synchronised before.
        try? descriptor.close()
    }

    /// Writes at a fixed place, so that what a full disk cut off can be written again.
    func write(_ bytes: [UInt8], at offset: Int) throws(JournalError) {
        do {
            try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
        } catch {
            throw JournalError(.write, path, error)
        }
    }

    /// Up to `count` bytes from `offset`; fewer at the end of the file.
    func read(_ count: Int, at offset: Int) throws(JournalError) -> [UInt8] {
        do {
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let read = try descriptor.read(fromAbsoluteOffset: Int64(offset + filled), into: rest)
                    if read == 0 { break }
                    filled += read
                }
            }
        } catch {
            throw JournalError(.read, path, error)
        }
    }

    func size() throws(JournalError) -> Int {
        do {
            return Int(try descriptor.seek(offset: 0, from: .end))
        } catch {
            throw JournalError(.read, path, error)
        }
    }

    func truncate(to size: Int) throws(JournalError) {
        do {
            try descriptor.resize(to: Int64(size))
        } catch {
            throw JournalError(.write, path, error)
        }
    }

    /// Waits until everything written is on the medium.
    func synchronise() throws(JournalError) {
        guard fdatasync(descriptor.rawValue) == 0 else {
            throw JournalError(.write, path, Errno(rawValue: errno))
        }
    }
}

/// Why the journal could not do its work, in a sentence for the person whose disk it is.
package struct JournalError: Error, Hashable, CustomStringConvertible {
    package enum Operation: String, Sendable { case open, write, read }

    package let description: String

    package init(_ operation: Operation, _ path: String, _ error: any Error) {
        let reason = (error as? Errno)?.description ?? "\(error)"
        description = "The outbox cannot \(operation.rawValue) \(path): \(reason)"
    }

    init(damaged path: String, at offset: Int) { description = "The outbox file \(path) is damaged at byte \(offset)." }
}
