import FoundationEssentials
import Testing
import YggConfiguration

@testable import YggCommands

@Suite("References to secrets")
struct SecretReferenceTests {
    @Test func `a variable holds what it holds, and an empty one nothing`() throws {
        let reference = try #require(SecretReference("env:A"))
        #expect(try reference.read(environment: ["A": "s"]) == "s")
        #expect(throws: CommandFailure.self) { try reference.read(environment: ["A": ""]) }
        #expect(throws: CommandFailure.self) { try reference.read(environment: [:]) }
    }

    @Test func `a file is read without the end of its line, and refused where others can read it`() throws {
        let path = "/tmp/ygg-secret-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reference = try #require(SecretReference("file:\(path)"))
        #expect(throws: CommandFailure.self) { try reference.read() }
        try PrivateFile.write(" a secret\r\n", to: path)
        #expect(try reference.read() == "a secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let failure = #expect(throws: CommandFailure.self) { try reference.read() }
        #expect(failure?.next?.contains("chmod 600") == true)
        #expect(try #require(SecretReference("file:/dev/null")).text == "file:/dev/null")
    }
}
