import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

@testable import YggAgent

/// Work on code without a repository, with answers that are written down here and the real checkers.
@Suite(.timeLimit(.minutes(2)))
struct InlineCodeTests {
    /// Answers in order, and remembers what it was asked.
    private final class Script {
        var replies: [String]
        var asked: [[ModelMessage]] = []

        init(_ replies: [String]) { self.replies = replies }

        func answer(_ messages: [ModelMessage]) throws -> String {
            asked.append(messages)
            return replies.isEmpty ? "" : replies.removeFirst()
        }
    }

    /// A directory of its own, with programs that a test puts before all others.
    private final class Room: Sendable {
        let base: String
        let setting: Toolbox.Setting

        init(programs: [String: String] = [:], path: String? = nil) throws {
            var template = Array("/tmp/ygg-inline-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw InlineFailure(code: "test", detail: "no directory") }
            base = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            for directory in ["code", "bin"] {
                try FileManager.default.createDirectory(
                    atPath: "\(base)/\(directory)",
                    withIntermediateDirectories: true
                )
            }
            for (name, text) in programs {
                try Data(text.utf8).write(to: URL(filePath: "\(base)/bin/\(name)"))
                guard Bench.makeExecutable("\(base)/bin/\(name)") else {
                    throw InlineFailure(code: "test", detail: name)
                }
            }
            var environment = Yard.environment
            environment["PATH"] = "\(base)/bin:\(path ?? environment["PATH"] ?? "")"
            setting = Toolbox.Setting(
                root: "\(base)/code",
                gitDirectory: nil,
                scratch: try Scratch(path: "\(base)/scratch", personalHome: nil),
                environment: environment,
                isolation: .none
            )
        }

        deinit { try? FileManager.default.removeItem(atPath: base) }
    }

    private static func answer(
        _ name: String,
        _ params: JSONObject,
        _ script: Script,
        in room: Room? = nil
    ) async throws -> InlineAnswer {
        let kind = try #require(CodeKind.standard(TaskKind(trusted: name)))
        let room = try room ?? Room()
        let inline = InlineCode(kind, params: try kind.spec(origin: .builtIn).validate(params), room.setting)
        return try await inline.answer { try script.answer($0) }
    }

    @Test(arguments: [
        ("python", "def f():\n    return 1\n", "python3"), ("javascript", "const f = () => 1;\n", "node"),
        ("javascript", "import fs from 'node:fs';\nexport const f = () => fs;\n", "node"),
        ("shell", "set -e\necho hello\n", "shellcheck"), ("swift", "func f() -> Int { 1 }\n", "swiftc"),
    ])
    func `a program that can be read is valid`(language: String, code: String, checker: String) async throws {
        let script = Script(["```\n\(code)```"])
        let answer = try await Self.answer("code-generate", ["spec": "f", "language": .string(language)], script)
        #expect(answer.validity == .valid && answer.output == code && answer.language == language)
        #expect(answer.summary.contains("which \(checker) can read") && answer.questions == 1)
        #expect(answer.result["validity"] == "valid" && answer.result["framework"] == nil)
        #expect(script.asked.first?.map(\.text).last?.contains("Write the \(language) code") == true)
    }

    @Test(arguments: [
        ("python", "def f(:\n", "SyntaxError"), ("javascript", "const = 1;\n", "SyntaxError"),
        ("shell", "if true; then\n", "code.sh"), ("swift", "func f( {\n", "error:"),
    ])
    func `one that cannot is sent back once, with what is wrong`(language: String, bad: String, said: String)
        async throws
    {
        let good = language == "shell" ? "true\n" : language == "python" ? "x = 1\n" : "let x = 1\n"
        let script = Script(["```\n\(bad)```", "```\n\(good)```"])
        let answer = try await Self.answer("code-generate", ["spec": "f", "language": .string(language)], script)
        #expect(answer.validity == .valid && answer.output == good && answer.questions == 2)
        #expect(script.asked.last?.last?.text.contains(said) == true, "\(script.asked.last?.last?.text ?? "")")
        let stubborn = Script(["```\n\(bad)```", "```\n\(bad)```"])
        let worse = try await Self.answer("code-generate", ["spec": "f", "language": .string(language)], stubborn)
        #expect(worse.validity == .invalid && worse.output == bad && worse.summary.contains("cannot read"))
    }

    @Test func `without a checker nothing is claimed`() async throws {
        let script = Script(["```cobol\nDISPLAY 'X'.\n```"])
        let answer = try await Self.answer("code-generate", ["spec": "x", "language": "cobol"], script)
        #expect(answer.validity == .unchecked && answer.language == "cobol" && answer.questions == 1)
        #expect(answer.summary.hasSuffix("unchecked: nothing is installed here that could read it."))
    }

    @Test func `an answer without code, and one that leaves something out, are asked for again`() async throws {
        let script = Script(["Which stack do you mean?", "```python\nx = 1\n```"])
        #expect(try await Self.answer("code-generate", ["spec": "x"], script).output == "x = 1\n")
        let silent = Script(["I cannot.", "Sorry, no."])
        let failure = await #expect(throws: InlineFailure.self) {
            _ = try await Self.answer("code-generate", ["spec": "x"], silent)
        }
        #expect(failure?.code == "no-code")
        let lazy = Script(["```python\ndef f():\n    # ... rest of the code unchanged\n```", "```python\nx = 2\n```"])
        let answer = try await Self.answer("code-refactor", ["code": "x = 1 + 1\n"], lazy)
        #expect(answer.output == "x = 2\n" && lazy.asked.count == 2)
    }

    /// A household's own kind may ask for nothing.
    @Test(arguments: [(.test, [:]), (.format, ["instruction": "Tidy"])] as [(CodeKind.Verification, JSONObject)])
    func `with nothing to work on nobody is asked`(_ check: CodeKind.Verification, _ params: JSONObject) async throws {
        let kind = CodeKind(kind: TaskKind(trusted: "code-tidy"), description: "", prompt: "Tidy", verification: check)
        let inline = InlineCode(kind, params: params, try Room().setting)
        let failure = await #expect(throws: InlineFailure.self) {
            _ = try await inline.answer { _ in throw CancellationError() }
        }
        #expect(failure?.code == "invalid-params")
    }

    @Test func `kinds say what they went by`() async throws {
        let test = try await Self.answer(
            "code-test",
            ["code": "x = 1\n"],
            Script(["```python\ndef test_x(): pass\n```"])
        )
        #expect(test.result["framework"] == "pytest" && test.result["docstringStyle"] == nil)
        let document = try await Self.answer(
            "code-document",
            ["code": "x = 1\n", "style": "numpy"],
            Script(["```python\nx = 1  # one\n```"])
        )
        #expect(document.result["docstringStyle"] == "numpy" && document.result["linter"] == nil)
    }

    // MARK: - Tools that do it alone

    @Test func `a formatter does it without a model`() async throws {
        let room = try Room(programs: ["black": "#!/bin/sh\nsed -i 's/=/ = /' \"$2\"\n"])
        let script = Script([])
        let answer = try await Self.answer("code-format", ["code": "x=1\n"], script, in: room)
        #expect(
            answer.output == "x = 1\n" && answer.questions == 0 && script.asked.isEmpty && answer.validity == .valid
        )
        #expect(answer.summary == "The code was formatted, by black; no model was asked.")
        #expect(answer.commands.first?.argv == ["black", "--quiet", "code.py"])
    }

    @Test func `without a formatter a model is asked`() async throws {
        let room = try Room(path: "/usr/bin:/bin")
        let answer = try await Self.answer(
            "code-format",
            ["code": "x=1\n", "language": "javascript"],
            Script(["```js\nx = 1;\n```"]),
            in: room
        )
        #expect(answer.output == "x = 1;\n" && answer.questions == 1)
    }

    /// Complains of every line that ends with a blank.
    private static let linter =
        "#!/bin/sh\ngrep -n ' $' \"$1\" | sed \"s/^\\([0-9]*\\):.*/$1:\\1:1: W291 trailing whitespace/\"\n! grep -q ' $' \"$1\"\n"

    @Test func `the real linter is run before and after`() async throws {
        let room = try Room(programs: ["flake8": Self.linter], path: "/usr/bin:/bin")
        let script = Script(["```python\nx = 1 \ny = 1\nz = 1\n```", "```python\nx = 1\ny = 1\nz = 1\n```"])
        let code = "x = 1 \ny = 1 \nz = 1\n"
        let answer = try await Self.answer("code-fix-lint", ["code": .string(code)], script, in: room)
        #expect(answer.output == "x = 1\ny = 1\nz = 1\n" && answer.fixedErrors == 2 && answer.linter == "flake8")
        #expect(script.asked.first?.last?.text.contains("code.py:1:1: W291") == true)
        #expect(script.asked.last?.last?.text.contains("flake8 still complains:\ncode.py:1:1: W291") == true)
        #expect(answer.summary.hasSuffix("Of 2 complaints of flake8, 2 are gone."))

        // One that only makes it worse is not taken.
        let bad = Script(["```python\nx = 1 \ny = 1 \nz = 1 \n```", "```python\nx = 1 \ny = 1 \nz = 1 \n```"])
        let kept = try await Self.answer("code-fix-lint", ["code": .string(code)], bad, in: room)
        #expect(kept.output == code && kept.fixedErrors == 0 && kept.questions == 2)

        let clean = try await Self.answer("code-fix-lint", ["code": "x = 1\n"], Script([]), in: room)
        #expect(clean.fixedErrors == 0 && clean.questions == 0 && clean.validity == .valid)
    }

    @Test func `what a linter repairs itself needs no model`() async throws {
        let room = try Room(
            programs: ["flake8": Self.linter, "autopep8": "#!/bin/sh\nsed -i 's/ *$//' \"$2\"\n"],
            path: "/usr/bin:/bin"
        )
        let answer = try await Self.answer("code-fix-lint", ["code": "x = 1 \n"], Script([]), in: room)
        #expect(answer.output == "x = 1\n" && answer.fixedErrors == 1 && answer.questions == 0)
        #expect(answer.summary == "flake8 itself repaired all it complained of (1); no model was asked.")
    }

    @Test func `a linter that is not here is not pretended`() async throws {
        let room = try Room(path: "/usr/bin:/bin")
        let answer = try await Self.answer(
            "code-fix-lint",
            ["code": "x = 1 \n", "linter": "no-such"],
            Script(["```python\nx = 1\n```"]),
            in: room
        )
        #expect(answer.fixedErrors == nil && answer.output == "x = 1\n")
    }

    @Test func `code that does harm is only read`() async throws {
        let room = try Room()
        let code = "import os\nos.system('touch \(room.base)/mark')\n"
        let answer = try await Self.answer("code-generate", ["spec": "x"], Script(["```python\n\(code)```"]), in: room)
        #expect(answer.validity == .valid && !FileManager.default.fileExists(atPath: "\(room.base)/mark"))
    }
}
