import Glibc
import YggCore

/// Makes a directory and those above it, for this user alone.
func makeDirectories(_ path: String) throws {
    var made = ""
    for part in path.split(separator: "/") {
        made += "/\(part)"
        guard mkdir(made, 0o700) == 0 || errno == EEXIST || access(made, F_OK) == 0 else {
            throw CommandFailure(
                "The directory \(made) cannot be made: \(String(cString: strerror(errno))).",
                next: "Choose another one with --data-dir."
            )
        }
    }
}

/// What the file system of a directory has left for this user; nil where nobody can say. May wait for the disk.
func diskSpace(of path: String) -> DiskSpace? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let unit = Int64(clamping: status.f_frsize)
    return DiskSpace(
        path: path,
        free: Int64(clamping: status.f_bavail).multipliedReportingOverflow(by: unit).partialValue,
        total: Int64(clamping: status.f_blocks).multipliedReportingOverflow(by: unit).partialValue
    )
}
