import Testing
import YggCore

struct CodeKindTests {
    @Test func `the built-in kinds ask for a person where they change what code does`() {
        let tiers = Dictionary(uniqueKeysWithValues: CodeKind.standard.map { ($0.kind.rawValue, $0.tier) })
        #expect(
            tiers == [
                "code-generate": [.review], "code-refactor": [.review], "code-test": [.review], "code-document": [],
                "code-fix-lint": [], "code-format": [],
            ]
        )
        let checks = CodeKind.standard.map { "\($0.kind) \($0.verification)" }
        #expect(
            checks == [
                "code-generate test", "code-refactor test", "code-test test", "code-document checker",
                "code-fix-lint lint", "code-format format",
            ]
        )
    }

    @Test(
        arguments: [
            ("code-generate", ["spec": "x"], ["spec": "x", "ref": "main", "target": "main"]),
            (
                "code-refactor", ["repo": "/r", "paths": ["a.py"], "maxSteps": 5, "push": true],
                [
                    "repo": "/r", "ref": "main", "target": "main", "paths": ["a.py"], "maxSteps": 5, "push": true,
                    "guidance": "improve readability and performance",
                ]
            ),
            (
                "code-document", ["code": "- x", "test": ["pytest", "-q"]],
                ["ref": "main", "target": "main", "code": "- x", "test": ["pytest", "-q"], "style": "google"]
            ),
        ] as [(String, JSONObject, JSONObject)]
    )
    func `parameters have their defaults`(name: String, given: JSONObject, checked: JSONObject) throws {
        let kind = try #require(CodeKind.standard(TaskKind(trusted: name)))
        #expect(try kind.spec(origin: .builtIn).validate(given) == checked)
    }

    @Test(
        arguments: [
            ("code-generate", ["spec": "x", "speck": "x"], "/params/speck"),
            ("code-generate", ["spec": " "], "/params/spec"),
            ("code-document", ["code": "x", "style": "own"], "/params/style"),
            ("code-test", ["code": "x", "maxSteps": 0], "/params/maxSteps"),
            ("code-format", ["code": "x", "land": "x"], "/params/land"),
            ("code-format", ["code": "x", "ref": "--upload-pack=x"], "/params/ref"),
            ("code-format", ["code": "x", "test": "pytest", "lint": 5], "/params/lint"),
            ("code-refactor", [:], "/params/repo"), ("code-test", ["paths": ["a.py"]], "/params/repo"),
            ("code-format", ["instruction": "Tidy"], "/params/repo"), ("code-fix-lint", ["spec": "x"], "/params/repo"),
        ] as [(String, JSONObject, String)]
    )
    func `what is wrong is named`(name: String, given: JSONObject, pointer: String) throws {
        let kind = try #require(CodeKind.standard(TaskKind(trusted: name)))
        let error = #expect(throws: InvalidInput.self) { try kind.spec(origin: .builtIn).validate(given) }
        #expect(error?.issues.map(\.pointer) == [pointer])
    }

    @Test(arguments: [
        ("a {{x}} b", ["x": "1"], "a 1 b"), ("a {{x}} b", [:], ""), ("a\nb {{x}}\nc", [:], "a\nc"),
        ("{{x}}{{y}}", ["y": "2"], "2"), ("a\n\n{{x}}\n\nb", [:], "a\n\nb"),
        ("{{x}}", ["x": "{{y}}", "y": "no"], "{{y}}"),
        ("{{ x }} {{1}}", ["x": "1"], "{{ x }} {{1}}"), ("\n\na\n\n", [:], "a"),
    ])
    func `a line without any value is left out`(prompt: String, values: [String: String], text: String) {
        let kind = CodeKind(kind: TaskKind(trusted: "code-x"), description: "", prompt: prompt)
        #expect(kind.prompt(values) == text)
    }

    @Test func `a kind reads as it is written`() throws {
        for standard in CodeKind.standard {
            var kind = standard
            kind.kind = TaskKind(trusted: "code-mine")
            kind.mode = .pipeline
            let json = try JSON(parsing: kind.json.text)
            var reader = try ObjectReader(json)
            #expect(try CodeKind(reading: &reader) == kind)
        }
    }

    @Test func `a household's own kind asks for a person unless it says otherwise`() throws {
        var reader = try ObjectReader(["kind": "code-mine", "prompt": "do {{spec}}"] as JSON)
        let kind = try CodeKind(reading: &reader)
        #expect(kind.tier == [.review] && kind.verification == .test && kind.mode == .auto && kind.language == "python")
        #expect(kind.spec(origin: .declared).origin == .declared)
    }

    @Test func `code that comes with a task is shown to nobody before it counts, a repository's is`() throws {
        let kind = try #require(CodeKind.standard("code-refactor")).spec(origin: .builtIn)
        #expect(kind.tier == [.review])
        #expect(kind.tier(for: ["code": "x = 1"]) == [] && kind.tier(for: ["repo": "", "code": "x"]) == [])
        #expect(kind.tier(for: ["repo": "/srv/git/a"]) == [.review])
        // A command about a repository that may be left out is what its household made it.
        var command = kind
        command.asksModel = false
        #expect(command.tier(for: [:]) == [.review])
    }
}
