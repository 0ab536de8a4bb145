import Glibc

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
