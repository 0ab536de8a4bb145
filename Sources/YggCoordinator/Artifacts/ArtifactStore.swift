import Crypto
import Synchronization
import YggStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Bytes kept by their sha256, one file each. A file has its name only once all of it is durable, so whatever can be
/// found by its hash is whole.
package final class ArtifactStore: Sendable {
    /// Who works with which bytes at the moment, so that bytes are not removed under a task that is about to own them.
    private struct Claims {
        /// How many uploads hold a hash, from before its file is looked for until its row is committed.
        var held: [String: Int] = [:]
        /// Hashes that are to be removed and that nobody has held since that was decided.
        var doomed: Set<String> = []
    }

    let directory: String
    private let claims = Mutex(Claims())
    private let disk = DiskQueue()

    /// - Parameter directory: made with the first artifact.
    package init(directory: String) { self.directory = directory }

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

    /// Keeps the bytes of `hash` from being removed while `body` makes a task their owner.
    func holding<Value>(_ hash: String, _ body: () async throws -> Value) async rethrows -> Value {
        claims.withLock { claims in
            claims.held[hash, default: 0] += 1
            claims.doomed.remove(hash)
        }
        defer {
            claims.withLock { claims in
                claims.held[hash, default: 1] -= 1
                if claims.held[hash] == 0 { claims.held[hash] = nil }
            }
        }
        return try await body()
    }

    /// Removes the bytes of those of `hashes` that nobody owns.
    ///
    /// An upload and a removal of the same bytes may meet. The removal dooms the hash, asks who owns it, and takes the
    /// file away only if no upload has held the hash since before that question: one that began later finds no file and
    /// writes it, one that began earlier has made its row or is still holding. A crash leaves a file without an owner
    /// at worst, which `sweep` finds.
    /// - Parameter isOwned: asks the store.
    /// - Returns: how many were removed.
    func remove(_ hashes: [String], unless isOwned: (String) async throws -> Bool) async throws -> Int {
        var count = 0
        for hash in hashes {
            let isFree = claims.withLock { claims in
                guard claims.held[hash] == nil else { return false }
                claims.doomed.insert(hash)
                return true
            }
            guard isFree else { continue }
            if try await isOwned(hash) {
                claims.withLock { _ = $0.doomed.remove(hash) }
            } else if try await disk.run({ [self] in try removeDoomed(hash) }) {
                count += 1
            }
        }
        return count
    }

    private func removeDoomed(_ hash: String) throws -> Bool {
        let path = path(of: hash)
        let grave = "\(path).removed"
        // Renamed under the lock, because that is quick; the bytes may be many.
        let isGone = try claims.withLock { claims in
            guard claims.doomed.remove(hash) != nil else { return false }
            guard rename(path, grave) == 0 else {
                if errno == ENOENT { return false }
                throw failure(to: "remove artifact \(hash)")
            }
            return true
        }
        if isGone { unlink(grave) }
        return isGone
    }

    /// Removes what a crash left: bytes that no task owns, and half-written files older than an hour.
    /// - Returns: how many files were removed.
    func sweep(unless isOwned: (String) async throws -> Bool) async throws -> Int {
        let (hashes, drafts) = try await disk.run { [self] in
            var hashes: [String] = []
            var drafts: [String] = []
            for folder in try names(in: directory) where folder.utf8.count == 2 {
                for name in try names(in: "\(directory)/\(folder)") {
                    if Self.isHash(name) {
                        hashes.append(name)
                    } else {
                        drafts.append("\(directory)/\(folder)/\(name)")
                    }
                }
            }
            return (hashes, drafts)
        }
        let old = time(nil) - 3600
        for draft in drafts {
            var status = stat()
            if stat(draft, &status) == 0, draft.hasSuffix(".removed") || status.st_mtim.tv_sec < old { unlink(draft) }
        }
        return try await remove(hashes, unless: isOwned)
    }

    /// What is wrong with the bytes of a hash; nil where they are there and are what the hash says.
    package func complaint(about hash: String, size: Int64) async throws -> String? {
        guard let bytes = try await load(hash) else { return "Artifact \(hash) is missing." }
        guard Int64(bytes.count) == size else { return "Artifact \(hash) has \(bytes.count) bytes instead of \(size)." }
        return Self.hash(of: bytes) == hash ? nil : "Artifact \(hash) does not have the bytes that its name says."
    }

    private func path(of hash: String) -> String { "\(directory)/\(hash.prefix(2))/\(hash)" }

    private func names(in folder: String) throws -> [String] {
        guard let handle = opendir(folder) else { throw failure(to: "read the directory \(folder)") }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Keeps `bytes` durably, where they have that hash.
    /// - Returns: whether they have it.
    package func save(_ bytes: [UInt8], as hash: String) async throws -> Bool {
        try await disk.run { [self] in
            guard Self.hash(of: bytes) == hash else { return false }
            try store(bytes, as: hash)
            return true
        }
    }

    /// nil where the bytes are not here.
    package func load(_ hash: String) async throws -> [UInt8]? {
        try await disk.run { [self] in try contents(of: hash) }
    }

    private func store(_ bytes: [UInt8], as hash: String) throws {
        let folder = "\(directory)/\(hash.prefix(2))"
        let path = path(of: hash)
        if access(path, F_OK) == 0 { return }
        if access(folder, F_OK) != 0 {
            try makeDirectory(directory)
            try makeDirectory(folder)
            try syncDirectory(directory)
        }
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(to: "create \(temporary)") }
        defer { close(descriptor) }
        do {
            try writeAll(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw failure(to: "sync \(temporary)") }
            guard rename(temporary, path) == 0 else { throw failure(to: "rename \(temporary)") }
            try syncDirectory(folder)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func contents(of hash: String) throws -> [UInt8]? {
        let descriptor = open(path(of: hash), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(to: "open artifact \(hash)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(to: "look at artifact \(hash)") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            guard count > 0 else { throw failure(to: "read artifact \(hash)") }
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
                throw failure(to: "write an artifact")
            }
            offset += count
        }
    }

    private func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(to: "open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(to: "sync \(path)") }
    }
}

private func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(to: "create the directory \(path)") }
}

/// A file operation that failed, with the system's reason.
private func failure(to action: String) -> StorageError {
    let code = errno
    return code == ENOSPC || code == EDQUOT
        ? StorageError(.full, "Cannot \(action): the disk is full; free some space, nothing was changed.")
        : StorageError(.failed, "Cannot \(action): \(String(cString: strerror(code)))")
}
