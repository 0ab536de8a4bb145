import FoundationEssentials
import Testing

@testable import YggConfiguration

@Suite("Finding and reading the file")
struct ConfigurationFileTests {
    private let environment = ["HOME": "/home/odin", "XDG_CONFIG_HOME": "/xdg"]

    private func locate(
        _ explicit: String?,
        _ environment: [String: String],
        existing: Set<String>
    ) throws -> String? {
        try ConfigurationFile.locate(
            explicit: explicit,
            environment: environment,
            currentDirectory: "/work",
            exists: existing.contains
        )
    }

    @Test func `the first place that has one counts`() throws {
        var existing: Set = [
            "/work/named.yaml", "/env/ygg.yaml", "/work/yggdrasil.yaml", "/xdg/yggdrasil/yggdrasil.yaml",
            "/etc/yggdrasil/yggdrasil.yaml",
        ]
        let withVariable = environment.merging(["YGG_CONFIG": "/env/ygg.yaml"]) { $1 }
        #expect(try locate("named.yaml", withVariable, existing: existing) == "/work/named.yaml")
        #expect(try locate(nil, withVariable, existing: existing) == "/env/ygg.yaml")
        for expected in [
            "/work/yggdrasil.yaml", "/xdg/yggdrasil/yggdrasil.yaml", "/etc/yggdrasil/yggdrasil.yaml",
        ] {
            #expect(try locate(nil, environment, existing: existing) == expected)
            existing.remove(expected)
        }
        #expect(try locate(nil, environment, existing: existing) == nil)
    }

    @Test func `without XDG_CONFIG_HOME it is the home's .config`() throws {
        let path = "/home/odin/.config/yggdrasil/yggdrasil.yaml"
        #expect(try locate(nil, ["HOME": "/home/odin", "XDG_CONFIG_HOME": ""], existing: [path]) == path)
        #expect(try locate("~/y.yaml", ["HOME": "/home/odin"], existing: ["/home/odin/y.yaml"]) == "/home/odin/y.yaml")
    }

    @Test func `a file that somebody named must exist`() {
        let flag = #expect(throws: ConfigurationError.self) { try locate("no.yaml", [:], existing: []) }
        #expect(flag?.description == "--config: names /work/no.yaml, which does not exist")
        let variable = #expect(throws: ConfigurationError.self) {
            try locate(nil, ["YGG_CONFIG": "/no.yaml"], existing: ["/work/yggdrasil.yaml"])
        }
        #expect(variable?.description == "YGG_CONFIG: names /no.yaml, which does not exist")
    }

    @Test func `what cannot be read says so`() throws {
        let directory = FileManager.default.temporaryDirectory.path
        let file = "\(directory)/ygg-\(UInt64.random(in: 0...UInt64.max)).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(throws: ConfigurationError(file: file, "does not exist")) { try ConfigurationFile.load(file) }
        #expect(throws: ConfigurationError(file: directory, "is a directory, not a file")) {
            try ConfigurationFile.load(directory)
        }
        #expect(FileManager.default.createFile(atPath: file, contents: Data([0x61, 0xFF])))
        #expect(throws: ConfigurationError(file: file, "is not text in UTF-8")) { try ConfigurationFile.load(file) }
        #expect(FileManager.default.createFile(atPath: file, contents: Data("coordinator: {port: 6000}\n".utf8)))
        #expect(try ConfigurationFile.load(file).configuration.coordinator.port == 6000)
    }
}
