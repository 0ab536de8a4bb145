import Crypto
import Glibc

/// Files of a backup. All of it waits for the disk.
enum BackupFile {
    /// Writes a file that is not there, for its owner alone, durable when this returns.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fileFailure(to: "create \(path)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fileFailure(to: "write \(path)") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw fileFailure(to: "sync \(path)") }
    }

    /// Copies a file for its owner alone, whoever could read it before.
    static func copy(_ source: String, to target: String) throws {
        var bytes: [UInt8] = []
        try read(source) { bytes += $0 }
        try write(bytes, to: target)
    }

    /// The whole file's sha256, and how many bytes it has.
    static func digest(of path: String) throws -> (sha256: String, size: Int64) {
        var hasher = SHA256()
        var size: Int64 = 0
        try read(path) { chunk in
            hasher.update(data: chunk)
            size += Int64(chunk.count)
        }
        return (hexadecimal(hasher.finalize()), size)
    }

    static func read(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { bytes += $0 }
        return bytes
    }

    private static func read(_ path: String, _ body: ([UInt8]) -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fileFailure(to: "open \(path)") }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fileFailure(to: "read \(path)") }
            guard count > 0 else { return }
            body(Array(buffer[..<count]))
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The device that holds a path; nil where there is nothing.
    static func device(of path: String) -> dev_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_dev : nil
    }
}
