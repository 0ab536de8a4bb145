import GRDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A database file as such: copied and looked at, also while a coordinator has it open.
package enum SQLiteFile {
    /// Copies the database at `source` to `target`, consistent as of one moment, and durable when this returns. Writers
    /// go on meanwhile. Nothing is at `target` before all of it is.
    package static func copy(_ source: String, to target: String) throws {
        guard access(source, F_OK) == 0 else {
            throw StorageError(.cannotOpen, "There is no database \(source).")
        }
        let draft = "\(target).draft"
        try remove(draft)
        do {
            let from = try open(source)
            let to = try DatabaseQueue(path: draft)
            try from.backup(to: to)
            // One file that can be read from any medium: a log beside it would have to be written to be opened.
            try to.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
            try to.close()
            try from.close()
            try makeDurable(draft)
        } catch {
            // The error that is told is the copy's.
            try? remove(draft)
            throw translated(error)
        }
        guard rename(draft, target) == 0 else { throw failure("rename \(draft) to \(target)") }
        try makeDurable(directory(of: target))
    }

    /// Runs `body` in one read transaction on the file, which is opened without its lock.
    package static func read<Value>(_ path: String, _ body: (any SQLTransaction) throws -> Value) throws -> Value {
        guard access(path, F_OK) == 0 else {
            throw StorageError(.cannotOpen, "There is no database \(path).")
        }
        do {
            let queue = try open(path)
            let value = try queue.read { db in try body(SQLiteTransaction(db)) }
            try queue.close()
            return value
        } catch {
            throw translated(error)
        }
    }

    /// Runs `body` in one write transaction on a file that no coordinator uses.
    package static func write(_ path: String, _ body: (any SQLTransaction) throws -> Void) throws {
        do {
            let queue = try open(path)
            try queue.write { db in try body(SQLiteTransaction(db)) }
            try queue.close()
        } catch {
            throw translated(error)
        }
    }

    /// The schema of the file; nil where it is no store of ours.
    package static func schema(of path: String) throws -> Int64? {
        try read(path) { tx in
            let hasTable =
                try tx.first("SELECT 1 FROM sqlite_master WHERE name = 'migrations'", []) { _ in true } ?? false
            return hasTable ? try Migrator.schema(in: tx) : nil
        }
    }

    /// What SQLite itself finds wrong with the file.
    package static func damage(of path: String) throws -> [String] {
        try read(path) { tx in
            try tx.query("PRAGMA integrity_check(100)", []) { $0.text(0) }.filter { $0 != "ok" }
        }
    }

    /// Puts what is in the write-ahead log into the file, so that the file alone is the database. Nobody else may have
    /// it open.
    package static func settle(_ path: String) throws {
        do {
            let queue = try open(path)
            try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            try queue.close()
        } catch {
            throw translated(error)
        }
    }

    /// Removes the file and what SQLite keeps beside it.
    package static func remove(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where unlink(path + suffix) != 0 && errno != ENOENT {
            throw failure("remove \(path)\(suffix)")
        }
    }

    /// Makes a file, or the names in a directory, survive power loss.
    package static func makeDurable(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync \(path)") }
    }

    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        // A coordinator that starts or stops meanwhile holds the file for a moment.
        configuration.busyMode = .timeout(10)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func failure(_ action: String) -> StorageError {
        StorageError(errno == ENOSPC ? .full : .failed, "Cannot \(action): \(String(cString: strerror(errno)))")
    }
}
