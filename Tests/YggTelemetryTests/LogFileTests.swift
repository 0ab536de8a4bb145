import FoundationEssentials
import Testing

@testable import YggTelemetry

/// A directory that is gone afterwards.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let path = "\(FileManager.default.temporaryDirectory.path)/ygg-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
}

@Suite("Log files")
struct LogFileTests {
    private func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a full file is kept, up to the number of generations`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/x.log"
            let file = try LogFile(path: path, maxBytes: 8, generations: 3)
            for number in 1...7 { file.append(Array("line\(number)\n".utf8)) }
            #expect(text(path) == "line7\n")
            #expect(text("\(path).1") == "line6\n" && text("\(path).2") == "line5\n")
            #expect(text("\(path).3") == nil)
            #expect(file.lines(last: 2) == ["line6", "line7"])
            #expect(file.lines(last: 99) == ["line5", "line6", "line7"])
        }
    }

    @Test func `a single generation begins anew`() throws {
        try withTemporaryDirectory { directory in
            let file = try LogFile(path: "\(directory)/x.log", maxBytes: 8, generations: 1)
            for number in 1...3 { file.append(Array("line\(number)\n".utf8)) }
            #expect(file.lines(last: 9) == ["line3"])
        }
    }

    @Test func `a line longer than a file is kept whole`() throws {
        try withTemporaryDirectory { directory in
            let file = try LogFile(path: "\(directory)/x.log", maxBytes: 4)
            let long = String(repeating: "x", count: 100)
            file.append(Array("a\n".utf8))
            file.append(Array("\(long)\n".utf8))
            #expect(file.lines(last: 9) == ["a", long])
        }
    }

    @Test func `a file goes on where it ended, and a broken last line is ended`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/x.log"
            #expect(FileManager.default.createFile(atPath: path, contents: Data("whole\nhal".utf8)))
            let file = try LogFile(path: path)
            file.append(Array("next\n".utf8))
            #expect(file.lines(last: 9) == ["whole", "hal", "next"])
        }
    }

    @Test func `a file that cannot be written says why`() throws {
        let error = #expect(throws: LogFileError.self) { try LogFile(path: "/nowhere/x.log") }
        #expect(error?.description == "cannot write the log file /nowhere/x.log: No such file or directory")
    }

    @Test func `the tail is found from the end, over block borders`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/x.log"
            let file = try LogFile(path: path)
            let lines = (0..<5_000).map { "line \($0) \(String(repeating: "ä", count: $0 % 50))" }
            file.append(Array(lines.map { "\($0)\n" }.joined().utf8))
            for count in [0, 1, 2, 1000, 4_999, 5_000, 9_000] {
                #expect(file.lines(last: count) == Array(lines.suffix(count)))
            }
            let bounded = file.lines(last: 5_000, maxBytes: 100_000)
            #expect(bounded == Array(lines.suffix(bounded.count)))
            #expect((90_000...100_000).contains(bounded.reduce(0) { $0 + $1.utf8.count + 1 }))
        }
    }

    @Test func `a file that nobody wrote has no lines`() {
        #expect(fileTail("/nowhere/x.log", lines: 5, maxBytes: 99).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func `lines of many writers stay whole`() async throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/ygg-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = try LogFile(path: "\(directory)/x.log", maxBytes: 4096, generations: 100)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<200 { file.append(Array("\(writer)-\(number)-end\n".utf8)) }
                }
            }
        }
        let lines = file.lines(last: 10_000)
        #expect(lines.count == 1600 && Set(lines).count == 1600)
        #expect(lines.allSatisfy { $0.hasSuffix("-end") })
    }
}
