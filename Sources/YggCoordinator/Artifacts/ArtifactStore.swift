import Crypto
import FoundationEssentials
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

    package static func hash(of bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

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
                throw fileFailure(to: "remove artifact \(hash)")
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
        guard let reader = try await reader(of: hash) else { return "Artifact \(hash) is missing." }
        guard reader.size == size else { return "Artifact \(hash) has \(reader.size) bytes instead of \(size)." }
        var hasher = SHA256()
        while let chunk = try await reader.next() { hasher.update(data: chunk) }
        return hexadecimal(hasher.finalize()) == hash
            ? nil : "Artifact \(hash) does not have the bytes that its name says."
    }

    /// Reads the bytes of a hash again, whole.
    /// - Parameter limit: how many of their beginning are wanted.
    /// - Returns: their number and beginning; nil where they are not here, or are not what the hash says.
    func examine(_ hash: String, beginning limit: Int) async throws -> (size: Int64, beginning: [UInt8])? {
        guard let reader = try await reader(of: hash) else { return nil }
        var hasher = SHA256()
        var beginning: [UInt8] = []
        while let chunk = try await reader.next() {
            hasher.update(data: chunk)
            if beginning.count < limit { beginning += chunk.prefix(limit - beginning.count) }
        }
        return hexadecimal(hasher.finalize()) == hash ? (reader.size, beginning) : nil
    }

    private func folder(of hash: String) -> String { "\(directory)/\(hash.prefix(2))" }

    private func path(of hash: String) -> String { "\(folder(of: hash))/\(hash)" }

    /// None where the folder is not there: it is made with the first artifact.
    private func names(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return []
        } catch {
            throw StorageError(.failed, "Cannot read the directory \(folder): \(fileReason(error))")
        }
    }

    /// Takes bytes chunk by chunk and keeps them durably, where they have that hash.
    /// - Parameter next: gives the next chunk; nil at the end.
    /// - Returns: how many they are; nil where they have another hash.
    package func save(as hash: String, _ next: () async throws -> [UInt8]?) async throws -> Int64? {
        let draft = try await disk.run { [self] in try makeDraft(of: hash) }
        do {
            while let chunk = try await next() { try await disk.run { try draft.append(chunk) } }
            return try await disk.run { [self] in
                try draft.keep(as: hash, at: path(of: hash), in: folder(of: hash))
            }
        } catch {
            await disk.run { draft.discard() }
            throw error
        }
    }

    /// Gives bytes of another store a second name here, which costs no space, where one file system holds both and has
    /// such names. They are not looked at, and the name is durable only after `makeDurable`.
    /// - Returns: whether they have it now.
    func share(_ hash: String, with other: ArtifactStore) async throws -> Bool {
        try await disk.run { [self] in
            try makeFolder(of: hash)
            return link(other.path(of: hash), path(of: hash)) == 0 || errno == EEXIST
        }
    }

    /// Makes every name survive power loss.
    func makeDurable() async throws {
        try await disk.run { [self] in
            for folder in try names(in: directory) { try syncDirectory("\(directory)/\(folder)") }
            if access(directory, F_OK) == 0 { try syncDirectory(directory) }
        }
    }

    /// nil where the bytes are not here.
    package func reader(of hash: String) async throws -> ArtifactReader? {
        try await disk.run { [self] in try ArtifactReader(path: path(of: hash), disk: disk) }
    }

    private func makeDraft(of hash: String) throws -> ArtifactDraft {
        try makeFolder(of: hash)
        return try ArtifactDraft(for: path(of: hash))
    }

    private func makeFolder(of hash: String) throws {
        let folder = folder(of: hash)
        guard access(folder, F_OK) != 0 else { return }
        try makeDirectory(directory)
        try makeDirectory(folder)
        try syncDirectory(directory)
    }
}

func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw fileFailure(to: "create the directory \(path)") }
}

func syncDirectory(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fileFailure(to: "open \(path)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw fileFailure(to: "sync \(path)") }
}

/// A file operation that failed, with the system's reason.
func fileFailure(to action: String) -> StorageError {
    let code = errno
    return code == ENOSPC || code == EDQUOT
        ? StorageError(.full, "Cannot \(action): the disk is full; free some space, nothing was changed.")
        : StorageError(.failed, "Cannot \(action): \(String(cString: strerror(code)))")
}

/// Two lower-case digits a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}
