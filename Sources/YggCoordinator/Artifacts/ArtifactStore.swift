import Crypto
import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Bytes kept by their sha256, one file each. A file has its name only once all of it is durable, so whatever can be
/// found by its hash is whole.
package final class ArtifactStore: Sendable {
    private let directory: String
    /// Disks may take seconds to sync; requests are handled on event loops, which may not wait.
    private let queue = DispatchQueue(label: "ygg.artifacts", attributes: .concurrent)

    /// - Parameter directory: made with the first artifact.
    init(directory: String) { self.directory = directory }

    /// 64 lower-case hexadecimal digits.
    package static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    package static func hash(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes) { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Keeps `bytes` durably, where they have that hash.
    /// - Returns: whether they have it.
    func save(_ bytes: [UInt8], as hash: String) async throws -> Bool {
        try await aside { [self] in
            guard Self.hash(of: bytes) == hash else { return false }
            try store(bytes, as: hash)
            return true
        }
    }

    /// nil where the bytes are not here.
    func load(_ hash: String) async throws -> [UInt8]? {
        try await aside { [self] in try contents(of: hash) }
    }

    private func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    private func store(_ bytes: [UInt8], as hash: String) throws {
        let folder = "\(directory)/\(hash.prefix(2))"
        let path = "\(folder)/\(hash)"
        if access(path, F_OK) == 0 { return }
        try makeDirectory(directory)
        try makeDirectory(folder)
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ArtifactError("create \(temporary)") }
        defer { close(descriptor) }
        do {
            try writeAll(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw ArtifactError("sync \(temporary)") }
            guard rename(temporary, path) == 0 else { throw ArtifactError("rename \(temporary)") }
            try syncDirectory(folder)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func contents(of hash: String) throws -> [UInt8]? {
        let descriptor = open("\(directory)/\(hash.prefix(2))/\(hash)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ArtifactError("open artifact \(hash)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ArtifactError("look at artifact \(hash)") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            guard count > 0 else { throw ArtifactError("read artifact \(hash)") }
            offset += count
        }
        return bytes
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw ArtifactError("write an artifact")
            }
            offset += count
        }
    }

    private func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArtifactError("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ArtifactError("sync \(path)") }
    }
}

private func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw ArtifactError("create the directory \(path)") }
}

/// A file operation that failed, with the system's reason.
struct ArtifactError: Error, CustomStringConvertible {
    let description: String

    init(_ action: String) { description = "Cannot \(action): \(String(cString: strerror(errno)))" }
}
