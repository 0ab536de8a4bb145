import Glibc

/// A file system in memory, small enough to be filled. It is gone with the namespace it was mounted in.
struct Disk: Sendable {
    let path: String

    static func mount(at path: String, megabytes: Int) async throws -> Disk {
        try makeDirectories(path)
        try await Tool.demand("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path)
        return Disk(path: path)
    }

    /// Leaves about `kilobytes` of room.
    func fill(leaving kilobytes: Int) throws {
        release()
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw Sockets.failure("\(path) cannot be looked at") }
        let bytes = max(0, Int(status.f_bavail) * Int(status.f_frsize) - kilobytes << 10)
        let file = open("\(path)/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Sockets.failure("\(path) cannot be filled") }
        defer { close(file) }
        // Somebody else may have been faster: full it is then, too.
        _ = posix_fallocate(file, 0, bytes)
    }

    /// Gives the room back.
    func release() { unlink("\(path)/ballast") }
}
