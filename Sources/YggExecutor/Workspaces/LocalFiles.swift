import Glibc
import SystemPackage
import YggCore
import YggProcess

/// The few things that workspaces do with files. All are short: trees are removed by a process of their own.
enum LocalFiles {
    /// A file of text, cut to `limit` bytes; nil where it cannot be read or is no regular file.
    static func read(_ path: String, limit: Int = 1 << 20) -> String? {
        // Without waiting: opening a named pipe would.
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        else { return nil }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let piece = try? [UInt8](unsafeUninitializedCapacity: min(limit - bytes.count, 64 << 10)) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard let piece else { return nil }
            if piece.isEmpty { break }
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a file as a whole, or not at all: readers see the old text or the new one.
    static func write(_ text: String, to path: String, mode: FilePermissions = [.ownerReadWrite]) throws(Errno) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max))"
        do {
            let file = try FileDescriptor.open(
                FilePath(draft),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: mode
            )
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            unlink(draft)
            throw error as? Errno ?? .ioError
        }
        guard rename(draft, path) == 0 else {
            let error = Errno(rawValue: errno)
            unlink(draft)
            throw error
        }
    }

    /// Makes a directory and those above it; one that exists is fine.
    /// - Parameter mode: of all that are made.
    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(Errno) {
        if mkdir(path, mode) == 0 { return }
        switch errno {
        case EEXIST where isDirectory(path): return
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw .noSuchFileOrDirectory }
            try makeDirectory(String(path[..<slash]), mode: mode)
            guard mkdir(path, mode) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        default: throw Errno(rawValue: errno)
        }
    }

    /// The path without symbolic links, `.` and `..`; nil where it does not exist or may not be looked at.
    static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func isDirectory(_ path: String) -> Bool { mode(of: path).map { $0 & S_IFMT == S_IFDIR } ?? false }
    static func isFile(_ path: String) -> Bool { mode(of: path).map { $0 & S_IFMT == S_IFREG } ?? false }
    static func exists(_ path: String) -> Bool { mode(of: path) != nil }

    /// Whether this user may make files in it.
    static func isWritableDirectory(_ path: String) -> Bool { isDirectory(path) && access(path, W_OK | X_OK) == 0 }

    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// How long a file is; nil where there is none.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// When a file was last written; nil where there is none.
    static func changed(_ path: String) -> Timestamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// What an ordinary user may still write to the disk that a path is on; nil where it cannot be looked at.
    static func freeBytes(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return DiskSpace.bytes(UInt64(status.f_bavail), of: UInt64(status.f_frsize))
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    /// The names in a directory; none where it cannot be read.
    static func names(in path: String) -> [String] {
        ((try? DirectoryNames.read(path)) ?? []).sorted()
    }
}

/// Whether `path` is `root` or lies below it. Both must be resolved.
func isInside(_ path: String, _ root: String) -> Bool {
    root == "/" || path == root || path.hasPrefix("\(root)/")
}
