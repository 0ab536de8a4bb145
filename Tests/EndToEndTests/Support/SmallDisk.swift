import FoundationEssentials
import Glibc
import Testing
import YggProcess

/// A file system of its own in memory, small enough to be filled. Needs the right to mount.
struct SmallDisk: ~Copyable {
    let path: String

    init(megabytes: Int) async throws {
        path = "/tmp/ygg-disk-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = await tool("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path)
        guard mount.outcome.succeeded else {
            rmdir(path)
            throw EndToEndFailure("a small disk cannot be mounted: \(mount.stderr)")
        }
    }

    deinit {
        // Detached, because a process that is just ending may still have a file open.
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Leaves about `kilobytes` of room.
    func fill(leaving kilobytes: Int) throws {
        try release()
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw EndToEndFailure("the small disk cannot be looked at") }
        var bytes = max(0, Int(status.f_bavail) * Int(status.f_frsize) - kilobytes << 10)
        let file = open("\(path)/.ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        guard file >= 0 else { throw EndToEndFailure("the small disk cannot be filled") }
        while bytes > 0 {
            let error = posix_fallocate(file, 0, bytes)
            guard error == ENOSPC else {
                if error != 0 { throw EndToEndFailure("the small disk cannot be filled") }
                break
            }
            // Somebody wrote meanwhile.
            bytes -= Int(status.f_frsize)
        }
    }

    /// Gives the room back.
    func release() throws { unlink("\(path)/.ballast") }

    func remount(_ option: String) async throws {
        let mount = await tool("mount", "-o", "remount,\(option)", path)
        guard mount.outcome.succeeded else { throw EndToEndFailure("cannot remount \(option): \(mount.stderr)") }
    }

    /// Only the fast profile goes without: there, whoever may not mount has these tests skipped. In full their absence is
    /// a failure.
    static let isNeeded: Bool = {
        if ProcessInfo.processInfo.environment["TEST_PROFILE"] != "fast" { return true }
        return geteuid() == 0
    }()
}
