import Glibc

/// A file that holds a secret, and which therefore nobody but its owner may read.
enum PrivateFile {
    /// The text of the file; nil where there is none.
    /// - Throws: where it cannot be read, or others can read it.
    static func read(_ path: String) throws -> String? {
        // Without waiting: opening a named pipe would.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno))).", status: .usage)
        }
        defer { close(descriptor) }
        try check(descriptor, path)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func check(_ descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure("\(path) is not a file.", status: .usage)
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0 else {
            throw CommandFailure(
                "\(path) holds a secret and belongs to another user.",
                next: "Remove it, or make it yours.",
                status: .usage
            )
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                "\(path) holds a secret, and others than its owner can read it.",
                next:
                    "Run: chmod 600 \(path). If anybody may have read it, replace what it holds: docs/security.md says how.",
                status: .usage
            )
        }
    }

    /// Writes the file for its owner alone, as a whole or not at all, and durable when this returns.
    static func write(_ text: String, to path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try makeDirectories(folder)
        let draft = "\(path).\(getpid()).draft"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        var isWritten = fchmod(descriptor, 0o600) == 0
        var bytes = Array(text.utf8)[...]
        while isWritten, !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            bytes = bytes.dropFirst(max(0, count))
        }
        isWritten = isWritten && fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        guard isWritten, isClosed, rename(draft, path) == 0 else {
            let error = failure(path)
            unlink(draft)
            throw error
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
