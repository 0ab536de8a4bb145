import Glibc
import SystemPackage
import YggProcess

/// An open file descriptor that is closed with its last owner.
final class Descriptor: Sendable {
    let raw: Int32

    /// `O_PATH`, which Swift does not import: opened for what lies below it, whether or not it may be read.
    static let byName: Int32 = 0o10_000_000

    init(_ raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// Opens a name in a directory; a symbolic link is not followed but an error.
    static func open(
        _ name: String,
        in directory: Descriptor,
        _ flags: Int32,
        mode: mode_t = 0
    ) throws(Errno) -> Descriptor {
        while true {
            let raw = openat(directory.raw, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
            if raw >= 0 { return Descriptor(raw) }
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }

    /// Opens a directory by its path.
    static func directory(at path: String) throws(Errno) -> Descriptor {
        let raw = Glibc.open(path, byName | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        return Descriptor(raw)
    }

    /// What is known of the file itself.
    var status: stat? {
        var status = stat()
        return fstat(raw, &status) == 0 ? status : nil
    }

    /// What is known of a name in this directory, itself where it is a symbolic link. nil where there is none.
    func status(of name: String) throws(Errno) -> stat? {
        var status = stat()
        if fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        return nil
    }

    /// Where a symbolic link in this directory points to.
    func link(_ name: String) throws(Errno) -> String {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlinkat(raw, name, &target, target.count)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// At most `limit` bytes from here on.
    func read(limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while bytes.count < limit {
                let piece = try [UInt8](unsafeUninitializedCapacity: min(limit - bytes.count, 256 << 10)) {
                    $1 = try FileDescriptor(rawValue: raw).read(into: UnsafeMutableRawBufferPointer($0))
                }
                if piece.isEmpty { break }
                bytes += piece
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
        return bytes
    }

    /// The names in a directory, in no order, at most `limit` of them.
    func names(limit: Int) throws(Errno) -> [String] {
        let own = try Self.open(".", in: self, O_RDONLY | O_DIRECTORY)
        let copy = fcntl(own.raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Errno(rawValue: errno) }
        return try DirectoryNames.read(closing: copy, limit: limit)
    }
}
