import Synchronization
package import YggCore

/// The durable spool: what was accepted, and what is said about it, in append-only files.
///
/// A record is named by an `Int64`, its segment above its offset. Appending costs a copy; `flush` writes all that came
/// since in one call, and whoever starts or ends an attempt flushes, others wait at most `flushDelay`. Nothing is made
/// durable against power loss until `sync`. A full disk loses nothing while the process lives: what could not be written
/// stays in memory, is sent from there, and is written again later; `failure` says why.
package final class Journal: Sendable {
    package struct Settings: Sendable {
        var segmentBytes = 8 << 20
        var cacheBytes = 4 << 20
        /// How long an entry that nobody waits for stays in memory alone.
        var flushDelay = Milliseconds(10)
        /// How long after a failed write it is tried again.
        var retryDelay = Milliseconds.seconds(1)

        package init() {}
    }

    /// Records that are not in their file yet.
    private struct Chunk {
        var segment: Int
        var offset: Int
        var bytes: [UInt8]

        func frame(at position: Int) -> ArraySlice<UInt8>? {
            bytes.indices.contains(position - offset) ? bytes[(position - offset)...] : nil
        }
    }

    private struct Segment {
        /// Records that are still of use.
        var live = 0
        var size = 0
    }

    private struct State {
        var segments: [Int: Segment]
        var active: Int
        var accepted: [LeaseKey: Int64] = [:]
        var cache: RecordCache
        var pending: [Chunk] = []
        /// Being written at the moment.
        var flushing: [Chunk] = []
        /// Segments without a live record, to be deleted.
        var dead: [Int] = []
        var isFlushScheduled = false
        var failure: JournalError?
    }

    private struct Files {
        var open: [Int: any SpoolFile] = [:]
        var unsynced: Set<Int> = []
    }

    private let directory: any SpoolDirectory
    private let settings: Settings
    private let thread: DedicatedThread?
    private let state: Mutex<State>
    /// Taken before `state`, never after it.
    private let files: Mutex<Files>

    /// - Parameters:
    ///   - live: how many records of each file that exists are of use.
    ///   - thread: where delayed writes are done; nil leaves them to whoever calls `flush`.
    init(
        directory: any SpoolDirectory,
        settings: Settings,
        thread: DedicatedThread?,
        live: [Int: Int],
        open: [Int: any SpoolFile]
    ) {
        self.directory = directory
        self.settings = settings
        self.thread = thread
        // A new life begins a new file: nothing is ever appended to what a crash left.
        let active = (live.keys.max() ?? 0) + 1
        var segments = live.filter { $0.value > 0 }.mapValues { Segment(live: $0) }
        segments[active] = Segment()
        state = Mutex(
            State(
                segments: segments,
                active: active,
                cache: RecordCache(capacity: settings.cacheBytes),
                dead: live.filter { $0.value == 0 }.keys.sorted()
            )
        )
        files = Mutex(Files(open: open))
    }

    /// Why the last write failed; nil while the disk does its duty.
    package var failure: JournalError? { state.withLock { $0.failure } }

    /// Bytes that wait in memory because they were not written yet.
    package var pendingBytes: Int { state.withLock { $0.pending.reduce(0) { $0 + $1.bytes.count } } }

    // MARK: Records

    /// Journals that a lease is accepted. It is in the file when `flush` has returned.
    package func accept(_ key: LeaseKey, kind: TaskKind) {
        let schedules = state.withLock { state in
            state.accepted[key] = append(.accept(key, kind: kind), isLive: true, to: &state)
            return shouldSchedule(&state)
        }
        if schedules { scheduleFlush(after: settings.flushDelay) }
    }

    /// Spools an entry, encoded as it is sent, and names it.
    package func append(_ key: LeaseKey, n: Int64, isFinal: Bool, bytes: [UInt8]) -> Int64 {
        let (record, schedules) = state.withLock { state in
            let record = append(.entry(key, n: n, isFinal: isFinal, bytes: bytes), isLive: true, to: &state)
            state.cache.insert(bytes, for: record)
            return (record, shouldSchedule(&state))
        }
        if schedules { scheduleFlush(after: settings.flushDelay) }
        return record
    }

    /// These entries are of no more use.
    package func forget(_ records: [Int64]) {
        state.withLock { state in
            for record in records {
                state.cache.remove(record)
                release(record, in: &state)
            }
        }
    }

    /// The lease is over: after a restart nothing of it comes back.
    ///
    /// Except where its records began in a segment that other leases still need, and this word stands in a later one that
    /// nobody does. It is then reported again, and the coordinator, which knows it, takes no notice.
    package func close(_ key: LeaseKey) {
        state.withLock { state in
            _ = append(.close(key), isLive: false, to: &state)
            if let record = state.accepted.removeValue(forKey: key) { release(record, in: &state) }
        }
    }

    /// The bytes of an entry while they are in memory: the way without a disk in it.
    package func cachedBytes(of record: Int64) -> [UInt8]? { state.withLock { $0.cache[record] } }

    /// The bytes of an entry, from the file where they are no longer in memory.
    package func bytes(of record: Int64) throws(JournalError) -> [UInt8] {
        let (segment, offset) = Self.place(of: record)
        if let bytes = cachedBytes(of: record) ?? unwrittenBytes(segment, offset) { return bytes }
        let file = try files.withLock { files throws(JournalError) in try self.file(segment, &files) }
        let header = JournalRecord.header(try file.read(JournalRecord.headerSize, at: offset)[...])
        guard let header, case let payload = try file.read(header.length, at: offset + JournalRecord.headerSize),
            case .entry(_, _, _, let bytes)? = JournalRecord(payload: payload[...], checksum: header.checksum)
        else { throw JournalError(damaged: file.path, at: offset) }
        return bytes
    }

    private func unwrittenBytes(_ segment: Int, _ offset: Int) -> [UInt8]? {
        state.withLock { state in
            for chunk in state.flushing + state.pending where chunk.segment == segment {
                guard let frame = chunk.frame(at: offset), let header = JournalRecord.header(frame),
                    case .entry(_, _, _, let bytes)? = JournalRecord(
                        payload: frame.dropFirst(JournalRecord.headerSize).prefix(header.length),
                        checksum: header.checksum
                    )
                else { continue }
                return bytes
            }
            return nil
        }
    }

    private static func place(of record: Int64) -> (segment: Int, offset: Int) {
        (Int(record >> 32), Int(record & 0xFFFF_FFFF))
    }

    static func record(segment: Int, offset: Int) -> Int64 { Int64(segment) << 32 | Int64(offset) }

    private func append(_ record: JournalRecord, isLive: Bool, to state: inout State) -> Int64 {
        if state.segments[state.active]?.size ?? 0 >= settings.segmentBytes { roll(&state) }
        let segment = state.active
        let offset = state.segments[segment]?.size ?? 0
        if state.pending.last?.segment != segment {
            state.pending.append(Chunk(segment: segment, offset: offset, bytes: []))
        }
        let last = state.pending.count - 1
        record.write(to: &state.pending[last].bytes)
        state.segments[segment]?.size = state.pending[last].offset + state.pending[last].bytes.count
        if isLive { state.segments[segment]?.live += 1 }
        return Self.record(segment: segment, offset: offset)
    }

    private func roll(_ state: inout State) {
        let old = state.active
        state.active += 1
        state.segments[state.active] = Segment()
        if state.segments[old]?.live == 0 { kill(old, in: &state) }
    }

    private func release(_ record: Int64, in state: inout State) {
        let segment = Self.place(of: record).segment
        state.segments[segment]?.live -= 1
        guard state.segments[segment]?.live == 0, segment != state.active else { return }
        kill(segment, in: &state)
    }

    private func kill(_ segment: Int, in state: inout State) {
        state.segments[segment] = nil
        state.pending.removeAll { $0.segment == segment }
        state.dead.append(segment)
    }

    // MARK: Files

    /// Writes what is not in its file yet. Concurrent callers share one write.
    package func flush() throws(JournalError) {
        guard state.withLock({ !$0.pending.isEmpty || !$0.flushing.isEmpty || !$0.dead.isEmpty }) else { return }
        try files.withLock { files throws(JournalError) in
            let (chunks, dead) = state.withLock { state in
                state.flushing = state.pending
                state.pending = []
                defer { state.dead = [] }
                return (state.flushing, state.dead)
            }
            delete(dead, &files)
            do throws(JournalError) {
                for chunk in chunks {
                    try file(chunk.segment, &files).write(chunk.bytes, at: chunk.offset)
                    files.unsynced.insert(chunk.segment)
                }
            } catch {
                let schedules = state.withLock { state in
                    state.pending = Self.joined(state.flushing, state.pending)
                    state.pending.removeAll { state.segments[$0.segment] == nil }
                    state.flushing = []
                    state.failure = error
                    return shouldSchedule(&state)
                }
                if schedules { scheduleFlush(after: settings.retryDelay) }
                throw error
            }
            state.withLock { state in
                state.flushing = []
                state.failure = nil
            }
        }
    }

    /// Makes everything durable that was appended before: through power loss, not only through the end of the process.
    package func sync() throws(JournalError) {
        try flush()
        let unsynced = files.withLock { files in
            defer { files.unsynced = [] }
            return files.open.filter { files.unsynced.contains($0.key) }
        }
        do throws(JournalError) {
            for file in unsynced { try file.value.synchronise() }
            if !unsynced.isEmpty { try directory.synchronise() }
        } catch {
            files.withLock { $0.unsynced.formUnion(unsynced.keys) }
            state.withLock { $0.failure = error }
            throw error
        }
    }

    private static func joined(_ first: [Chunk], _ second: [Chunk]) -> [Chunk] {
        guard var last = first.last, let next = second.first, last.segment == next.segment else {
            return first + second
        }
        last.bytes += next.bytes
        return first.dropLast() + [last] + second.dropFirst()
    }

    private func file(_ segment: Int, _ files: inout Files) throws(JournalError) -> any SpoolFile {
        if let file = files.open[segment] { return file }
        let file = try directory.open(Self.name(of: segment))
        files.open[segment] = file
        return file
    }

    private func delete(_ segments: [Int], _ files: inout Files) {
        for segment in segments {
            files.open[segment] = nil
            files.unsynced.remove(segment)
            // One that cannot be removed holds nothing of use, and is looked at again at the next start.
            directory.remove(Self.name(of: segment))
        }
    }

    private func shouldSchedule(_ state: inout State) -> Bool {
        guard !state.isFlushScheduled, thread != nil else { return false }
        state.isFlushScheduled = true
        return true
    }

    private func scheduleFlush(after delay: Milliseconds) {
        thread?.schedule(after: delay) { [weak self] in
            self?.state.withLock { $0.isFlushScheduled = false }
            // The failure is kept in `failure`, and the next try is scheduled.
            try? self?.flush()
        }
    }
}
