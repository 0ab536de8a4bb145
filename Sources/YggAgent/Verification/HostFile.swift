import Glibc
import SystemPackage

/// Small files, read and written at a stretch. No link is followed at the end of a path, and nothing is waited for that
/// only looks like a file.
enum HostFile {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// - Returns: nil where there is no such file, or it is longer than `limit`.
    static func read(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
        let flags: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking, .noFollow]
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: flags) else { return nil }
        let descriptor = Descriptor(file.rawValue)
        guard let status = descriptor.status, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard let bytes = try? descriptor.read(limit: limit + 1), bytes.count <= limit else { return nil }
        return bytes
    }

    static func text(_ path: String, limit: Int = 1 << 20) -> String? {
        read(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whole or not at all, in the place of whatever is there.
    static func write(_ text: String, to path: String) throws(Errno) {
        let draft = "\(path).\(getpid()).draft"
        do {
            let file = try FileDescriptor.open(
                FilePath(draft),
                .writeOnly,
                options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: [.ownerReadWrite]
            )
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            throw error as? Errno ?? .ioError
        }
        guard rename(draft, path) == 0 else { throw Errno(rawValue: errno) }
    }

    /// The names in a directory, sorted; empty where it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let directory = try? Descriptor.directory(at: directory) else { return [] }
        return (try? directory.names(limit: 10_000))?.sorted() ?? []
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
