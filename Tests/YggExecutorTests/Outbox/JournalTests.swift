import Glibc
import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct JournalTests {
    private let folder = TemporaryFolder()

    private var directory: String { "\(folder.path)/outbox" }

    private static func key(_ task: String) -> LeaseKey { LeaseKey(task: TaskID(trusted: task), epoch: 3) }

    private func open(_ settings: Journal.Settings = .init()) throws -> (journal: Journal, replay: Journal.Replay) {
        try Journal.open(in: HostSpoolDirectory(path: directory), settings: settings, thread: nil)
    }

    private func spool(_ journal: Journal, _ task: String, _ lines: [String]) -> [Int64] {
        journal.accept(Self.key(task), kind: TaskKind(trusted: "ops-disk"))
        return lines.enumerated().map { index, line in
            journal.append(
                Self.key(task),
                n: Int64(index + 1),
                isFinal: index == lines.count - 1,
                bytes: Array(line.utf8)
            )
        }
    }

    @Test func `a result that was written is delivered by the next life`() throws {
        do {
            let journal = try open().journal
            _ = spool(journal, "a", ["one", "two", "result"])
            try journal.flush()
        }
        let (journal, replay) = try open()
        #expect(replay.undelivered.map(\.n) == [1, 2, 3])
        #expect(replay.undelivered.map(\.isFinal) == [false, false, true])
        let texts = try replay.undelivered.map { String(decoding: try journal.bytes(of: $0.record), as: UTF8.self) }
        #expect(texts == ["one", "two", "result"])
        #expect(replay.unfinished.isEmpty && replay.damage.isEmpty)
    }

    @Test func `an entry that stands for another is the one that counts`() throws {
        do {
            let journal = try open().journal
            let records = spool(journal, "a", ["one", "two", "result"])
            _ = journal.append(Self.key("a"), n: 2, isFinal: false, bytes: Array("2".utf8))
            journal.forget([records[1]])
            try journal.flush()
        }
        let (journal, replay) = try open()
        let texts = try replay.undelivered.map { String(decoding: try journal.bytes(of: $0.record), as: UTF8.self) }
        #expect(texts == ["one", "2", "result"])
    }

    @Test func `an attempt without a result is told once and never again`() throws {
        do {
            let journal = try open().journal
            journal.accept(Self.key("a"), kind: TaskKind(trusted: "ops-disk"))
            _ = journal.append(Self.key("a"), n: 1, isFinal: false, bytes: [1])
            try journal.flush()
        }
        do {
            let (journal, replay) = try open()
            #expect(replay.unfinished.map(\.key) == [Self.key("a")])
            #expect(replay.undelivered.isEmpty)
            try journal.flush()
        }
        #expect(try open().replay.unfinished.isEmpty)
    }

    @Test func `what was acknowledged does not come back`() throws {
        do {
            let journal = try open().journal
            let a = spool(journal, "a", ["one", "result"])
            _ = spool(journal, "b", ["result"])
            journal.forget(a)
            journal.close(Self.key("a"))
            try journal.flush()
        }
        #expect(try open().replay.undelivered.map(\.key) == [Self.key("b")])
    }

    @Test func `cut anywhere in its last record, the file keeps every earlier one`() throws {
        do {
            let journal = try open().journal
            _ = spool(journal, "a", ["one", "result of a"])
            _ = spool(journal, "b", ["result of b"])
            try journal.flush()
        }
        let name = try #require(folder.names(in: "outbox").first)
        let bytes = try TemporaryFolder.read("\(directory)/\(name)")
        let size = try #require(try open().replay.undelivered.last).size
        let last = JournalRecord.headerSize + 1 + 8 + 1 + 1 + 8 + size
        for cut in (bytes.count - last)..<bytes.count {
            TemporaryFolder.remove(directory)
            mkdir(directory, 0o700)
            try TemporaryFolder.write(bytes[..<cut], to: "\(directory)/\(name)")
            let (journal, replay) = try open()
            #expect(replay.undelivered.map(\.key) == [Self.key("a"), Self.key("a")], "cut at \(cut)")
            #expect(replay.unfinished.map(\.key) == [Self.key("b")], "cut at \(cut)")
            #expect(replay.damage.isEmpty == (cut == bytes.count - last), "cut at \(cut)")
            #expect(try journal.bytes(of: replay.undelivered[1].record) == Array("result of a".utf8))
            #expect(try open().replay.damage.isEmpty, "cut at \(cut)")
        }
    }

    @Test func `a flipped bit in the last record is found`() throws {
        do {
            let journal = try open().journal
            _ = spool(journal, "a", ["the result"])
            try journal.flush()
        }
        let name = try #require(folder.names(in: "outbox").first)
        var bytes = try TemporaryFolder.read("\(directory)/\(name)")
        bytes[bytes.count - 3] ^= 4
        try TemporaryFolder.write(bytes, to: "\(directory)/\(name)")
        let replay = try open().replay
        #expect(replay.undelivered.isEmpty)
        #expect(replay.damage.count == 1)
    }

    @Test func `segments without a live record are deleted`() throws {
        var settings = Journal.Settings()
        settings.segmentBytes = 1000
        let journal = try open(settings).journal
        let line = String(repeating: "x", count: 300)
        for index in 0..<50 {
            let records = spool(journal, "t\(index)", [line, line])
            try journal.flush()
            journal.forget(records)
            journal.close(Self.key("t\(index)"))
        }
        try journal.flush()
        #expect(folder.names(in: "outbox").count <= 2)
    }

    @Test func `entries beyond the cache are read from the file, and before they are written from memory`() throws {
        var settings = Journal.Settings()
        settings.cacheBytes = 100
        settings.segmentBytes = 500
        let journal = try open(settings).journal
        let lines = (0..<40).map { "line \($0) " + String(repeating: "y", count: 40) }
        let records = spool(journal, "a", lines)
        for (record, line) in zip(records, lines) { #expect(try journal.bytes(of: record) == Array(line.utf8)) }
        #expect(journal.cachedBytes(of: records[0]) == nil)
        try journal.flush()
        for (record, line) in zip(records, lines) { #expect(try journal.bytes(of: record) == Array(line.utf8)) }
        try journal.sync()
    }

    @Test func `a disk that takes nothing costs no result, and is written again later`() throws {
        let journal = try open().journal
        TemporaryFolder.remove(directory)
        let records = spool(journal, "a", ["one", "result"])
        #expect(throws: JournalError.self) { try journal.flush() }
        #expect(journal.failure != nil)
        #expect(try journal.bytes(of: records[1]) == Array("result".utf8))
        let more = spool(journal, "b", ["result of b"])
        mkdir(directory, 0o700)
        try journal.flush()
        #expect(journal.failure == nil)
        #expect(try journal.bytes(of: more[0]) == Array("result of b".utf8))
        #expect(try open().replay.undelivered.count == 3)
    }

    /// Random histories of spooling, acknowledging, flushing and dying, against a dictionary. What was acknowledged may
    /// come back, what was not must.
    @Test(arguments: [UInt64.random(in: .min ... .max), 1, 2, 3])
    func `any history leaves every undelivered result, and nothing that was never a result`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var settings = Journal.Settings()
        settings.segmentBytes = 700
        settings.cacheBytes = 300
        var model: [LeaseKey: [(record: Int64, bytes: [UInt8], isFinal: Bool)]] = [:]
        var journal = try open(settings).journal
        var acknowledged: Set<LeaseKey> = []
        var next = 0
        for step in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                let key = Self.key("t\(next)")
                next += 1
                model[key] = []
                journal.accept(key, kind: TaskKind(trusted: "ops-disk"))
            case 3...6:
                guard let key = model.keys.sorted().randomElement(using: &random), model[key]?.last?.isFinal != true
                else { break }
                let count = Int.random(in: 1...90, using: &random)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                let isFinal = Bool.random(using: &random)
                let n = Int64(model[key]?.count ?? 0) + 1
                let record = journal.append(key, n: n, isFinal: isFinal, bytes: bytes)
                model[key]?.append((record, bytes, isFinal))
            case 7:
                guard let key = model.keys.sorted().randomElement(using: &random) else { break }
                journal.forget(model.removeValue(forKey: key)?.map(\.record) ?? [])
                acknowledged.insert(key)
                journal.close(key)
            case 8: try journal.flush()
            default:
                guard Int.random(in: 0..<4, using: &random) == 0 else { break }
                try journal.flush()
                let (reopened, replay) = try open(settings)
                model = model.filter { $0.value.last?.isFinal == true }
                let keys = Set(replay.undelivered.map(\.key))
                #expect(keys.isSuperset(of: model.keys), "seed \(seed), step \(step)")
                for entry in replay.undelivered where model[entry.key] == nil { reopened.forget([entry.record]) }
                for key in keys.subtracting(model.keys) {
                    #expect(acknowledged.contains(key), "seed \(seed), step \(step)")
                    reopened.close(key)
                }
                journal = reopened
            }
            guard step % 20 == 0 else { continue }
            for (key, entries) in model {
                for entry in entries {
                    #expect(try journal.bytes(of: entry.record) == entry.bytes, "seed \(seed), step \(step), \(key)")
                }
            }
        }
    }
}
