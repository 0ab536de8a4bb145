import Testing
import YggCore

struct KindSpecTests {
    private static let kind = KindSpec(
        kind: "ops-sleep",
        description: "Sleeps",
        params: [
            ParameterSpec("seconds", .integer(min: 0, max: 60), required: true),
            ParameterSpec("unit", .string(pattern: "[a-z]+", choices: [])),
            ParameterSpec("mode", .string(pattern: nil, choices: ["light", "deep"]), default: "light"),
            ParameterSpec("loud", .boolean), ParameterSpec("bed", .path(root: "/home")),
            ParameterSpec("repo", .repository), ParameterSpec("words", .strings),
            ParameterSpec("flag", .string(pattern: nil, choices: []), allowDash: true),
        ]
    )

    @Test
    func `what builds, tests or runs a repository is tried once`() {
        let kinds = KindSpec.builtIn.filter { $0.kind.prefix == "dev-" }
        #expect(kinds.count == 3)
        for kind in kinds { #expect(kind.retry.maxAttempts == 1, "\(kind.kind)") }
    }

    @Test(
        arguments: [
            (["seconds": 5], ["seconds": 5, "mode": "light"]), (["seconds": "5"], ["seconds": 5, "mode": "light"]),
            (["seconds": 0, "mode": "deep", "loud": "true"], ["seconds": 0, "mode": "deep", "loud": true]),
            (
                ["seconds": 60, "unit": "abc", "loud": false],
                ["seconds": 60, "unit": "abc", "mode": "light", "loud": false]
            ),
            (
                ["seconds": 1, "bed": "/home/x", "repo": "https://x/y"],
                ["seconds": 1, "mode": "light", "bed": "/home/x", "repo": "https://x/y"]
            ),
            (["seconds": 1, "words": ["a", "b"]], ["seconds": 1, "mode": "light", "words": ["a", "b"]]),
            (["seconds": 1, "words": "a"], ["seconds": 1, "mode": "light", "words": ["a"]]),
            (["seconds": 1, "words": #"["a", "b c"]"#], ["seconds": 1, "mode": "light", "words": ["a", "b c"]]),
            (["seconds": 1, "words": "[404]"], ["seconds": 1, "mode": "light", "words": ["[404]"]]),
            (["seconds": 1, "words": "[a]"], ["seconds": 1, "mode": "light", "words": ["[a]"]]),
            (["seconds": 1, "words": []], ["seconds": 1, "mode": "light", "words": []]),
            (["seconds": 1, "flag": "-x", "unit": nil], ["seconds": 1, "mode": "light", "flag": "-x"]),
            (["seconds": 1, "flag": 7], ["seconds": 1, "mode": "light", "flag": "7"]),
        ] as [(JSONObject, JSONObject)]
    )
    func `good values are completed and typed`(values: JSONObject, complete: JSONObject) throws {
        #expect(try Self.kind.validate(values) == complete)
    }

    @Test(
        arguments: [
            ([:], "seconds", "required"), (["seconds": 61], "seconds", "from 0 to 60"),
            (["seconds": -1], "seconds", "from 0"),
            (["seconds": "x"], "seconds", "integer"), (["seconds": .double(1)], "seconds", "integer"),
            (["seconds": "99999999999999999999"], "seconds", "integer"), (["seconds": nil], "seconds", "required"),
            (["seconds": 1, "unit": "ABC"], "unit", "pattern"), (["seconds": 1, "unit": "abc1"], "unit", "pattern"),
            (["seconds": 1, "unit": "abc\n"], "unit", "pattern"), (["seconds": 1, "unit": ""], "unit", "pattern"),
            (["seconds": 1, "mode": "other"], "mode", "light, deep"),
            (["seconds": 1, "loud": "yes"], "loud", "true or false"),
            (["seconds": 1, "loud": 1], "loud", "true or false"), (["seconds": 1, "bed": ""], "bed", "empty"),
            (["seconds": 1, "repo": ""], "repo", "empty"), (["seconds": 1, "repo": "--upload-pack=x"], "repo", "dash"),
            (["seconds": 1, "words": ["a", "-b"]], "words/1", "dash"),
            (["seconds": 1, "words": ["a", true]], "words/1", "string"),
            (["seconds": 1, "words": true], "words", "array"), (["seconds": 1, "unit": "-abc"], "unit", "dash"),
            (["seconds": 1, "flag": "a\0b"], "flag", "NUL"), (["seconds": 1, "flag": [:]], "flag", "string"),
            (["seconds": 1, "flag": .string(String(repeating: "x", count: 65_537))], "flag", "65536"),
            (["second": 1, "seconds": 1], "second", "did you mean \"seconds\""),
        ] as [(JSONObject, String, String)]
    )
    func `a bad value is refused at its place, in words`(values: JSONObject, place: String, words: String) {
        let error = #expect(throws: InvalidInput.self) { try Self.kind.validate(values) }
        #expect(error?.issues.count == 1)
        #expect(error?.issues.first?.pointer == "/params/\(place)")
        #expect(error?.issues.first?.detail.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `everything that is wrong is said at once`() {
        let error = #expect(throws: InvalidInput.self) {
            try Self.kind.validate(["loud": 1, "mode": "x", "other": 1, "words": ["-a", "-b"]])
        }
        #expect(
            error?.issues.map(\.pointer)
                == ["/params/seconds", "/params/mode", "/params/loud", "/params/words/0", "/params/other"]
        )
    }

    @Test(
        arguments: [
            ("power-off", OnLost.succeed), ("power-reboot", .succeed), ("power-wake", .fail), ("ops-packages", .fail),
            ("ops-ansible", .fail), ("git-commit", .fail), ("git-push", .fail), ("git-log", .requeue),
            ("ops-disk", .requeue),
            ("code-fix", .requeue),
        ] as [(TaskKind, OnLost)]
    )
    func `work that acts on the world is not repeated unasked`(kind: TaskKind, policy: OnLost) {
        #expect(KindSpec(kind: kind, description: "").onLost == policy)
        #expect(KindSpec(kind: kind, description: "", onLost: .requeue).onLost == .requeue)
    }

    // MARK: The wire

    private static let full = KindSpec(
        kind: "ops-sleep",
        description: "Sleeps",
        params: kind.params,
        slots: ["default": 2, "gpu@surtr": 1],
        timeout: .minutes(3),
        retry: RetryPolicy(maxAttempts: 5, backoff: 10, maxBackoff: 20, nonRetryable: ["x"]),
        onLost: .fail,
        tier: [.plan, .review],
        prefetch: true,
        origin: .declared
    )

    @Test(arguments: [full] + KindSpec.builtIn)
    func `a kind survives the way to the coordinator`(kind: KindSpec) throws {
        var reader = try ObjectReader(JSON(parsing: kind.json.bytes))
        #expect(try KindSpec(reading: &reader) == kind)
        #expect(throws: Never.self) { try reader.finish() }
    }

    @Test(arguments: [
        ParameterSpec("p", .string(pattern: nil, choices: [])),
        ParameterSpec("p", .string(pattern: nil, choices: []), required: true),
        ParameterSpec("p", .string(pattern: "a+", choices: ["a", "aa"]), default: "a"),
        ParameterSpec("p", .string(pattern: nil, choices: []), required: true, default: "a"),
        ParameterSpec("p", .integer(min: -5, max: .max), default: 7, allowDash: true, description: "d"),
        ParameterSpec("p", .integer(min: .min, max: .max)), ParameterSpec("p", .boolean, default: false),
        ParameterSpec("p", .path(root: "/srv"), required: true), ParameterSpec("p", .repository),
        ParameterSpec("p", .strings, default: ["a", "b"]), ParameterSpec("p", .object),
        ParameterSpec("p", .number(min: 0, max: 2), default: .double(0.5)),
        ParameterSpec("p", .number(min: -.infinity, max: .infinity)),
    ])
    func `a parameter survives the wire, whether it is required included`(parameter: ParameterSpec) throws {
        var reader = ObjectReader(parameter.json)
        #expect(try ParameterSpec(name: "p", reading: &reader) == parameter)
    }

    @Test(
        arguments: [
            (["type": "integer"], true), (["type": "integer", "default": 1], false),
            (["type": "integer", "required": false], false),
            (["type": "integer", "default": 1, "required": true], true),
        ] as [(JSONObject, Bool)]
    )
    func `a parameter that somebody declares is required when it has no default`(object: JSONObject, isRequired: Bool)
        throws
    {
        var reader = ObjectReader(object)
        #expect(try ParameterSpec(name: "p", reading: &reader).isRequired == isRequired)
    }

    @Test(
        arguments: [
            (["type": "nummer"], "/type", "string, integer, number"), ([:], "/type", "required"),
            (["type": "integer", "min": 5, "max": 1], "/min", "greater"),
            (["type": "integer", "max": 3, "default": 5], "/default", "from"),
            (["type": "string", "pattern": "("], "/pattern", "compile"), (["type": "path"], "/root", "required"),
            (["type": "string", "enum": ["a"], "default": "b"], "/default", "one of a"),
            (["type": "string", "patern": "x"], "/patern", "did you mean"),
        ] as [(JSONObject, String, String)]
    )
    func `a bad declaration of a parameter is refused`(object: JSONObject, pointer: String, words: String) {
        let error = #expect(throws: InvalidInput.self) {
            var reader = ObjectReader(object)
            _ = try ParameterSpec(name: "p", reading: &reader)
        }
        #expect(error?.issues.first?.pointer == pointer)
        #expect(error?.issues.first?.detail.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `a number may be spelt, and an object be its text`() throws {
        let number = ParameterSpec("p", .number(min: 0, max: 2))
        #expect(try number.check(1, at: "/p") == 1)
        #expect(try number.check("0.2", at: "/p") == .double(0.2))
        for bad in ["", "x", "nan", "2.5"] as [JSON] {
            #expect(throws: InvalidInput.self) { try number.check(bad, at: "/p") }
        }
        let object = ParameterSpec("p", .object)
        #expect(try object.check(#"{"a": 1}"#, at: "/p") == ["a": 1])
        #expect(try object.check(["a": 1], at: "/p") == ["a": 1])
        for bad in ["", "[1]", "{", 5] as [JSON] {
            #expect(throws: InvalidInput.self) { try object.check(bad, at: "/p") }
        }
    }

    @Test func `what a parameter is, is said in a word or two`() {
        let types: [(ParameterSpec.ValueType, String)] = [
            (.string(pattern: nil, choices: []), "string"), (.string(pattern: "a", choices: []), "string matching a"),
            (.string(pattern: nil, choices: ["a", "b"]), "one of a, b"), (.integer(min: .min, max: .max), "integer"),
            (.integer(min: 1, max: .max), "integer from 1"), (.integer(min: 1, max: 5), "integer from 1 to 5"),
            (.integer(min: .min, max: 5), "integer up to 5"), (.boolean, "true or false"),
            (.path(root: "/srv"), "path inside /srv"), (.repository, "repository: a path or a URL"),
            (.strings, "strings"), (.object, "object of JSON"), (.number(min: 0, max: 2), "number from 0.0 to 2.0"),
            (.number(min: -.infinity, max: .infinity), "number"),
        ]
        for (type, summary) in types { #expect(ParameterSpec("p", type).summary == summary) }
    }

    // MARK: Policies

    @Test func `given members override the defaults one by one`() throws {
        var timeouts = ObjectReader.of(["runMs": 5])
        let defaults = Timeouts.defaults(forPrefix: "code-")
        #expect(
            Timeouts(reading: &timeouts, defaults: defaults)
                == Timeouts(queue: defaults.queue, run: 5, silence: .minutes(15), approval: .days(7))
        )
        var retry = ObjectReader.of(["maxAttempts": 1])
        #expect(RetryPolicy(reading: &retry) == RetryPolicy(maxAttempts: 1))
        var bad = ObjectReader.of(["maxAttempts": 0, "backoffMs": -1])
        _ = RetryPolicy(reading: &bad)
        #expect(bad.issues.map(\.pointer) == ["/maxAttempts", "/backoffMs"])
    }

    @Test(arguments: ["code-", "plan-", "dev-", "llm-", "ollama-", "git-", "ops-", "power-", "bench-", "other-"])
    func `every prefix bounds an attempt and an approval`(prefix: String) {
        let timeouts = Timeouts.defaults(forPrefix: prefix)
        #expect(timeouts.run > .zero && timeouts.approval == .days(7) && timeouts.queue == .zero)
    }
}
