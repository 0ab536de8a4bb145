import Dispatch
import Glibc
import Synchronization
import SystemPackage
import YggCore

/// The file of a session: one record a line, only ever appended to, and on the medium before the next step is taken.
///
/// One owner at a time, over all processes. Records are collected in memory and written together when it matters: what
/// is lost with a process is what nobody has acted on.
package final class SessionFile: Sendable {
    package let path: String
    private let descriptor: FileDescriptor
    private let lines: Mutex<[UInt8]>
    /// Where the disk is waited for: no thread of the pool is held by it.
    private let disk = DispatchQueue(label: "ygg.agent.session")

    private init(path: String, descriptor: FileDescriptor, lines: [UInt8]) {
        self.path = path
        self.descriptor = descriptor
        self.lines = Mutex(lines)
    }

    deinit {
        // A process that is just being started may have inherited the descriptor, and the lock with it.
        release()
        // What was to be durable was synchronised before.
        try? descriptor.close()
    }

    /// Lets others go on with it. Nothing is appended any more.
    func release() { flock(descriptor.rawValue, LOCK_UN) }

    package func append(_ record: SessionRecord) {
        // Made outside of the lock.
        let line = record.json.bytes + [UInt8(ascii: "\n")]
        lines.withLock { $0 += line }
    }

    /// Returns when everything that was appended is on the medium.
    package func flush() async throws(SessionError) {
        let bytes = lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        guard !bytes.isEmpty else { return }
        try await Self.outsideThePool(disk) { () throws(SessionError) in try self.write(bytes) }
    }

    private func write(_ bytes: [UInt8]) throws(SessionError) {
        do {
            try descriptor.writeAll(bytes)
            guard fdatasync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw Self.failure("written", path, error)
        }
    }

    // MARK: - Opening

    /// Makes the file with its first line.
    static func create(_ path: String, _ header: SessionHeader) async throws(SessionError) -> SessionFile {
        let line = header.json.bytes + [UInt8(ascii: "\n")]
        return try await outsideThePool { () throws(SessionError) in
            let descriptor = try open(path, [.create])
            let file = SessionFile(path: path, descriptor: descriptor, lines: [])
            // One that was killed while it began has left less than a line.
            guard try read(descriptor, path, { _, _ in true }) == 0 else {
                throw SessionError(.exists, "There is a session at \(path) already. Go on with that one.")
            }
            do {
                try descriptor.resize(to: 0)
            } catch {
                throw failure("written", path, error)
            }
            try file.write(line)
            // The name is as durable as what it names.
            try synchroniseDirectory(of: path)
            return file
        }
    }

    /// Opens a file to go on with it. What a crash cut off at its end is cut off for good.
    /// - Parameter take: is given the records in their order.
    static func open<Value: Sendable>(
        _ path: String,
        first: @escaping @Sendable (SessionHeader) throws(SessionError) -> Value,
        take: @escaping @Sendable (inout Value, SessionRecord) throws(SessionError) -> Void
    ) async throws(SessionError) -> (SessionFile, Value) {
        try await outsideThePool { () throws(SessionError) in
            let descriptor = try open(path, [])
            let file = SessionFile(path: path, descriptor: descriptor, lines: [])
            var value: Value?
            let whole = try read(descriptor, path) { json, number throws(SessionError) in
                do throws(SessionError) {
                    if var current = value.take() {
                        try take(&current, try SessionRecord(json: json))
                        value = current
                    } else {
                        value = try first(try SessionHeader(json: json))
                    }
                } catch {
                    throw SessionError(error.reason, "\(path), line \(number): \(error.description)")
                }
                return true
            }
            guard let value else { throw SessionError(.damaged, "\(path) holds no session.") }
            do {
                try descriptor.resize(to: Int64(whole))
                try descriptor.seek(offset: 0, from: .end)
            } catch {
                throw failure("written", path, error)
            }
            return (file, value)
        }
    }

    /// Reads the records of a session, whoever owns it now.
    package static func read(
        _ path: String
    ) async throws(SessionError) -> (header: SessionHeader, records: [SessionRecord]) {
        try await outsideThePool { () throws(SessionError) in
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            } catch {
                throw failure("opened", path, error)
            }
            // It was only read.
            defer { try? descriptor.close() }
            var header: SessionHeader?
            var records: [SessionRecord] = []
            _ = try read(descriptor, path) { json, _ throws(SessionError) in
                if header == nil {
                    header = try SessionHeader(json: json)
                } else {
                    records.append(try SessionRecord(json: json))
                }
                return true
            }
            guard let header else { throw SessionError(.damaged, "\(path) holds no session.") }
            return (header, records)
        }
    }

    /// What a session is, by its first line: cheap, however long the session.
    package static func header(of path: String) async throws(SessionError) -> SessionHeader {
        try await outsideThePool { () throws(SessionError) in
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            } catch {
                throw failure("opened", path, error)
            }
            // It was only read.
            defer { try? descriptor.close() }
            var header: SessionHeader?
            _ = try read(descriptor, path) { json, _ throws(SessionError) in
                header = try SessionHeader(json: json)
                return false
            }
            guard let header else { throw SessionError(.damaged, "\(path) holds no session.") }
            return header
        }
    }

    private static func open(_ path: String, _ options: FileDescriptor.OpenOptions) throws(SessionError)
        -> FileDescriptor
    {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: options.union([.closeOnExec, .append]),
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw failure("opened", path, error)
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            // Nothing was done with it.
            try? descriptor.close()
            throw SessionError(.inUse, "Somebody else goes on with the session at \(path).")
        }
        return descriptor
    }

    /// Reads the lines that are whole, a piece at a time.
    /// - Parameter take: says whether to go on.
    /// - Returns: their length.
    private static func read(
        _ descriptor: FileDescriptor,
        _ path: String,
        _ take: (JSON, Int) throws(SessionError) -> Bool
    ) throws(SessionError) -> Int {
        var rest: [UInt8] = []
        var (whole, number, offset) = (0, 0, Int64(0))
        while true {
            let piece: [UInt8]
            do {
                piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    count = try descriptor.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
                }
            } catch {
                throw failure("read", path, error)
            }
            guard !piece.isEmpty else { return whole }
            offset += Int64(piece.count)
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                number += 1
                let json: JSON
                do throws(JSONSyntaxError) {
                    json = try JSON(parsing: Array(rest[start..<end]))
                } catch {
                    throw SessionError(.damaged, "\(path), line \(number): \(error)")
                }
                let goesOn = try take(json, number)
                whole += end + 1 - start
                start = end + 1
                if !goesOn { return whole }
            }
            rest.removeFirst(start)
        }
    }

    private static func synchroniseDirectory(of path: String) throws(SessionError) {
        let parent = FilePath(path).removingLastComponent()
        do {
            let directory = try FileDescriptor.open(
                parent.isEmpty ? "." : parent,
                .readOnly,
                options: [.directory, .closeOnExec]
            )
            // It was only read.
            defer { try? directory.close() }
            guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw failure("written", path, error)
        }
    }

    private static func failure(_ what: String, _ path: String, _ error: any Error) -> SessionError {
        let reason = (error as? Errno)?.description ?? "\(error)"
        return SessionError(.notAccessible, "The session at \(path) cannot be \(what): \(reason).")
    }

    private static func outsideThePool<Value: Sendable>(
        _ queue: DispatchQueue = DispatchQueue(label: "ygg.agent.session.open"),
        _ body: @escaping @Sendable () throws(SessionError) -> Value
    ) async throws(SessionError) -> Value {
        let result: Result<Value, SessionError> = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<Value, SessionError>
                do throws(SessionError) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
