import FoundationEssentials
import Glibc
import Testing

@testable import YggCommands

struct PrivateFileTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/ygg-private-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `what is written is read by its owner alone`() throws {
        try Self.withFolder { folder in
            let path = "\(folder)/a/key"
            #expect(try PrivateFile.read(path) == nil)
            try PrivateFile.write("secret\n", to: path)
            #expect(Self.mode(path) == 0o600 && Self.mode("\(folder)/a") == 0o700)
            try PrivateFile.write("other\n", to: path)
            #expect(try PrivateFile.read(path) == "other\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/a") == ["key"])
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o777] as [mode_t])
    func `a key that others can read is refused, with what to do`(mode: mode_t) throws {
        try Self.withFolder { folder in
            let path = "\(folder)/key"
            try PrivateFile.write("secret", to: path)
            #expect(chmod(path, mode) == 0)
            let failure = #expect(throws: CommandFailure.self) { try PrivateFile.read(path) }
            #expect(failure?.message.contains(path) == true && failure?.next?.contains("chmod 600") == true)
            #expect(failure?.status == .usage)
        }
    }

    @Test func `what is no file is refused`() throws {
        try Self.withFolder { folder in
            try PrivateFile.write("x", to: "\(folder)/x")
            #expect(throws: CommandFailure.self) { try PrivateFile.read(folder) }
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            #expect(throws: CommandFailure.self) { try PrivateFile.read("\(folder)/pipe") }
        }
    }
}
