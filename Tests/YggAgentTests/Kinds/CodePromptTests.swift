import Testing
import YggCore

@testable import YggAgent

struct CodePromptTests {
    private static func kind(_ name: String) throws -> CodeKind {
        try #require(CodeKind.standard(TaskKind(trusted: name)))
    }

    private static func prompt(_ name: String, _ params: JSONObject, _ facts: RepositoryFacts = .init()) throws
        -> CodePrompt
    {
        let kind = try kind(name)
        var params = params
        params["repo"] = "/srv/git/a"
        return CodePrompt(kind, params: try kind.spec(origin: .builtIn).validate(params), facts: facts)
    }

    @Test(
        arguments: [
            ("code-generate", ["spec": "A stack"], "Write the python code that is described here", "A stack"),
            ("code-generate", ["instruction": "A queue", "language": "go"], "Write the go code", "A queue"),
            ("code-refactor", [:], "Refactor python code: improve readability and performance.", "must stay the same"),
            ("code-refactor", ["guidance": "split it"], "Refactor python code: split it.", "Do not change tests"),
            (
                "code-test", ["language": "javascript"], "Write tests with jest for javascript code.",
                "Each test has a name"
            ),
            (
                "code-test", ["framework": "vitest", "language": "ts"], "Write tests with vitest for typescript code.",
                "edges"
            ),
            ("code-test", [:], "Write tests with pytest for python code.", "errors"),
            ("code-document", [:], "Document python code, in the google style.", "not a single statement"),
            ("code-document", ["style": "numpy"], "in the numpy style", "comments"),
            ("code-fix-lint", [:], "Repair what flake8 complains of in python code.", "switch off no rule"),
            ("code-fix-lint", ["language": "js"], "Repair what eslint complains of in javascript code.", "cause"),
            ("code-format", ["code": "x=1"], "```python\nx=1\n```", "nothing else"),
            ("code-generate", ["spec": "x", "language": "cobol"], "Write the cobol code", "x"),
        ] as [(String, JSONObject, String, String)]
    )
    func `a kind, what a task says and what is known make the prompt`(
        name: String,
        params: JSONObject,
        first: String,
        second: String
    ) throws {
        let text = try Self.prompt(name, params).text
        #expect(text.contains(first) && text.contains(second), "\(text)")
        #expect(!text.contains("{{") && !text.contains("\n\n\n") && !text.hasSuffix("\n"))
        #expect(!text.contains("Where it belongs") && !text.contains("Which code:"))
    }

    @Test func `facts are shown, and bounded`() throws {
        let facts = RepositoryFacts(
            files: (0..<100).map { "src/a\($0).rs" },
            checks: [["cargo", "test", "--", "a b"]],
            findings: (0..<100).map { "a.rs:\($0): wrong" }
        )
        let prompt = try Self.prompt("code-fix-lint", ["paths": ["src"], "linter": "clippy"], facts)
        #expect(prompt.languageName == "rust")
        #expect(
            prompt.text.contains("Which code: src\n") && prompt.text.contains("src/a0.rs")
                && prompt.text.contains("and 60 more")
        )
        #expect(prompt.text.contains("`cargo test -- \"a b\"`") && prompt.text.contains("a.rs:29: wrong\nand 70 more"))
    }

    @Test func `a fence in the code does not end it`() throws {
        let text = try Self.prompt("code-document", ["code": "a\n```\nb"]).text
        #expect(text.contains("````python\na\n```\nb\n````"))
    }

    @Test func `no prompt is too long for a small model`() throws {
        for kind in CodeKind.standard {
            #expect(kind.prompt.split(whereSeparator: \.isWhitespace).count < 150)
            #expect(CodePrompt(kind, params: [:]).templateHash.count == 64)
        }
        #expect(Set(CodeKind.standard.map { CodePrompt($0, params: [:]).templateHash }).count == 6)
    }

    @Test(arguments: [
        (["a.py", "b.py", "c.js"], "python"), (["a.tsx"], "typescript"), (["Makefile", "README"], nil),
        (["x.SWIFT"], "swift"), (["a.go", "b.rs"], "go"),
    ])
    func `the files say the language`(files: [String], name: String?) {
        #expect(CodeLanguage.of(files: files)?.name == name)
    }
}
