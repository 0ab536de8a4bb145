import Glibc
import Synchronization
import SystemPackage
import YggCore

/// Who this executor is, kept in its data directory under a lock that lasts as long as the process.
final class InstanceFile: Sendable {
    private let path: String
    /// nil once the directory has been given back.
    private let lock: Mutex<FileDescriptor?>

    /// - Throws: `ExecutorError` where another process has the directory, or nobody can write there.
    init(directory: String, id: ExecutorID) throws(ExecutorError) {
        path = "\(directory)/executor-\(id).json"
        let lockPath = "\(directory)/executor.lock"
        let lock: FileDescriptor
        do {
            lock = try FileDescriptor.open(
                FilePath(lockPath),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "The data directory \(directory) cannot be used: \(error)")
        }
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let holder = LocalFiles.read(lockPath).map { " (\($0))" } ?? ""
            try? lock.close()
            throw ExecutorError(
                .dataDirectoryInUse,
                "Another executor\(holder) runs on \(directory). Stop it, or give this one another --data-dir."
            )
        }
        // Only for the sentence above: a full disk must not keep it from delivering what it has spooled.
        try? lock.resize(to: 0)
        _ = try? lock.writeAll(toAbsoluteOffset: 0, "\(id), process \(getpid())".utf8)
        self.lock = Mutex(lock)
    }

    deinit { release() }

    /// Gives the directory back to whoever comes next. It is not written any more.
    func release() {
        lock.withLock { lock in
            guard let held = lock else { return }
            // Closing alone would not be enough: a child between fork and exec has the descriptor, too.
            flock(held.rawValue, LOCK_UN)
            try? held.close()
            lock = nil
        }
    }

    /// The identity on file; a new one at the first start, and where the file is not readable.
    func read() throws(ExecutorError) -> ExecutorIdentity {
        if let text = LocalFiles.read(path), let json = try? JSON(parsing: text),
            let instance = json["instance"]?.stringValue
        {
            return ExecutorIdentity(
                instance: instance,
                storeID: json["storeId"]?.stringValue,
                lives: json["lives"]?.intValue ?? 0
            )
        }
        let identity = ExecutorIdentity(instance: randomName(hostRandom), storeID: nil)
        try write(identity)
        return identity
    }

    func write(_ identity: ExecutorIdentity) throws(ExecutorError) {
        var object: JSONObject = ["instance": .string(identity.instance)]
        object.append("storeId", .optional(identity.storeID))
        object.append("lives", .int(identity.lives))
        do {
            try LocalFiles.write(String(decoding: object.bytes, as: UTF8.self), to: path)
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "\(path) cannot be written: \(error)")
        }
    }
}

/// The name of this machine.
func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
