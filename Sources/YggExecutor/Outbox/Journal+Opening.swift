package import YggCore

extension Journal {
    /// What an earlier life left behind.
    package struct Replay: Sendable {
        /// Entries of leases whose final report was not acknowledged: to be delivered, in this order.
        package var undelivered: [Outbox.Entry] = []
        /// Leases that were accepted and came to no result: their attempts died with the process.
        package var unfinished: [(key: LeaseKey, kind: TaskKind)] = []
        /// Places where a file ends in something that is no record.
        package var damage: [JournalError] = []
    }

    private struct Found {
        var kind: TaskKind?
        var entries: [Outbox.Entry] = []

        var isFinished: Bool { entries.last?.isFinal == true }

        /// Takes an entry, as a rule the next one. Where its number is known, it stands for the one that was rejected.
        mutating func note(_ entry: Outbox.Entry) {
            if let last = entries.last, entry.n <= last.n, let place = entries.lastIndex(where: { $0.n == entry.n }) {
                entries[place] = entry
            } else {
                entries.append(entry)
            }
        }
    }

    /// Opens the spool in `directory`, which is made where it is missing, and reads what is there.
    ///
    /// The torn end of the last file is cut off. Attempts without a result are closed: they are told in `unfinished`
    /// once, and never come back.
    package static func open(
        in directory: any SpoolDirectory,
        settings: Settings = Settings(),
        thread: DedicatedThread?
    ) throws(JournalError) -> (journal: Journal, replay: Replay) {
        try directory.create()
        var replay = Replay()
        var leases: [LeaseKey: Found] = [:]
        var live: [Int: Int] = [:]
        var open: [Int: any SpoolFile] = [:]
        let segments = try segments(in: directory)
        for segment in segments {
            let file = try directory.open(name(of: segment))
            let end = try scan(file) { record, offset in
                note(record, Journal.record(segment: segment, offset: offset), &leases)
            }
            if try file.size() > end {
                replay.damage.append(JournalError(damaged: file.path, at: end))
                if segment == segments.last { try file.truncate(to: end) }
            }
            open[segment] = file
            live[segment] = 0
        }
        for (key, found) in leases.sorted(by: { $0.key < $1.key }) {
            if found.isFinished {
                replay.undelivered += found.entries
                for entry in found.entries { live[Int(entry.record >> 32), default: 0] += 1 }
            } else if let kind = found.kind {
                replay.unfinished.append((key, kind))
            }
        }
        let journal = Journal(directory: directory, settings: settings, thread: thread, live: live, open: open)
        for (key, found) in leases.sorted(by: { $0.key < $1.key }) where !found.isFinished { journal.close(key) }
        return (journal, replay)
    }

    private static func note(_ record: JournalRecord, _ address: Int64, _ leases: inout [LeaseKey: Found]) {
        switch record {
        case .accept(let key, let kind): leases[key, default: Found()].kind = kind
        case .entry(let key, let n, let isFinal, let bytes):
            let entry = Outbox.Entry(key: key, n: n, size: bytes.count, isFinal: isFinal, record: address)
            leases[key, default: Found()].note(entry)
        case .close(let key): leases[key] = nil
        }
    }

    /// Reads the records of a file up to the first that is not whole, and says where that is.
    private static func scan(
        _ file: any SpoolFile,
        _ body: (JournalRecord, _ offset: Int) -> Void
    ) throws(JournalError) -> Int {
        let bytes = try file.read(try file.size(), at: 0)
        var offset = 0
        while let header = JournalRecord.header(bytes[offset...]) {
            let start = offset + JournalRecord.headerSize
            guard start + header.length <= bytes.count,
                let record = JournalRecord(payload: bytes[start..<(start + header.length)], checksum: header.checksum)
            else { break }
            body(record, offset)
            offset = start + header.length
        }
        return offset
    }

    static func name(of segment: Int) -> String {
        let digits = String(segment)
        return "\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).journal"
    }

    private static func segments(in directory: any SpoolDirectory) throws(JournalError) -> [Int] {
        try directory.names().compactMap { $0.hasSuffix(".journal") ? Int($0.dropLast(8)) : nil }.sorted()
    }
}
