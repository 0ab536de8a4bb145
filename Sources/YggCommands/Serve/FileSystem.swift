import Glibc
import YggCore

/// Makes a directory and those above it, for this user alone.
func makeDirectories(_ path: String) throws {
    var made = ""
    for part in path.split(separator: "/") {
        made += "/\(part)"
        guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
        // Looking whether it is there says something else about why it is not.
        let reason = errno
        guard access(made, F_OK) == 0 else {
            throw CommandFailure(
                "The directory \(made) cannot be made: \(String(cString: strerror(reason))).",
                next: "Choose another one with --data-dir."
            )
        }
    }
}

/// What the file system of a directory has left for this user; nil where nobody can say. May wait for the disk.
func diskSpace(of path: String) -> DiskSpace? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let unit = UInt64(status.f_frsize)
    return DiskSpace(
        path: path,
        free: DiskSpace.bytes(UInt64(status.f_bavail), of: unit),
        total: DiskSpace.bytes(UInt64(status.f_blocks), of: unit)
    )
}

/// Whether there is a directory.
func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether this user may read the file.
func canRead(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// The path without symbolic links; nil where there is nothing.
func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Removes a file; one that is not there is removed already.
func removeFile(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
        throw CommandFailure("\(path) cannot be removed: \(String(cString: strerror(errno))).")
    }
}
