import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct DeclaredKindTests {
    private func read(_ json: String) throws -> DeclaredKind {
        var reader = try ObjectReader(try JSON(parsing: json), at: "/handlers/0")
        return try DeclaredKind(reading: &reader)
    }

    @Test
    func `the example of the reference reads as it says`() throws {
        let kind = try read(
            """
            {"kind": "ops-sleep", "description": "Sleeps; for trying things out",
             "params": {"seconds": {"type": "integer", "min": 0, "max": 3600, "default": 1},
                        "note": {"type": "string", "pattern": "[a-z ]{0,40}", "default": ""}},
             "run": ["sh", "-c", "sleep \\"$1\\"", "sh", "{{seconds}}", "--note={{note}}"], "env": {"A": "b", "N": 5},
             "workingDirectory": "/", "timeout": "2h", "retry": {"maxAttempts": 2, "backoff": "5s"},
             "slots": {"default": 1, "gpu": 1}, "onLost": "fail", "prefetch": true, "tier": []}
            """
        )
        #expect(kind.spec.kind.rawValue == "ops-sleep")
        #expect(kind.spec.timeout == .hours(2))
        #expect(kind.spec.retry.maxAttempts == 2)
        #expect(kind.spec.retry.backoff == .seconds(5))
        #expect(kind.spec.slots["gpu"] == 1)
        #expect(kind.spec.onLost == .fail)
        #expect(kind.spec.tier.isEmpty)
        #expect(kind.spec.prefetch)
        #expect(kind.spec.origin == .declared)
        #expect(kind.env == ["A": "b", "N": "5"])
        #expect(
            kind.argv(params: try kind.spec.validate(["seconds": "7", "note": "all well"]))
                == ["sh", "-c", "sleep \"$1\"", "sh", "7", "--note=all well"]
        )
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var members: String
        var pointer: String
        var says: String
        var testDescription: String { members }
    }

    private static let text = #""params": {"x": {"type": "string", "default": ""}}"#

    @Test(arguments: [
        Bad(members: #""kind": "sleep", "run": ["true"]"#, pointer: "/kind", says: "prefix-verb"),
        Bad(members: #""run": ["true"]"#, pointer: "/kind", says: "is required"),
        Bad(members: #""kind": "ops-x""#, pointer: "/run", says: "must be a command"),
        Bad(members: #""kind": "ops-x", "run": []"#, pointer: "/run", says: "must be a command"),
        Bad(members: #""kind": "ops-x", "run": ["true"], "slot": 1"#, pointer: "/slot", says: "did you mean \"slots\""),
        Bad(members: #""kind": "ops-x", "run": ["echo", "{{y}}"]"#, pointer: "/run/1", says: "not among params"),
        Bad(members: #""kind": "ops-x", "run": ["{{x}}"], \#(text)"#, pointer: "/run/0", says: "must be fixed"),
        Bad(members: #""kind": "ops-x", "run": ["true"], \#(text)"#, pointer: "/params/x", says: "is never used"),
        Bad(
            members: #""kind": "ops-x", "run": ["sh", "-c", "echo {{x}}"], \#(text)"#,
            pointer: "/run/2",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["/bin/bash", "-euo", "pipefail", "-c", "echo {{x}}"], \#(text)"#,
            pointer: "/run/4",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["env", "A=1", "dash", "-ec", "{{x}}"], \#(text)"#,
            pointer: "/run/4",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["timeout", "5", "zsh", "{{x}}", "echo"], \#(text)"#,
            pointer: "/run/3",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["env", "-S", "sh -c {{x}}"], \#(text)"#,
            pointer: "/run/2",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["python3", "-c", "print({{x}})"], \#(text)"#,
            pointer: "/run/2",
            says: "what an interpreter runs"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["echo", "{{x}}"], "params": {"x": {"type": "string", "pattern": "["}}"#,
            pointer: "/params/x/pattern",
            says: "does not compile"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["echo", "{{x}}"], "params": {"x": {"type": "text"}}"#,
            pointer: "/params/x/type",
            says: "must be one of"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["echo", "a{{x}}"], "params": {"x": {"type": "strings"}}"#,
            pointer: "/run/1",
            says: "must be a whole argument"
        ),
        Bad(members: #""kind": "ops-x", "run": ["true"], "timeout": "2 hours""#, pointer: "/timeout", says: "duration"),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "retry": {"tries": 3}"#,
            pointer: "/retry/tries",
            says: "is not known"
        ),
        Bad(members: #""kind": "ops-x", "run": ["true"], "onLost": "retry""#, pointer: "/onLost", says: "requeue"),
        Bad(members: #""kind": "ops-x", "run": ["true"], "tier": ["both"]"#, pointer: "/tier/0", says: "plan or"),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "workingDirectory": "here""#,
            pointer: "/workingDirectory",
            says: "absolute"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["echo", "{{x}}"], "env": {"A": "{{x}}"}, \#(text)"#,
            pointer: "/env/A",
            says: "run only"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["ssh", "host", "systemctl", "restart", "{{x}}"], \#(text)"#,
            pointer: "/run/4",
            says: "the other end of ssh"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["/usr/bin/python3.11", "-c", "print({{x}})"], \#(text)"#,
            pointer: "/run/2",
            says: "interpreter"
        ),
        Bad(members: #""kind": "ops-x", "run": ["true"], "env": {"A=B": "c"}"#, pointer: "/env/A=B", says: "variable"),
        Bad(
            members: #""kind": "ops-x", "run": ["login", "{{token}}"], "secrets": {"TOKEN": "token"}"#,
            pointer: "/run/1",
            says: "finds it in the variable TOKEN"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["login", "--key={{key}}"], "#
                + #""params": {"key": {"type": "secret", "enum": ["a"], "variable": "KEY"}}"#,
            pointer: "/run/1",
            says: "finds it in the variable KEY"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "secrets": {"PATH": "token"}"#,
            pointer: "/secrets/PATH",
            says: "every command has"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "secrets": {"TOKEN": "token"}, "env": {"TOKEN": "x"}"#,
            pointer: "/secrets/TOKEN",
            says: "another value already"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "secrets": {"TOKEN": "not a name"}"#,
            pointer: "/secrets/TOKEN",
            says: "must name a secret"
        ),
        Bad(
            members: #""kind": "ops-x", "run": ["true"], "params": {"key": {"type": "secret", "enum": ["a"]}}"#,
            pointer: "/params/key/variable",
            says: "is required"
        ),
    ])
    func `a bad declaration is refused where it is bad`(example: Bad) {
        do {
            _ = try read("{\(example.members)}")
            Issue.record("It was accepted.")
        } catch let error as InvalidInput {
            let issue = error.issues.first { $0.pointer == "/handlers/0\(example.pointer)" }
            #expect(issue?.detail.contains(example.says) == true, "\(error)")
        } catch {
            Issue.record(error)
        }
    }

    @Test(arguments: [#"{"type": "integer"}"#, #"{"type": "boolean"}"#, #"{"type": "string", "enum": ["a", "b"]}"#])
    func `what the declaration itself fixes may stand in a remote command`(type: String) throws {
        let members = #""kind": "ops-x", "run": ["ssh", "host", "run", "--n={{x}}"], "params": {"x": \#(type)}"#
        #expect(throws: Never.self) { try read("{\(members)}") }
    }

    @Test(arguments: [
        (["echo", "{{a}}"], ["echo", "{{b}} $(id)"]),
        (["echo", "--a={{a}}", "x{{a}}y{{b}}z"], ["echo", "--a={{b}} $(id)", "x{{b}} $(id)y2z"]),
        (["echo", "{{many}}", "end"], ["echo", "1", "two words", "end"]),
        (
            ["docker", "ps", "--format", "{{.Names}} {{ a }} {{"],
            ["docker", "ps", "--format", "{{.Names}} {{ a }} {{"]
        ),
        (["echo", "{{missing}}", "{{flag}}"], ["echo", "", "true"]),
    ])
    func `parameters are put in once, and never split`(run: [String], argv: [String]) {
        let kind = DeclaredKind(spec: KindSpec(kind: TaskKind(trusted: "ops-x"), description: ""), run: run)
        let params: JSONObject = ["a": "{{b}} $(id)", "b": 2, "many": ["1", "two words"], "flag": true]
        #expect(kind.argv(params: params) == argv)
    }

    @Test
    func `the script of a shell gets parameters as arguments`() async throws {
        try await Scene.with { scene in
            let handler = declared(
                ["sh", "-c", "echo \"<$1>\"", "sh", "{{x}}"],
                params: [ParameterSpec("x", .string(pattern: nil, choices: []))]
            )
            #expect(handler.declaration.problems().isEmpty)
            let result = await handler.run(scene.context("ops-try", ["x": "\"; touch /tmp/never; $(id) `id`"]))
            #expect(result.result["output"]?.stringValue == "<\"; touch /tmp/never; $(id) `id`>\n")
        }
    }

    @Test
    func `a path stays inside its root, links included`() async throws {
        try await Scene.with { scene in
            try await scene.script(
                "mkdir -p in out && echo 1 > in/a && ln -s ../out in/link && ln -s /nowhere in/dangling"
            )
            let root = "\(scene.root)/in"
            let handler = declared(["echo", "{{p}}"], params: [ParameterSpec("p", .path(root: root), required: true)])
            for (path, expected) in [
                ("a", "\(root)/a"), ("\(root)/a", "\(root)/a"), ("new", "\(root)/new"), ("./a", "\(root)/a"),
                ("../out", nil),
                ("link", nil), ("link/x", nil), ("/etc/passwd", nil), ("dangling", nil), ("no/such", nil),
                ("new/..", nil),
            ] {
                let result = await handler.run(scene.context("ops-try", ["p": .string(path)]))
                #expect(result.result["output"]?.stringValue == expected.map { "\($0)\n" }, "\(path)")
                #expect(result.error?.code == (expected == nil ? "invalid-params" : nil), "\(path)")
            }
        }
    }
}
