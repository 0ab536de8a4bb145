import Testing
import YggCore

@testable import YggCommands

struct ParameterTests {
    @Test(
        arguments: [
            (["repo=."], [], ["repo": "."]),
            (["a=b=c", "e="], [], ["a": "b=c", "e": ""]),
            ([], ["--repo", ".", "--limit", "5"], ["repo": ".", "limit": "5"]),
            ([], ["--path=Sources", "--stat"], ["path": "Sources", "stat": "true"]),
            ([], ["--stat", "--path", "x"], ["stat": "true", "path": "x"]),
            ([], ["--offset", "-5"], ["offset": "-5"]),
            (["c=swift", "c=test"], ["--c", "-v"], ["c": ["swift", "test", "-v"]]),
            (["kept=2"], [], ["kept": "2"]),
        ] as [([String], [String], JSONObject)]
    )
    func `assignments and options mean the same`(assignments: [String], options: [String], expected: JSONObject) throws
    {
        #expect(try Parameters.merge(base: [:], assignments: assignments, options: options) == expected)
    }

    @Test
    func `names on the command line win over the JSON`() throws {
        let merged = try Parameters.merge(
            base: ["limit": 3, "stat": true, "list": ["x"]],
            assignments: ["limit=5", "list=y"],
            options: []
        )
        #expect(merged == ["stat": true, "limit": "5", "list": "y"])
    }

    @Test(arguments: [(["novalue"], []), (["=x"], []), ([], ["stray"]), ([], ["-x", "1"]), ([], ["--"])])
    func `what is no parameter is refused`(assignments: [String], options: [String]) {
        let failure = #expect(throws: CommandFailure.self) {
            _ = try Parameters.merge(base: [:], assignments: assignments, options: options)
        }
        #expect(failure?.status == .usage)
    }

    @Test(arguments: [
        (".", "/work/here"), ("./", "/work/here"), ("..", "/work"), ("sub/./x/../y", "/work/here/sub/y"),
        ("/abs/./path", "/abs/path"), ("~", "/home/u"), ("~/src", "/home/u/src"), ("../../../..", "/"),
        ("https://example.org/a.git", "https://example.org/a.git"), ("ssh://git@host/a", "ssh://git@host/a"),
        ("git@host:a/b.git", "git@host:a/b.git"), ("host:a", "host:a"), ("a/b:c", "/work/here/a/b:c"),
    ])
    func `a relative repository is taken from here`(given: String, expected: String) {
        let resolved = Parameters.resolvingRepository(
            ["repo": .string(given), "path": "."],
            workingDirectory: "/work/here",
            home: "/home/u"
        )
        #expect(resolved == ["repo": .string(expected), "path": "."])
    }
}
