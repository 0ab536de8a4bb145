import Logging
import Testing
import YggCore

@testable import YggTelemetry

@Suite("One message, one line")
struct LogLineTests {
    private let noon = Timestamp(milliseconds: 1_772_366_400_123)

    private func record(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogRecord {
        LogRecord(time: noon, level: .warning, label: "ygg", message: message, metadata: metadata)
    }

    @Test func `a line is one JSON object with dotted keys`() throws {
        let line = record(
            "Lease \"lost\"\n",
            [
                "task.id": "t1", "lease": ["epoch": .stringConvertible(7), "inner": ["ok": .stringConvertible(true)]],
                "ratio": .stringConvertible(0.5), "names": ["a", "b"], "level": "mine",
            ]
        ).jsonLine
        #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(
            String(decoding: line.dropLast(), as: UTF8.self)
                == #"{"time":"2026-03-01T12:00:00.123Z","level":"warning","message":"Lease \"lost\"\n","label":"ygg","#
                + #""lease.epoch":7,"lease.inner.ok":true,"metadata.level":"mine","names":["a","b"],"ratio":0.5,"#
                + #""task.id":"t1"}"#
        )
    }

    @Test func `a person reads time, level, message and fields`() {
        let line = record("Lease lost", ["task.id": "t1", "reason": "no answer"]).humanLine(colours: false)
        #expect(
            String(decoding: line, as: UTF8.self)
                == "12:00:00.123 WARNING  Lease lost reason=\"no answer\" task.id=t1\n"
        )
        let coloured = record("Lease lost").humanLine(colours: true)
        #expect(String(decoding: coloured, as: UTF8.self).contains("\u{1B}[33mWARNING \u{1B}[0m"))
    }

    @Test func `what others wrote can neither begin a line nor command the terminal`() {
        let line = record("a\nb\u{1B}[2J", ["error": "c\u{1B}d\ne"]).humanLine(colours: false)
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(!line.contains(0x1B))
    }

    @Test func `a logger's own, provided and a message's metadata come together, the closest wins`() throws {
        try withTemporaryDirectory { directory in
            let file = try LogFile(path: "\(directory)/x.log")
            let provider = Logger.MetadataProvider { ["a": "provided", "b": "provided"] }
            var logger = Logger(label: "ygg.test") { [noon] label in
                JSONLineHandler(
                    label: label,
                    level: .debug,
                    metadataProvider: provider,
                    destinations: [.file(file)],
                    now: { noon }
                )
            }
            logger[.taskID] = "t1"
            logger[metadataKey: "a"] = "logger"
            logger.debug("One", metadata: .of([.executorID: "huginn", .leaseEpoch: .stringConvertible(3)]))
            logger.trace("Never")
            logger.error("Two", error: LogFileError(path: "/p", code: 28), metadata: ["b": "message"])
            let lines = try file.lines(last: 10).map { try JSON(parsing: $0) }
            #expect(lines.map { $0["message"] } == ["One", "Two"])
            #expect(lines[0]["task.id"] == "t1" && lines[0]["executor.id"] == "huginn" && lines[0]["lease.epoch"] == 3)
            #expect(lines[0]["a"] == "provided" && lines[1]["b"] == "message")
            #expect(lines[1]["error"] == "cannot write the log file /p: No space left on device")
        }
    }

    @Test func `a secret is in no line, whoever logs it and wherever`() throws {
        try withTemporaryDirectory { directory in
            let file = try LogFile(path: "\(directory)/x.log")
            let secrets = KnownSecrets([Secret(name: "pin", value: "1234")])
            let logger = Logger(label: "ygg.test") { label in
                JSONLineHandler(label: label, destinations: [.file(file)], secrets: secrets)
            }
            logger.notice("Before hunter2hunter2")
            // Learnt later, and what was written before stays as it is; learnt again, nothing changes.
            for _ in 0..<2 { secrets.learn([Secret(name: "door", value: "hunter2hunter2")]) }
            logger.error("With hunter2hunter2 1234", metadata: ["reason": ["deep": ["x aHVudGVyMmh1bnRlcjI= y"]]])
            let lines = try file.lines(last: 10).map { try JSON(parsing: $0) }
            #expect(lines[0]["message"] == "Before hunter2hunter2")
            #expect(lines[1]["message"] == "With [redacted:door] 1234")
            #expect(lines[1]["reason.deep"] == ["x [redacted:door]I= y"])
        }
    }

    @Test func `keys are dotted words, each once`() {
        let keys = LogKey.allCases.map(\.rawValue)
        #expect(Set(keys).count == keys.count)
        for key in keys { #expect(key.wholeMatch(of: /[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*/) != nil) }
    }
}
